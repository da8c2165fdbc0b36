import { readVarint } from './varint.ts'

/** One whole packet, or the point from which the stream can no longer be cut into packets. */
export type Frame =
  | { kind: 'packet'; bytes: Uint8Array }
  | { kind: 'broken'; bytes: Uint8Array; reason: string }

export type Framer = {
  /** Takes what the socket read and returns the packets that are now whole. After a `broken` frame everything is ignored. */
  push(chunk: Uint8Array): Frame[]
  /** Bytes of a packet that is not whole yet. */
  rest(): Uint8Array
  /** Memory that it takes. */
  readonly heldBytes: number
}

/**
 * Cuts a byte stream into packets. A packet that lies whole in one chunk is a view of that chunk; only a packet that spans
 * chunks is copied, into a buffer that never exceeds twice what has arrived: an announced length alone allocates nothing.
 *
 * @param options.maxPacketBytes largest packet taken, fixed header included
 */
export function createFramer(options: { maxPacketBytes: number }): Framer {
  const pending = new Pending()
  let broken = false

  return {
    push(chunk) {
      const frames: Frame[] = []
      let at = 0
      while (at < chunk.length && !broken) {
        at = pending.length > 0 ? resume(chunk, at, frames) : start(chunk, at, frames)
      }
      return frames
    },
    rest: () => pending.view(),
    get heldBytes() {
      return pending.heldBytes
    },
  }

  /** A packet begins at `at`. Returns where the next one begins. */
  function start(chunk: Uint8Array, at: number, frames: Frame[]): number {
    const size = packetSize(chunk, at, options.maxPacketBytes)
    if (typeof size === 'string') return breakOff(chunk.subarray(at), size, chunk, frames)
    const end = at + size
    if (size === unknown || end > chunk.length) {
      pending.append(chunk.subarray(at), size)
      return chunk.length
    }
    const whole = at === 0 && end === chunk.length
    frames.push({ kind: 'packet', bytes: whole ? chunk : chunk.subarray(at, end) })
    return end
  }

  /** The packet in `pending` goes on at `at`. Its header is completed byte by byte, its body at once. */
  function resume(chunk: Uint8Array, at: number, frames: Frame[]): number {
    let next = at
    while (pending.size === unknown && next < chunk.length) {
      pending.append(chunk.subarray(next, next + 1), unknown)
      next += 1
      const size = packetSize(pending.view(), 0, options.maxPacketBytes)
      if (typeof size === 'string') {
        pending.append(chunk.subarray(next), unknown)
        return breakOff(pending.take(), size, chunk, frames)
      }
      pending.size = size
    }
    if (pending.size === unknown) return next
    const end = Math.min(next + pending.size - pending.length, chunk.length)
    if (end > next) pending.append(chunk.subarray(next, end), pending.size)
    if (pending.length === pending.size) frames.push({ kind: 'packet', bytes: pending.take() })
    return end
  }

  function breakOff(bytes: Uint8Array, reason: string, chunk: Uint8Array, frames: Frame[]): number {
    broken = true
    frames.push({ kind: 'broken', bytes, reason })
    return chunk.length
  }
}

/** Size of a packet whose header has not arrived whole. */
const unknown = 0

/** Size in bytes of the packet that begins at `at`, `unknown`, or why there is none. Source: 5.0 §2.1.4. */
function packetSize(bytes: Uint8Array, at: number, maxPacketBytes: number): number | string {
  if (bytes[at]! >> 4 === 0) return 'packet type 0 is reserved'
  const length = readVarint(bytes, at + 1)
  switch (length.kind) {
    case 'cut off':
      return unknown
    case 'too long':
      return 'the remaining length goes on after four bytes'
    case 'value': {
      const size = length.next - at + length.value
      return size <= maxPacketBytes
        ? size
        : `a packet of ${size} bytes, more than the ${maxPacketBytes} taken`
    }
  }
}

/** The bytes of one unfinished packet, in a buffer that doubles as they arrive. */
class Pending {
  length = 0
  /** Size of the whole packet, or `unknown`. */
  size = unknown
  private buffer = new Uint8Array(0)

  append(bytes: Uint8Array, size: number): void {
    this.size = size
    const needed = this.length + bytes.length
    if (needed > this.buffer.length) this.grow(needed)
    this.buffer.set(bytes, this.length)
    this.length = needed
  }

  get heldBytes(): number {
    return this.buffer.length
  }

  view(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** Hands the bytes over and starts anew. */
  take(): Uint8Array {
    const bytes = this.view()
    this.buffer = new Uint8Array(0)
    this.length = 0
    this.size = unknown
    return bytes
  }

  /** At least `needed`, at most twice that, and no more than the packet needs. */
  private grow(needed: number): void {
    const doubled = Math.max(needed * 2, 8)
    const larger = new Uint8Array(this.size >= needed ? Math.min(doubled, this.size) : doubled)
    larger.set(this.view())
    this.buffer = larger
  }
}
