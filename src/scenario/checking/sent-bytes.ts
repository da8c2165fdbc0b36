import type { Step } from '../ast.ts'
import { insideOf, roundsAround, visit } from '../visit.ts'

/** The longest payload that a scenario can ask for. A packet may have 256 MB; sent, received and told that is more than memory should hold. */
export const payloadBytesMax = 16 * 1024 * 1024
/** What a case may send in all. */
export const caseBytesMax = 128 * 1024 * 1024

/** How many bytes steps send in payloads of a given size, as far as the text tells: loops unrolled, copies counted. */
export function sentBytes(steps: readonly Step[]): number {
  return payloadsOf(steps).sentBytes
}

/** The longest payload of a given size, in bytes. */
export function largestPayload(steps: readonly Step[]): number {
  return payloadsOf(steps).largestBytes
}

type Payloads = { sentBytes: number; largestBytes: number }

/** Both are asked of every case before it runs, and again where it is run again. */
const known = new WeakMap<readonly Step[], Payloads>()

function payloadsOf(steps: readonly Step[]): Payloads {
  const found = known.get(steps) ?? readPayloads(steps)
  known.set(steps, found)
  return found
}

function readPayloads(steps: readonly Step[]): Payloads {
  const all = { sentBytes: 0, largestBytes: 0 }
  visit(steps, (step, path) => {
    if (insideOf(step)) return undefined
    const { body } = step
    const sizes = sizesIn(body)
    if (sizes.length === 0) return undefined
    const sized = sizes.reduce((sum, size) => sum + size, 0)
    all.sentBytes += sized * copiesOf(body) * roundsAround(path, 1)
    all.largestBytes = Math.max(all.largestBytes, ...sizes)
    return undefined
  })
  return all
}

/** The sizes that stand somewhere in a step or a part of one. */
export function sizesIn(value: unknown): number[] {
  const found: number[] = []
  collectSizes(value, found)
  return found
}

function collectSizes(value: unknown, found: number[]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (Array.isArray(value)) {
    for (const inner of value) collectSizes(inner, found)
    return
  }
  if ('kind' in value && value.kind === 'sized' && 'bytes' in value) {
    if (typeof value.bytes === 'number') found.push(value.bytes)
    return
  }
  const record = value as { readonly [name: string]: unknown }
  for (const name in record) collectSizes(record[name], found)
}

function copiesOf(body: Step['body']): number {
  if (body.verb !== 'packet-fault') return 1
  const { times } = body.told
  return typeof times === 'number' ? times : 1
}
