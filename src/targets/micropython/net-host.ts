import { lookup } from 'node:dns'
import net from 'node:net'
import { type BoardMemory, SocketMemory, socketState, word } from './shared-memory.ts'

/** What the peer sees of a board whose power is cut: an orderly end, a reset, or nothing at all. */
export type Vanishing = 'fin' | 'rst' | 'silent'

const errnoOf: { [code: string]: number } = {
  ECONNREFUSED: 111,
  ECONNRESET: 104,
  EPIPE: 32,
  ETIMEDOUT: 110,
  EHOSTUNREACH: 113,
  ENETUNREACH: 101,
}
const inputOutputError = 5

type Wire = {
  socket: net.Socket
  memory: SocketMemory
  pending: Uint8Array[]
  finished: boolean
}

/** The host's half of the board's network: real TCP sockets whose bytes go through shared memory. */
export class NetHost {
  private readonly memory: BoardMemory
  private readonly wires = new Map<number, Wire>()
  /** Sockets of boards that vanished in silence: they stay open until the peer closes them or the board is dropped. */
  private readonly ghosts = new Set<net.Socket>()

  constructor(memory: BoardMemory) {
    this.memory = memory
    memory.write(word.link, 1)
  }

  connect(id: number, host: string, port: number, buffer: SharedArrayBuffer): void {
    const socket = net.connect({ host, port, noDelay: true })
    const memory = new SocketMemory(buffer)
    const wire: Wire = { socket, memory, pending: [], finished: false }
    this.wires.set(id, wire)
    socket.on('connect', () => {
      memory.state = socketState.open
      this.memory.wake()
    })
    socket.on('data', bytes => {
      wire.pending.push(bytes)
      this.deliver(wire)
    })
    socket.on('end', () => {
      wire.finished = true
      this.deliver(wire)
    })
    socket.on('error', error => {
      memory.fail(errnoOf['code' in error ? String(error.code) : ''] ?? inputOutputError)
      this.memory.wake()
    })
  }

  /** The board put bytes into its send buffer. */
  sent(id: number): void {
    const wire = this.wires.get(id)
    if (wire) this.flush(wire)
  }

  /** The board took bytes from its receive window. */
  taken(id: number): void {
    const wire = this.wires.get(id)
    if (wire) this.deliver(wire)
  }

  close(id: number): void {
    const wire = this.wires.get(id)
    if (!wire) return
    this.flush(wire)
    this.wires.delete(id)
    wire.socket.end(() => wire.socket.destroy())
    wire.socket.resume()
  }

  resolve(host: string): void {
    lookup(host, { family: 4 }, (error, address) => {
      const bytes = Buffer.from(error ? '' : address)
      this.memory.name.set(bytes)
      this.memory.write(word.answerBytes, bytes.length)
      this.memory.write(word.answer, 1)
      this.memory.wake()
    })
  }

  /** Down: nothing goes in or out, connections linger. Up again: what both sides sent meanwhile arrives. */
  link(up: boolean): void {
    this.memory.write(word.link, up ? 1 : 0)
    for (const wire of this.wires.values()) {
      if (up) {
        wire.socket.resume()
        this.flush(wire)
        this.deliver(wire)
      } else wire.socket.pause()
    }
    this.memory.wake()
  }

  /** The board is gone. What it had sent still arrives. */
  vanish(how: Vanishing): void {
    for (const { socket } of this.wires.values()) {
      socket.removeAllListeners('data')
      socket.removeAllListeners('end')
      if (how === 'rst') socket.resetAndDestroy()
      else if (how === 'fin') socket.end(() => socket.destroy())
      else this.haunt(socket)
    }
    this.wires.clear()
  }

  destroy(): void {
    for (const { socket } of this.wires.values()) socket.destroy()
    for (const socket of this.ghosts) socket.destroy()
    this.wires.clear()
    this.ghosts.clear()
  }

  private haunt(socket: net.Socket): void {
    this.ghosts.add(socket)
    socket.on('close', () => this.ghosts.delete(socket))
    socket.on('end', () => socket.destroy())
    socket.resume()
  }

  private get up(): boolean {
    return this.memory.read(word.link) === 1
  }

  private deliver(wire: Wire): void {
    if (!this.up) return
    for (let bytes = wire.pending[0]; bytes; bytes = wire.pending[0]) {
      const count = wire.memory.rx.write(bytes)
      if (count < bytes.length) {
        wire.pending[0] = bytes.subarray(count)
        wire.socket.pause()
        break
      }
      wire.pending.shift()
    }
    if (wire.pending.length === 0) {
      wire.socket.resume()
      if (wire.finished && wire.memory.state === socketState.open)
        wire.memory.state = socketState.ended
    }
    this.memory.wake()
  }

  private flush(wire: Wire): void {
    if (!this.up) return
    const bytes = wire.memory.tx.read(Number.POSITIVE_INFINITY)
    if (bytes.length > 0 && !wire.socket.destroyed) wire.socket.write(bytes)
    this.memory.wake()
  }
}
