import net from 'node:net'
import type { End, StreamListener } from '../capture/tcp-stream.ts'

export type RelayOptions = {
  host: string
  /** 0 takes a free one. */
  port: number
  to: { host: string; port: number }
  /** Somebody dialled in, and the broker answered. Told in order: who it is, then what is said. */
  onConnection(client: string): StreamListener | undefined
  nowMs(): number
  /** What the passing bytes were shown to failed over them. The connection goes on, unseen. */
  onUnseen(error: unknown): void
}

/** Connections that pass at once; more wait in the queue of the system until one is over. */
const connectionsMax = 4096

/**
 * Stands between clients and a broker and passes on every byte as it came. What it shows to others it shows after it has passed it on; an
 * error there must not hold anything up. Backpressure goes through it: nothing is held but what a socket holds.
 */
export class TcpRelay {
  connections = 0
  open = 0
  bytes = 0
  /** Clients that came while the broker could not be reached. */
  unreached = 0
  private readonly server: net.Server
  private readonly sockets = new Set<net.Socket>()
  private readonly options: RelayOptions

  private constructor(server: net.Server, options: RelayOptions) {
    this.server = server
    this.options = options
    server.maxConnections = connectionsMax
    server.on('connection', socket => this.admit(socket))
  }

  /** Rejects with the system's error. */
  static start(options: RelayOptions): Promise<TcpRelay> {
    const server = net.createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.removeListener('error', reject)
        resolve(new TcpRelay(server, options))
      })
    })
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Drops all connections. Resolves when the port is free. */
  close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    return closed
  }

  private admit(client: net.Socket): void {
    this.connections += 1
    this.open += 1
    const { remoteAddress = '', remotePort = 0 } = client
    const name = `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`
    const broker = net.connect({ ...this.options.to, noDelay: true, allowHalfOpen: true })
    this.sockets.add(client)
    this.sockets.add(broker)
    let reached = false
    let listener: StreamListener | undefined
    broker.once('connect', () => {
      reached = true
      const show = (tell: (listener: StreamListener) => void) => {
        try {
          if (listener) tell(listener)
        } catch (error) {
          listener = undefined
          this.options.onUnseen(error)
        }
      }
      listener = this.options.onConnection(name)
      this.pass('client', client, broker, show)
      this.pass('server', broker, client, show)
    })
    const over = () => {
      if (!reached) this.unreached += 1
      this.open -= 1
      this.sockets.delete(client)
      this.sockets.delete(broker)
    }
    let ended = 0
    for (const socket of [client, broker]) {
      socket.once('close', () => {
        ended += 1
        if (ended === 2) over()
      })
    }
    // A client that leaves before the broker answers has nobody to be told to.
    client.on('error', () => undefined)
    broker.on('error', () => {
      if (!reached) client.resetAndDestroy()
    })
    client.once('close', () => {
      if (!reached) broker.destroy()
    })
  }

  private pass(
    end: End,
    from: net.Socket,
    to: net.Socket,
    show: (tell: (listener: StreamListener) => void) => void,
  ): void {
    const { nowMs } = this.options
    let finished = false
    from.on('data', bytes => {
      this.bytes += bytes.length
      if (to.writable && !to.write(bytes)) from.pause()
      show(listener => listener.onBytes(end, bytes, nowMs()))
    })
    to.on('drain', () => from.resume())
    from.once('end', () => {
      finished = true
      show(listener => listener.onEnd(end, 'fin', nowMs()))
      to.end()
    })
    from.once('error', () => {
      if (!finished) show(listener => listener.onEnd(end, 'rst', nowMs()))
      finished = true
      to.resetAndDestroy()
    })
    from.resume()
  }
}
