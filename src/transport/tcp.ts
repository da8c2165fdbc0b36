import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'

export type DialOptions = {
  host: string
  port: number
  timeoutMs: number
  tls?: { rejectUnauthorized: boolean }
}

/** Opens a TCP (or TLS) connection. Rejects with the system's error, or one whose code is ETIMEDOUT after `timeoutMs`. */
export function dial(options: DialOptions): Promise<Duplex> {
  const { host, port, timeoutMs } = options
  return new Promise((resolve, reject) => {
    const socket = options.tls
      ? tls.connect({ host, port, servername: net.isIP(host) ? '' : host, ...options.tls })
      : plainSocket(host, port)
    const timer = setTimeout(() => {
      const late: NodeJS.ErrnoException = new Error(
        `no connection to ${host}:${port} in ${timeoutMs} ms`,
      )
      late.code = 'ETIMEDOUT'
      socket.destroy(late)
    }, timeoutMs)
    socket.once('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once(options.tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      // An error between here and the Link's own listener must not be thrown.
      socket.on('error', () => undefined)
      socket.pause()
      resolve(socket)
    })
  })
}

/**
 * A socket that reads into memory which all of them share: Node would take 64 KB for each read and keep it as long as any packet in
 * it is kept, and a trace keeps them all.
 */
function plainSocket(host: string, port: number): net.Socket {
  const socket: net.Socket = net.connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer: shared,
      callback(count, buffer) {
        const own = Buffer.allocUnsafe(count)
        ;(buffer as Buffer).copy(own, 0, 0, count)
        socket.emit('data', own)
        return !socket.isPaused()
      },
    },
  })
  return socket
}

const shared = Buffer.allocUnsafeSlow(64 * 1024)
