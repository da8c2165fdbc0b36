import type {
  DeviceOps,
  FsStream,
  MicroPython,
} from '@micropython/micropython-webassembly-pyscript'
import type { FromVm } from './messages.ts'
import { type BoardMemory, SocketMemory, socketState, word } from './shared-memory.ts'
import { interrupted, type VmPower } from './vm-power.ts'

/** Numbers as MicroPython's own `errno` has them; EINTR is the C library's, which restarts the call. */
export const errno = {
  badFile: 9,
  again: 11,
  noDevice: 19,
  interrupted: 27,
  noSpace: 28,
  reset: 104,
  isConnected: 106,
  notConnected: 107,
  timedOut: 110,
  unreachable: 113,
  inProgress: 115,
} as const

const deviceMajor = 77
const pollIn = 1
const pollOut = 4
const pollError = 8
const pollHangUp = 16
const resolveMs = 5000
/** Real ms that skipped time waits for the host to open a connection or look up a name. */
const dialMs = 2000

type Socket = { id: number; memory: SocketMemory; timeoutMs: number; dialled: boolean }

/** The sockets of one boot: `_sim.sock_…` for sim/socket.py, and a character device for each. */
export class VmSockets {
  private readonly vm: MicroPython
  private readonly memory: BoardMemory
  private readonly power: VmPower
  private readonly post: (message: FromVm) => void
  private readonly sockets = new Map<number, Socket>()
  private lastId = 0

  constructor(
    vm: MicroPython,
    memory: BoardMemory,
    power: VmPower,
    post: (message: FromVm) => void,
  ) {
    this.vm = vm
    this.memory = memory
    this.power = power
    this.post = post
  }

  /** Forgets the sockets of a boot that ended, however it ended. */
  reset(): void {
    for (const name of this.vm.FS.readdir('/dev'))
      if (name.startsWith('net')) this.vm.FS.unlink(`/dev/${name}`)
    this.sockets.clear()
    this.lastId = 0
  }

  functions(): { [name: string]: (...values: never[]) => number | string } {
    return {
      sock_new: () => this.create(),
      sock_connect: (id: number, host: string, port: number) => this.connect(id, host, port),
      sock_timeout: (id: number, ms: number) => this.setTimeout(id, ms),
      sock_poll: (id: number) => this.poll(id),
      sock_ready: (id: number) => this.ready(id),
      resolve: (host: string) => this.resolve(host),
    }
  }

  private create(): number {
    const id = this.freeId()
    const { FS } = this.vm
    this.sockets.set(id, { id, memory: new SocketMemory(), timeoutMs: -1, dialled: false })
    const device = FS.makedev(deviceMajor, id)
    FS.registerDevice(device, this.device())
    FS.mkdev(`/dev/net${id}`, 0o666, device)
    return id
  }

  private freeId(): number {
    do this.lastId = (this.lastId % 255) + 1
    while (this.sockets.has(this.lastId))
    return this.lastId
  }

  private connect(id: number, host: string, port: number): number {
    const socket = this.sockets.get(id)
    if (!socket) return errno.badFile
    if (socket.dialled) return errno.isConnected
    return this.power.operation('socket-op', () => this.dial(socket, host, port))
  }

  private dial(socket: Socket, host: string, port: number): number {
    if (!this.memory.read(word.link)) return errno.unreachable
    const { memory, id } = socket
    socket.dialled = true
    memory.state = socketState.connecting
    this.power.networkBusy(dialMs)
    this.post({ kind: 'connect', id, host, port, memory: memory.buffer })
    if (socket.timeoutMs === 0) return errno.inProgress
    const settled = () => (memory.state === socketState.connecting ? undefined : memory.state)
    const state = this.power.wait(settled, socket.timeoutMs)
    if (state === interrupted) return -1
    if (state === undefined) return errno.timedOut
    if (state === socketState.failed) {
      this.power.networkIdle()
      return memory.error
    }
    this.power.networkBusy()
    return 0
  }

  private setTimeout(id: number, ms: number): number {
    const socket = this.sockets.get(id)
    if (socket) socket.timeoutMs = ms
    return socket ? 0 : errno.badFile
  }

