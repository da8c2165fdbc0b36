import type { Step } from '../ast.ts'
import { flatten, insideOf, roundsAround, visit } from '../visit.ts'

/** The longest payload that a scenario can ask for. A packet may have 256 MB; sent, received and told that is more than memory should hold. */
export const payloadBytesMax = 16 * 1024 * 1024
/** What a case may send in all. */
export const caseBytesMax = 128 * 1024 * 1024

/** How many bytes steps send in payloads of a given size, as far as the text tells: loops unrolled, copies counted. */
export function sentBytes(steps: readonly Step[]): number {
  let bytes = 0
  visit(steps, (step, path) => {
    if (insideOf(step)) return undefined
    const { body } = step
    const sized = sizesIn(body).reduce((sum, size) => sum + size, 0)
    if (sized > 0) bytes += sized * copiesOf(body) * roundsAround(path, 1)
    return undefined
  })
  return bytes
}

/** The longest payload of a given size, in bytes. */
export function largestPayload(steps: readonly Step[]): number {
  return flatten(steps)
    .filter(step => !insideOf(step))
    .flatMap(({ body }) => sizesIn(body))
    .reduce((most, size) => Math.max(most, size), 0)
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
