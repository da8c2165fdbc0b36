import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Arena } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'
import { codesFor } from '../system-codes.js'

/*
 * Every place that touches files, sockets or processes, found by passing it, fails as the system would, with each error that the system
 * may give there. Whatever fails, it is no bug of ours (exit 70), it ends, and reports that can be written are.
 */

const preload = fileURLToPath(new URL('../failing-system.cjs', import.meta.url))

const capture = fileURLToPath(
  new URL('../../../fixtures/testing/captures/mosquitto-qos2-over-a-cut.pcap', import.meta.url),
)

type Line = {
  name: string
  words(arena: Arena): readonly string[]
  command: 'run' | 'listen' | 'audit' | 'other'
  /** It costs little enough for `npm test`. */
  isCheap?: true
  /** So many rows for all errors at all places, each of some places: a process tries them one behind the other. */
  rows?: number
}

const lines: readonly Line[] = [
  {
    name: 'a broker that is started',
    command: 'run',
    words: () => ['qos2/broker-receives/undisturbed', '--target', 'mosquitto'],
    rows: 4,
  },
  {
    name: 'the embedded broker, known issues, a suite of the user',
    command: 'run',
    words: arena => [
      arena.file('own.yaml', own),
      '--known-issues',
      arena.file('known.yaml', '[]\n'),
    ],
    rows: 3,
  },
  {
    name: 'a client library',
    command: 'run',
    words: () => ['qos2/client-receives/undisturbed', '--target', 'mqttjs'],
    rows: 3,
  },
  {
    name: 'listening',
    command: 'listen',
    words: () => ['--port', '0', '--for', '0.2'],
    isCheap: true,
  },
  {
    name: 'a list of all suites',
    command: 'other',
    words: () => ['list', 'suites'],
  },
  {
    name: 'a capture',
    command: 'audit',
    words: () => [capture],
    isCheap: true,
  },
  {
    name: 'check',
    command: 'other',
    words: arena => ['check', arena.file('own.yaml', own)],
    isCheap: true,
  },
]

const own = `suite: mine/own
title: Mine
role: client
scenarios:
  - id: one
    title: One
    covers: { 3.1.1: [MQTT-3.1.0-1] }
    steps:
      - sub.connect: {}
      - sub.ping: {}
`

/** Places that fail in a process of their own, each in one way: all of them in all ways are played within one process. */
const ownProcessesMax = 24

export const failing: Attack[] = [...lines.map(eachPlace), ...lines.flatMap(everyError)]

function eachPlace(line: Line): Attack {
  return {
    name: `failing/${line.name}`,
    exits: [0],
    secondsMax: 60,
    play: arena => everywhere(arena, line),
  }
}

/** Every error at every place, in one process for each row that runs the command line again and again. */
function everyError(line: Line): Attack[] {
  const of = line.rows ?? 1
  return Array.from({ length: of }, (_, index) => everyErrorOf(line, index + 1, of))
}

function everyErrorOf(line: Line, part: number, of: number): Attack {
  const which = of === 1 ? '' : `, ${part} of ${of}`
  return {
    name: `failing/${line.name}: every error${which}`,
    exits: [0],
    ...(line.isCheap ? { sample: true } : {}),
    play: arena => allErrors(arena, line, { part, of }),
  }
}

/** In as many processes as it takes, one behind the other: each begins nothing more when its time is over. */
async function allErrors(
  arena: Arena,
  line: Line,
  which: { part: number; of: number },
): Promise<Played> {
  const hasReport = line.command !== 'other'
  const words = hasReport
    ? [line.command, ...line.words(arena), '--reporter', 'json=REPORT']
    : line.words(arena)
  const complaints: string[] = []
  const unreached: Failure[] = []
  let left: { tries?: string } = {}
  for (;;) {
    const wish = { words, hasReport, ...which, ...left }
    const told = await arena.script('every-error.js', [JSON.stringify(wish)])
    const last = told.stdout.trim().split('\n').at(-1) ?? ''
    if (!last.startsWith('{')) return { exitCode: told.code, complaints: [`no end: ${last}`] }
    const said = JSON.parse(last) as ErrorsTold
    if (!left.tries && said.tries < 30 / which.of) {
      complaints.push(`only ${said.tries} errors were tried`)
    }
    if (said.tries > 0 && said.left.length === said.tries) complaints.push('nothing could be tried')
    complaints.push(...said.complaints)
    unreached.push(...said.unreached)
    if (said.left.length === 0 || complaints.length > 0) {
      complaints.push(...(await inOwnProcesses(arena, line, unreached)))
      return { exitCode: told.code, complaints }
    }
    left = { tries: arena.file('left.json', JSON.stringify(said.left)) }
  }
}

type Failure = { at: string; code: string }
type ErrorsTold = {
  tries: number
  unreached: Failure[]
  left: Failure[]
  complaints: string[]
}

/** What a process does once, such as starting the guard, is not reached again in it. */
async function inOwnProcesses(
  arena: Arena,
  line: Line,
  failures: readonly Failure[],
): Promise<string[]> {
  const told = await inLanes(failures, failure => failAt(arena, line, failure))
  return told.flat()
}

/** Two at a time: starting a process is work. */
async function inLanes<In, Out>(all: readonly In[], act: (one: In) => Promise<Out>) {
  const queue = [...all]
  const done: Out[] = []
  const lane = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) done.push(await act(one))
  }
  await Promise.all([lane(), lane()])
  return done
}

async function everywhere(arena: Arena, line: Line): Promise<Played> {
  const seen = path.join(arena.folder, 'places')
  const whole = await start(arena, line, { FAILING_SEEN: seen })
  const places = existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : []
  const complaints: string[] = places.length === 0 ? ['no place was found'] : []
  if (whole.code === 2 || whole.code === 3)
    complaints.push(`exit ${whole.code} with nothing failing`)
  const failures = spread(places, ownProcessesMax).map((at, index) => {
    const all = codesFor(at)
    return { at, code: all[index % all.length] ?? 'EIO' }
  })
  const told = await inLanes(failures, failure => failAt(arena, line, failure))
  return { exitCode: 0, complaints: [...complaints, ...told.flat()] }
}

/** So many of them, from the first to the last. */
function spread<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count)
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
}

/** Runs the line while that place fails, and tells what is wrong with how it took it. */
async function failAt(arena: Arena, line: Line, { at, code }: Failure): Promise<string[]> {
  const told = await start(arena, line, { FAILING_AT: at, FAILING_CODE: code })
  const complaints: string[] = []
  if (![0, 1, 2, 3, 4].includes(told.code as number)) complaints.push(`exit ${told.code}`)
  if (/a bug of mqttspec itself|^\s+at .+:\d+:\d+\)?$/m.test(told.stderr)) {
    complaints.push(`told as a bug: ${told.stderr.trim().split('\n')[1]?.slice(0, 150)}`)
  }
  const isOfReport = /output-file/.test(at)
  if ((line.command === 'run' || line.command === 'listen') && !isOfReport && told.code !== 2) {
    complaints.push(...arena.missingReports(told.run))
  }
  return complaints.map(what => `${code} ${at}: ${what}`)
}

function start(arena: Arena, line: Line, env: { [name: string]: string }) {
  const words = line.words(arena)
  const how = { env: { ...env, NODE_OPTIONS: `--require ${JSON.stringify(preload)}` } }
  switch (line.command) {
    case 'run':
      return arena.run(words, how)
    case 'listen':
      return arena.listen(words, how)
    case 'audit':
      return arena.mqttspec(['audit', ...words], how)
    case 'other':
      return arena.mqttspec(words, how)
  }
}
