import net from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Drops a stream at once, by RST where it has such a thing. Not behind our own FIN: libuv refuses to reset a socket that is being shut
 * down, Node then never closes it, and the process spins at its end.
 */
export function reset(stream: Duplex): void {
  if (stream instanceof net.Socket && !stream.writableEnded) stream.resetAndDestroy()
  else stream.destroy()
}
