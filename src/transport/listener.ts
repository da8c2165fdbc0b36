import net from 'node:net'

/** A TCP port on which a client under test dials in. Connections wait here until the scenario accepts them. */
export class Listener {
  readonly waiting: net.Socket[] = []
  /** So many of the next connections are closed as soon as they open. */
  refusals = 0
  private readonly server: net.Server
  private readonly changed: () => void

  private constructor(server: net.Server, changed: () => void) {
    this.server = server
    this.changed = changed
    server.on('connection', socket => this.arrive(socket))
  }

  /** Port 0 takes an ephemeral one; only `host` is bound. */
  static open(host: string, port: number, changed: () => void): Promise<Listener> {
    const server = net.createServer({ noDelay: true, pauseOnConnect: true })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.removeListener('error', reject)
        resolve(new Listener(server, changed))
      })
    })
  }

  get port(): number {
    const address = this.server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  close(): void {
    this.server.close()
    for (const socket of this.waiting.splice(0)) socket.destroy()
  }

  private arrive(socket: net.Socket): void {
    socket.on('error', () => undefined)
    if (this.refusals > 0) {
      this.refusals -= 1
      socket.resetAndDestroy()
    } else this.waiting.push(socket)
    this.changed()
  }
}
