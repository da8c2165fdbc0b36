import net from 'node:net'
import type { Duplex } from 'node:stream'
import { transportNamed } from './index.ts'
import { layered, remoteOf } from './socket-beneath.ts'
import type { Door, Invitation } from './transport.ts'

type ListenerOptions = {
  host: string
  /** 0 takes an ephemeral one. */
  port: number
  /** Plain TCP, unless it is said. */
  transport?: string
  /** What is shown where the transport is encrypted; one of our own if nothing is given. */
  identity?: DoorIdentity
  /** A connection has come, or was refused. */
  changed(): void
  /** Somebody came who did not come to terms with us about what carries the packets. */
  onRefused?(from: string, why: string): void
}

/** A certificate with its key, and who vouches for it, as PEM. */
export type DoorIdentity = { ca: string; cert: string; key: string }

/** A port on which clients dial in; only `host` is bound. Connections wait here until somebody takes them. */
export class Listener {
  readonly waiting: Duplex[] = []
  /** So many of the next connections are closed as soon as they open. */
  refusals = 0
  /** Until then all are, by `performance.now()`. */
  private refusesUntilMs = 0
  private closed = false
  private readonly server: net.Server
  private readonly options: ListenerOptions
  private readonly door: Door
  private readonly arriving = new Set<net.Socket>()

  private constructor(server: net.Server, door: Door, options: ListenerOptions) {
    this.server = server
    this.door = door
    this.options = options
    server.on('connection', socket => void this.arrive(socket))
  }

  /** Rejects with the system's error. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const door = await doorOf(options)
    const server = net.createServer({ noDelay: true, pauseOnConnect: true })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.removeListener('error', reject)
        resolve(new Listener(server, door, options))
      })
    })
  }

  /** What a client has to be told beside host and port. */
  get invitation(): Invitation {
    return transportNamed(this.options.transport).invite?.(this.door) ?? {}
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
    this.closed = true
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
    // Nobody would take it any more, and an open connection holds the port.
    if (this.closed) stream?.destroy()
    else if (stream) this.waiting.push(stream)
    this.options.changed()
  }

  /** What carries the packets; undefined where the two sides came to no terms about it. */
  private async layer(socket: net.Socket): Promise<Duplex | undefined> {
    const { accept } = transportNamed(this.options.transport)
    if (!accept) return socket
    this.arriving.add(socket)
    try {
      return layered(await accept(socket, this.door), socket)
    } catch (error) {
      this.options.onRefused?.(remoteOf(socket), termsOf(error))
      socket.destroy()
      return undefined
    } finally {
      this.arriving.delete(socket)
    }
  }
}

/** Certificates are made only where somebody wants to see one. */
async function doorOf({ host, transport, identity }: ListenerOptions): Promise<Door> {
  const path = '/mqtt'
  if (identity) return { path, ...identity }
  if (!transportNamed(transport).secure) return { path, ca: '', cert: '', key: '' }
  const { identityFor } = await import('./certificates.ts')
  return { path, ...(await identityFor(host)) }
}

/** What OpenSSL and Node say of people's mistakes. */
function termsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number/i.test(message))
    return 'it speaks no TLS, perhaps plain MQTT'
  if (code === 'ERR_SSL_HTTP_REQUEST' || /http request/i.test(message))
    return 'it speaks plain HTTP'
  if (/unknown ca|bad certificate|certificate unknown/i.test(message))
    return 'it does not trust our certificate'
  return code ?? message
}
