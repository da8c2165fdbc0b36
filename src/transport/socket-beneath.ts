import net from 'node:net'
import type { Duplex } from 'node:stream'

/*
 * Every transport runs over a TCP socket, and some things only that socket can do or tell: reset the connection, say whose it is. So it
 * is kept for each stream that was put on top of one. A broker in this process has a stream without any.
 */
const beneath = new WeakMap<Duplex, net.Socket>()

/** Notes on which socket a stream runs. Returns the stream. */
export function layered<T extends Duplex>(stream: T, socket: net.Socket): T {
  beneath.set(stream, socket)
  return stream
}

/** The socket of a stream, whatever lies between them. */
export function socketBeneath(stream: Duplex): net.Socket | undefined {
  return beneath.get(stream) ?? (stream instanceof net.Socket ? stream : undefined)
}

/** Whoever is at the other end: `127.0.0.1:50123`. */
export function remoteOf(stream: Duplex): string {
  const socket = socketBeneath(stream)
  return `${socket?.remoteAddress ?? 'somebody'}:${socket?.remotePort ?? ''}`
}
