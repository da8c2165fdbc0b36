import type { Writable } from 'node:stream'

/*
 * What is written within one turn of the event loop goes to the operating system at the turn's end, in the order it was written,
 * whichever connections it is for. Each write wakes the process of the target, which on two processors costs more than all else a
 * packet costs us; in a row they wake it once. A verdict cannot see the difference: nothing was read between them.
 */
let waiting: { stream: Writable; bytes: Uint8Array }[] = []

/** Writes at the end of this turn. The bytes must not be changed after. */
export function post(stream: Writable, bytes: Uint8Array): void {
  if (waiting.length === 0) setImmediate(send)
  waiting.push({ stream, bytes })
}

/** Writes now what waits, on all connections, so that their order holds. What follows for the same connection goes in one write. */
export function send(): void {
  if (waiting.length === 0) return
  const due = waiting
  waiting = []
  for (let at = 0; at < due.length; ) {
    const { stream, bytes } = due[at]!
    let end = at + 1
    while (due[end]?.stream === stream) end++
    if (!stream.destroyed) {
      stream.write(end === at + 1 ? bytes : Buffer.concat(due.slice(at, end).map(one => one.bytes)))
    }
    at = end
  }
}
