import type { Writable } from 'node:stream'

/*
 * What is written within one turn of the event loop goes to the operating system at the turn's end, in the order it was written,
 * whichever connections it is for. Each write wakes the process of the target, which on two processors costs more than all else a
 * packet costs us; in a row they wake it once. A verdict cannot see the difference: nothing was read between them.
 */
let waiting: { stream: Writable; bytes: Uint8Array }[] = []
/** How many of them are written, while they are being written. */
let written = 0
/** How much of it is for whom. */
let posted = new Map<Writable, number>()

/** Writes at the end of this turn. The bytes must not be changed after. */
export function post(stream: Writable, bytes: Uint8Array): void {
  if (waiting.length === 0) setImmediate(send)
  waiting.push({ stream, bytes })
  posted.set(stream, postedTo(stream) + bytes.length)
}

/** Bytes for a stream that wait for the end of this turn. */
export function postedTo(stream: Writable): number {
  return posted.get(stream) ?? 0
}

/**
 * Writes now what waits, on all connections, so that their order holds. What follows for the same connection goes in one write.
 *
 * A broker in this process may answer before a write returns, and whoever hears it may want to write at once: what waited before goes
 * first then, too.
 */
export function send(): void {
  const end = waiting.length
  while (written < Math.min(end, waiting.length)) {
    const { stream, bytes } = waiting[written]!
    const from = written
    while (written < end && waiting[written]?.stream === stream) written++
    if (stream.destroyed) continue
    const same = waiting.slice(from, written)
    stream.write(same.length === 1 ? bytes : Buffer.concat(same.map(one => one.bytes)))
  }
  if (written === 0 || written < waiting.length) {
    if (written > 0) setImmediate(send)
    return
  }
  waiting = []
  written = 0
  posted = new Map()
}