  private poll(id: number): number {
    const memory = this.sockets.get(id)?.memory
    if (!memory) return pollError | pollHangUp
    const flags = memory.rx.used > 0 ? pollIn : 0
    if (memory.state === socketState.open) return flags | pollOut
    if (memory.state === socketState.ended) return flags | pollIn | pollHangUp
    return memory.state === socketState.failed ? flags | pollError : flags
  }

  /** Waits for bytes: how many there are, 0 at the end, or a negative errno. For recv(), which takes what there is. */
  private ready(id: number): number {
    const socket = this.sockets.get(id)
    if (!socket) return -errno.badFile
    const count = this.power.wait(() => readable(socket.memory), socket.timeoutMs)
    if (count === interrupted) return -errno.interrupted
    if (count === undefined) return -timeoutError(socket)
    return count
  }

  private resolve(host: string): string {
    if (!this.memory.read(word.link)) return ''
    this.memory.write(word.answer, 0)
    this.power.networkBusy(dialMs)
    this.post({ kind: 'resolve', host })
    const answered = this.power.wait(() => this.memory.read(word.answer) || undefined, resolveMs)
    const length = this.memory.read(word.answerBytes)
    if (answered === undefined || answered === interrupted || length <= 0) return ''
    return Buffer.from(this.memory.name.slice(0, length)).toString()
  }

  private device(): DeviceOps {
    return {
      open: stream => void this.of(stream),
      read: (stream, buffer, offset, length) =>
        this.read(
          this.of(stream),
          new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length),
        ),
      write: (stream, buffer, offset, length) =>
        this.write(
          this.of(stream),
          new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length),
        ),
      close: stream => this.close(stream.node.rdev & 0xff),
    }
  }

  private of(stream: FsStream): Socket {
    return this.sockets.get(stream.node.rdev & 0xff) ?? this.fail(errno.noDevice)
  }

  private read({ memory, timeoutMs, id }: Socket, into: Uint8Array): number {
    if (into.length === 0) return 0
    const count = this.power.wait(() => readable(memory), timeoutMs)
    if (count === interrupted) return this.fail(errno.interrupted)
    if (count === undefined) return this.fail(timeoutMs === 0 ? errno.again : errno.timedOut)
    return this.power.operation('socket-op', () => {
      this.power.networkBusy()
      if (count < 0) return this.fail(-count)
      const bytes = memory.rx.read(into.length)
      into.set(bytes)
      if (count > bytes.length || count > 8192) this.post({ kind: 'taken', id })
      return bytes.length
    })
  }

  private write({ memory, timeoutMs, id }: Socket, from: Uint8Array): number {
    const room = this.power.wait(() => writable(memory), timeoutMs)
    if (room === interrupted) return this.fail(errno.interrupted)
    if (room === undefined) return this.fail(timeoutMs === 0 ? errno.again : errno.timedOut)
    return this.power.operation('socket-op', () => {
      this.power.networkBusy()
      if (room < 0) return this.fail(-room)
      const count = memory.tx.write(from)
      this.post({ kind: 'sent', id })
      return count
    })
  }

  private close(id: number): void {
    if (!this.sockets.has(id)) return
    this.power.operation('socket-op', () => {
      this.sockets.delete(id)
      this.post({ kind: 'close', id })
    })
    this.vm.FS.unlink(`/dev/net${id}`)
  }

  private fail(code: number): never {
    throw new this.vm.FS.ErrnoError(code)
  }
}

/** Bytes to read, 0 at the end of the stream, a negative errno, or undefined while there is nothing. */
function readable(memory: SocketMemory): number | undefined {
  const state = memory.state
  if (memory.rx.used > 0) return memory.rx.used
  if (state === socketState.ended) return 0
  if (state === socketState.failed) return -(memory.error || errno.reset)
  return state === socketState.new ? -errno.notConnected : undefined
}

/** Room in the send buffer, a negative errno, or undefined while it is full. */
function writable(memory: SocketMemory): number | undefined {
  const state = memory.state
  if (state === socketState.failed) return -(memory.error || errno.reset)
  if (state === socketState.new) return -errno.notConnected
  return memory.tx.free || undefined
}

function timeoutError(socket: Socket): number {
  return socket.timeoutMs === 0 ? errno.again : errno.timedOut
}
