import type { TraceEvent } from '../../model/trace.ts'

/** Bytes, characters and entries of one value that stay where it is shortened. */
const bytesKept = 512
const charactersKept = 256
const entriesKept = 16

/**
 * An event of which only the beginning of long values is kept, with the number of bytes that were left out of what was on the wire. What
 * stays is copied: a view would keep the whole in memory.
 */
export function shortened(event: TraceEvent): TraceEvent {
  const sizeBytes = sizeOf(event)
  const short = cut(event) as TraceEvent
  return { ...short, leftOutBytes: sizeBytes - sizeOf(short) } as TraceEvent
}

/** The event with bytes of its own: they are views of what was read, and kept longer would hold all of that in memory. */
export function ownBytes(event: TraceEvent): TraceEvent {
  if (event.kind !== 'packet' && event.kind !== 'bytes') return event
  const bytes = Uint8Array.from(event.bytes)
  if (event.kind === 'packet' && event.packet.type === 'PUBLISH') {
    const { payload: read } = event.packet
    const from = read.byteOffset - event.bytes.byteOffset
    const isPart = read.buffer === event.bytes.buffer && from >= 0
    const payload = isPart ? bytes.subarray(from, from + read.length) : Uint8Array.from(read)
    return { ...event, bytes, packet: { ...event.packet, payload } }
  }
  return { ...event, bytes }
}

/** How many bytes of the wire, or of an application's payload, an event holds. */
export function sizeOf(event: TraceEvent): number {
  switch (event.kind) {
    case 'packet':
    case 'bytes':
      return event.bytes.length
    case 'app':
      return event.event.event === 'delivered' ? event.event.payload.length : 0
    case 'command':
      return event.command.payload?.length ?? 0
    case 'open':
    case 'close':
    case 'fault':
    case 'restart':
    case 'step':
    case 'fence':
    case 'wait':
    case 'finding':
    case 'note':
      return 0
  }
}

function cut(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value.subarray(0, bytesKept))
  if (typeof value === 'string') return value.slice(0, charactersKept)
  if (Array.isArray(value)) return value.slice(0, entriesKept).map(cut)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, cut(own)]))
}
