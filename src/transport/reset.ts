import type { Duplex } from 'node:stream'
import { socketBeneath } from './socket-beneath.ts'

/**
 * Drops a stream at once, by RST where there is a socket beneath it. Not behind our own FIN: libuv refuses to reset a socket that is being
 * shut down, Node then never closes it, and the process spins at its end.
 */
export function reset(stream: Duplex): void {
  const socket = socketBeneath(stream)
  if (socket && !stream.writableEnded && !socket.writableEnded) socket.resetAndDestroy()
  stream.destroy()
}
