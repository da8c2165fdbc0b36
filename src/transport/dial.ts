import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from './address.ts'
import { connected } from './connected.ts'
import { transports } from './index.ts'
import { proxyHeader } from './proxy-header.ts'
import { layered } from './socket-beneath.ts'
import type { Endpoint, Transport } from './transport.ts'

/**
 * Opens a connection to an address, over whatever transport it names. Rejects with the system's error, with that of the layers above, or
 * with one whose code is ETIMEDOUT after `timeoutMs`.
 */
export async function dial(to: Address, { timeoutMs }: { timeoutMs: number }): Promise<Duplex> {
  const { connect }: Transport = transports[to.transport]
  const socket: net.Socket = net.connect({
    host: to.host,
    port: to.port,
    noDelay: true,
    ...(connect ? {} : { onread: intoShared(() => socket) }),
  })
  const timer = setTimeout(() => socket.destroy(lateness(to, timeoutMs)), timeoutMs)
  try {
    await connected(socket, 'connect')
    announce(socket, to)
    return connect ? layered(await connect(socket, to), socket) : socket
  } catch (error) {
    socket.destroy()
    throw socket.errored ?? error
  } finally {
    clearTimeout(timer)
  }
}

/** Behind a balancer the target learns from it who we are; here we are the balancer. */
function announce(socket: net.Socket, to: Endpoint): void {
  if (to.proxyHeader === undefined) return
  const { localAddress = '127.0.0.1', localPort = 0 } = socket
  const { remoteAddress = to.host, remotePort = to.port } = socket
  const route = {
    from: { address: localAddress, port: localPort },
    to: { address: remoteAddress, port: remotePort },
  }
  socket.write(proxyHeader(to.proxyHeader, route))
}

function lateness({ host, port }: Address, timeoutMs: number): NodeJS.ErrnoException {
  const late: NodeJS.ErrnoException = new Error(
    `no connection to ${host}:${port} in ${timeoutMs} ms`,
  )
  late.code = 'ETIMEDOUT'
  return late
}

/**
 * A socket that reads into memory which all of them share: Node would take 64 KB for each read and keep it as long as any packet in
 * it is kept, and a trace keeps them all.
 */
function intoShared(socket: () => net.Socket): net.OnReadOpts {
  return {
    buffer: shared,
    callback(count, buffer) {
      const own = Buffer.allocUnsafe(count)
      ;(buffer as Buffer).copy(own, 0, 0, count)
      socket().emit('data', own)
      return !socket().isPaused()
    },
  }
}

const shared = Buffer.allocUnsafeSlow(64 * 1024)
