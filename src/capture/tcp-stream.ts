import type { Segment } from './segment.ts'

/** Who dialled, and who was dialled. */
export type End = 'client' | 'server'

export type StreamListener = {
  onBytes(from: End, bytes: Uint8Array, atMs: number): void
  /** So many bytes were sent and are not in the capture. */
  onGap(from: End, bytes: number): void
  onEnd(by: End, how: 'fin' | 'rst', atMs: number): void
}

/** Bytes that came ahead of others and wait for them, of one direction. */
const waitingBytesMax = 4 * 1024 * 1024

/** One direction: which byte comes next, and what came ahead of it. */
class Direction {
  /** Number of the next byte, modulo 2^32; undefined before the first segment. */
  next: number | undefined
  /** The other side has told that it has all bytes before that one. */
  acknowledged: number | undefined
  private waiting: { at: number; bytes: Uint8Array; cutBytes: number; fin: boolean }[] = []
  private waitingBytes = 0
  ended = false
  private readonly from: End
  private readonly listener: StreamListener

  constructor(from: End, listener: StreamListener) {
    this.from = from
    this.listener = listener
  }

  take({ sequence, payload, cutBytes, syn, fin, atMs }: Segment): void {
    const at = syn ? plus(sequence, 1) : sequence
    this.next ??= at
    if (this.ended) return
    const ahead = distance(this.next, at)
    if (ahead > 0) {
      if (payload.length + cutBytes > 0 || fin) this.keep(at, payload, cutBytes, fin)
      this.skipWhatIsMissing(atMs)
      return
    }
    this.deliver(at, payload, cutBytes, fin, atMs)
    this.deliverWaiting(atMs)
  }

  /** What the other side acknowledged it has; if the capture does not, it never will. */
  skipWhatIsMissing(atMs: number): void {
    for (;;) {
      const first = this.waiting[0]
      if (!first || this.next === undefined) return
      const missing = distance(this.next, first.at)
      const isKnownLost =
        this.waitingBytes > waitingBytesMax ||
        (this.acknowledged !== undefined && distance(first.at, this.acknowledged) >= 0)
      if (missing > 0 && !isKnownLost) return
      if (missing > 0) this.skip(missing)
      this.deliverWaiting(atMs)
    }
  }

  private skip(bytes: number): void {
    this.next = plus(this.next ?? 0, bytes)
    this.listener.onGap(this.from, bytes)
  }

  private deliver(
    at: number,
    payload: Uint8Array,
    cutBytes: number,
    fin: boolean,
    atMs: number,
  ): void {
    const known = distance(at, this.next ?? at)
    const fresh = payload.subarray(Math.min(known, payload.length))
    if (fresh.length > 0) {
      this.next = plus(this.next ?? at, fresh.length)
      this.listener.onBytes(this.from, fresh, atMs)
    }
    const missing = Math.min(cutBytes, payload.length + cutBytes - known)
    if (missing > 0) this.skip(missing)
    if (!fin || distance(plus(at, payload.length + cutBytes), this.next ?? at) < 0) return
    this.ended = true
    this.waiting = []
    this.listener.onEnd(this.from, 'fin', atMs)
  }

  private deliverWaiting(atMs: number): void {
    for (;;) {
      const first = this.waiting[0]
      if (!first || this.ended || distance(this.next ?? 0, first.at) > 0) return
      this.waiting.shift()
      this.waitingBytes -= first.bytes.length
      this.deliver(first.at, first.bytes, first.cutBytes, first.fin, atMs)
    }
  }

  /** In the order of their numbers. The frame is a view of what was read of the file, so that its bytes need a room of their own. */
  private keep(at: number, payload: Uint8Array, cutBytes: number, fin: boolean): void {
    if (this.waiting.some(one => one.at === at && one.bytes.length >= payload.length)) return
    const index = this.waiting.findIndex(one => distance(at, one.at) > 0)
    const entry = { at, bytes: payload.slice(), cutBytes, fin }
    this.waiting.splice(index < 0 ? this.waiting.length : index, 0, entry)
    this.waitingBytes += payload.length
  }
}

/**
 * Puts one TCP connection together: what came again is left out, what came ahead waits, numbers may wrap around, and what the capture
 * misses is told as a gap as soon as it is certain. Source: RFC 9293.
 */
export class TcpStream {
  /** Whether the capture has its beginning. */
  readonly fromTheStart: boolean
  readonly client: string
  readonly server: string
  private readonly initial: number
  private readonly directions: { [end in End]: Direction }
  private readonly listener: StreamListener
  private reset = false

  /** @param first Its first segment that the capture has; `client` sent it, or not. */
  constructor(first: Segment, client: string, listener: StreamListener) {
    this.client = client
    this.server = client === first.from ? first.to : first.from
    this.fromTheStart = first.syn
    this.initial = first.sequence
    this.listener = listener
    this.directions = {
      client: new Direction('client', listener),
      server: new Direction('server', listener),
    }
  }

  get over(): boolean {
    return this.reset || (this.directions.client.ended && this.directions.server.ended)
  }

  /** Whether that segment opens another connection between the same ports. */
  isReplacedBy(segment: Segment): boolean {
    if (!segment.syn || segment.acknowledges !== undefined) return false
    return this.over || !this.fromTheStart || segment.sequence !== this.initial
  }

  take(segment: Segment): void {
    if (this.reset) return
    const from = segment.from === this.client ? 'client' : 'server'
    const other = this.directions[from === 'client' ? 'server' : 'client']
    if (segment.acknowledges !== undefined && !segment.rst) {
      other.acknowledged = segment.acknowledges
      other.skipWhatIsMissing(segment.atMs)
    }
    if (segment.rst) {
      this.reset = true
      this.listener.onEnd(from, 'rst', segment.atMs)
      return
    }
    this.directions[from].take(segment)
  }
}

function plus(number: number, bytes: number): number {
  return (number + bytes) >>> 0
}

/** How far `to` lies behind `from`, in a circle of 2^32; negative where it lies before. */
function distance(from: number, to: number): number {
  return (to - from) | 0
}
