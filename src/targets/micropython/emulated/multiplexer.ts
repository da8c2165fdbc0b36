import net from 'node:net'

/*
 * TCP over one UART. A plain Pico has no network, so device/emulated/socket.py packs what its sockets do into frames: the socket's number, a
 * command, a length in two bytes, big-endian, and so many bytes.
 */
const command = { open: 0, data: 1, close: 2, opened: 3 } as const
const headBytes = 4
const dataBytesMax = 1024

export type Frame = { socket: number; command: number; data: Uint8Array }

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  private rest: Uint8Array = new Uint8Array(0)

  add(bytes: Uint8Array): Frame[] {
    const all = new Uint8Array(this.rest.length + bytes.length)
    all.set(this.rest)
    all.set(bytes, this.rest.length)
    const frames: Frame[] = []
    let at = 0
    while (all.length - at >= headBytes) {
      const size = ((all[at + 2] ?? 0) << 8) | (all[at + 3] ?? 0)
      if (all.length - at < headBytes + size) break
      const data = all.slice(at + headBytes, at + headBytes + size)
      frames.push({ socket: all[at] ?? 0, command: all[at + 1] ?? 0, data })
      at += headBytes + size
    }
    this.rest = all.slice(at)
    return frames
  }
}

export function frameBytes({ socket, command: kind, data }: Frame): Uint8Array {
  return Uint8Array.of(socket, kind, data.length >> 8, data.length & 0xff, ...data)
}

/** The host's half: real TCP connections for the sockets of the board. `toBoard` takes bytes for the UART. */
export class Multiplexer {
  private readonly reader = new FrameReader()
  private readonly sockets = new Map<number, net.Socket>()
  private readonly toBoard: (bytes: Uint8Array) => void
  /** Called with each frame of the board; nothing comes of it before `obey` is called. */
  onFrame: (frame: Frame, obey: () => void) => void = (_frame, obey) => obey()

  constructor(toBoard: (bytes: Uint8Array) => void) {
    this.toBoard = toBoard
  }

  /** Bytes that the board sent. */
  take(bytes: Uint8Array): void {
    for (const frame of this.reader.add(bytes)) this.onFrame(frame, () => this.obey(frame))
  }

  /** The board is gone: what it had sent still arrives. */
  end(): void {
    for (const socket of this.sockets.values()) socket.end(() => socket.destroy())
    this.sockets.clear()
  }

  private obey({ socket: id, command: kind, data }: Frame): void {
    if (kind === command.open) this.open(id, Buffer.from(data).toString())
    else if (kind === command.data) this.sockets.get(id)?.write(data)
    else if (kind === command.close) {
      const socket = this.sockets.get(id)
      this.sockets.delete(id)
      socket?.end(() => socket.destroy())
    }
  }

  private open(id: number, address: string): void {
    const colon = address.lastIndexOf(':')
    const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))]
    const socket = net.connect({ host, port, noDelay: true })
    this.sockets.set(id, socket)
    socket.on('connect', () => this.send(id, command.opened))
    socket.on('data', bytes => {
      for (let at = 0; at < bytes.length; at += dataBytesMax)
        this.send(id, command.data, bytes.subarray(at, at + dataBytesMax))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.sockets.get(id) !== socket) return
      this.sockets.delete(id)
      this.send(id, command.close)
    })
  }

  private send(socket: number, kind: number, data: Uint8Array = new Uint8Array(0)): void {
    this.toBoard(frameBytes({ socket, command: kind, data }))
  }
}
