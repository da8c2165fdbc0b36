import type { PointKey } from './point.ts'
import type { Atom } from './schedule.ts'
import type { Setup } from './setup.ts'

/*
 * What earlier searches tried, as lines of text:
 *
 *     mqttspec tried 1 mosquitto              the first line of each file: of which target it is
 *     2gosa7pa2gv                             a schedule after which nothing was found wrong
 *     1y2p0ij32e8e7 ["sub<PUBREL m1#1"]       a single fault, with the points that came behind it: what pairs are made of
 *     ! 4711:84:1:313 3.1.1:MQTT-4.3.3-2      one that failed; it is tried again
 *
 * A schedule is known by a number made of the names of its flow, points and faults, so a line means the same however many flows or points
 * there are by then.
 */

const mark = 'mqttspec tried 1 '

/** What a search asks of earlier ones. */
export type Tried = {
  has(setup: Setup, atoms: readonly Atom[]): boolean
  /** The points behind a single fault. */
  behind(setup: Setup, atom: Atom): readonly PointKey[] | undefined
}

export type TriedLines = Tried & {
  /** Takes the text of one file. Returns why it cannot be used; undefined where it can. */
  read(text: string): string | undefined
  /** How many schedules are known. */
  readonly count: number
}

export function createTried(target: string): TriedLines {
  const all = new Set<string>()
  const behind = new Map<string, readonly PointKey[]>()

  function read(text: string): string | undefined {
    const [first = '', ...lines] = text.split('\n')
    if (!first.startsWith(mark)) return 'it is not of a search'
    const of = first.slice(mark.length)
    if (of !== target) return `it is of ${of}, and this is ${target}`
    // Where a search was killed the last line may be cut off: that schedule is tried again.
    for (const line of lines.slice(0, -1)) take(line)
    return undefined
  }

  function take(line: string): void {
    if (line === '' || line.startsWith('!')) return
    const end = line.indexOf(' ')
    const name = end < 0 ? line : line.slice(0, end)
    all.add(name)
    if (end >= 0) behind.set(name, JSON.parse(line.slice(end)))
  }

  return {
    read,
    has: (setup, atoms) => all.has(nameOf(setup, atoms)),
    behind: (setup, atom) => behind.get(nameOf(setup, [atom])),
    get count() {
      return all.size
    },
  }
}

export function firstLine(target: string): string {
  return `${mark}${target}\n`
}

export function passedLine(
  setup: Setup,
  atoms: readonly Atom[],
  behind: readonly PointKey[] | undefined,
): string {
  const name = nameOf(setup, atoms)
  return behind ? `${name} ${JSON.stringify(behind)}\n` : `${name}\n`
}

export function failedLine(replay: string, statement: string): string {
  return `! ${replay} ${statement}\n`
}

function nameOf({ flow, version, manner }: Setup, atoms: readonly Atom[]): string {
  let text = `${flow.id} ${version} ${manner.back} ${manner.before}`
  for (const { key, fault } of atoms) text += `|${key} ${JSON.stringify(fault)}`
  return hashOf(text).toString(36)
}

/** 53 bits (cyrb53): among a million schedules two are taken for one with a chance of one in 18,000. */
function hashOf(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
