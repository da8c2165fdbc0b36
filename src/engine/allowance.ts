import type { TraceEvent } from '../model/trace.ts'
import { sizeOf } from './traces/shortened.ts'

/** What a target may send in one case by itself. Far more than any scenario brings about without asking. */
const packetsMax = 2000
const bytesMax = 1024 * 1024
/** And so many times what the case gave it: a message goes to several subscribers, and comes again after a cut. */
const times = 16
/** Of long messages fewer times as much: beyond so many bytes only three times what was sent. */
const longBytesMax = 32 * 1024 * 1024
const longTimes = 3

/**
 * How much is read of a target in one case. One that sends more than that floods us: nothing is read of it any more, and the case ends
 * with it. Counted are its packets and bytes on all connections, and what its application tells.
 */
export class Allowance {
  private packets = 0
  private bytes = 0
  private packetsAsked = 0
  private bytesAsked = 0

  /** Takes note of an event; tells what is too much once it is. */
  take(event: TraceEvent): string | undefined {
    if (isOurs(event)) {
      this.packetsAsked += 1
      this.bytesAsked += sizeOf(event)
      return undefined
    }
    if (!isTheirs(event)) return undefined
    this.packets += 1
    this.bytes += sizeOf(event)
    const packetsAllowed = packetsMax + times * this.packetsAsked
    const many = longBytesMax + longTimes * this.bytesAsked
    const bytesAllowed = bytesMax + Math.min(times * this.bytesAsked, many)
    if (this.packets > packetsAllowed) return `more than ${packetsAllowed} packets`
    if (this.bytes > bytesAllowed) return `more than ${bytesAllowed} bytes`
    return undefined
  }
}

/** Something of ours that asks for an answer; our own answers to a flood do not make it lawful. */
function isOurs(event: TraceEvent): boolean {
  if (event.kind === 'command') return true
  if (event.kind !== 'packet' || event.from === 'target' || event.from === 'upstream') return false
  const { packet } = event
  switch (packet.type) {
    case 'PUBLISH':
      return !packet.dup
    case 'CONNECT':
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
    case 'PINGREQ':
      return true
    default:
      return false
  }
}

function isTheirs(event: TraceEvent): boolean {
  if (event.kind === 'app') return true
  return (event.kind === 'packet' || event.kind === 'bytes') && event.from !== 'harness'
}
