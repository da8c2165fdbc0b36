import net from 'node:net'
import type { Duplex } from 'node:stream'
import { type TransportName, transports } from './index.ts'
import { layered } from './socket-beneath.ts'
import type { Door, Transport } from './transport.ts'

type ListenerOptions = {
  host: string
  /** 0 takes an ephemeral one. */
  port: number
  transport?: TransportName
  /** For those that dial a WebSocket, or want to see a certificate. */
  door?: Door
  /** A connection has come, or was refused. */
  changed(): void
}

const noDoor: Door = { path: '/', cert: '', key: '' }

/** A port on which clients dial in; only `host` is bound. Connections wait here until somebody takes them. */
export class Listener {
  readonly waiting: Duplex[] = []
  /** So many of the next connections are closed as soon as they open. */
  refusals = 0
  /** Until then all are, by `performance.now()`. */
  private refusesUntilMs = 0
  private readonly server: net.Server
  private readonly options: ListenerOptions
  private readonly arriving = new Set<net.Socket>()

  private constructor(server: net.Server, options: ListenerOptions) {
    this.server = server
    this.options = options
    server.on('connection', socket => void this.arrive(socket))
  }

  /** Rejects with the system's error. */
  static open(options: ListenerOptions): Promise<Listener> {
    const server = net.createServer({ noDelay: true, pauseOnConnect: true })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.removeListener('error', reject)
        resolve(new Listener(server, options))
      })
    })
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** For so long, every connection is closed as soon as it opens. */
  refuseFor(ms: number): void {
    this.refusesUntilMs = performance.now() + ms
  }

  /** Resolves when the port is free and every connection that came in over it is over. */
  close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()))
    for (const socket of this.arriving) socket.destroy()
    for (const stream of this.waiting.splice(0)) stream.destroy()
    return closed
  }

  private async arrive(socket: net.Socket): Promise<void> {
    socket.on('error', () => undefined)
    const refused = this.refusals > 0
    if (refused) this.refusals -= 1
    if (refused || performance.now() < this.refusesUntilMs) {
      socket.resetAndDestroy()
      this.options.changed()
      return
    }
    const stream = await this.layer(socket)
    if (stream) this.waiting.push(stream)
    this.options.changed()
  }

  /** What carries the packets; undefined where the two sides came to no terms about it. */
  private async layer(socket: net.Socket): Promise<Duplex | undefined> {
    const { accept }: Transport = transports[this.options.transport ?? 'tcp']
    if (!accept) return socket
    this.arriving.add(socket)
    try {
      return layered(await accept(socket, this.options.door ?? noDoor), socket)
    } catch {
      socket.destroy()
      return undefined
    } finally {
      this.arriving.delete(socket)
    }
  }
}
