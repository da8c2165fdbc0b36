import { Duplex } from 'node:stream'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { type BoardThread, boardThread } from './board-thread.ts'
import { type CutPoint, noPoints, type PointCounts } from './cut-point.ts'
import { packagedFirmware, readFirmware, readStubs } from './firmware.ts'
import { Flash, type FlashImage, type FlashWear, picoFlashBytes } from './flash.ts'
import type { BootOrder, ConsoleInput, FromVm, Program, VmEnd, WorkerData } from './messages.ts'
import { NetHost, type Vanishing } from './net-host.ts'
import { BoardMemory, clockTarget, hostMs, word } from './shared-memory.ts'

export type SimulatedPicoOptions = {
  /** Folder with the firmware; default is the one that ships. */
  firmware?: string
  /** Files put onto the flash over the firmware's, by path: config.json, a patched module. */
  files?: { [path: string]: string | Uint8Array }
  /** What runs after boot.py; default `tester`, the adapter. `repl` waits on the USB port. */
  program?: Program | 'repl'
  /** Default 190 KB, as on a Pico W. It cannot grow, except under `repl`. */
  heapBytes?: number
  flashBytes?: number
  cutAt?: CutPoint
  /** What the peer sees of a power cut; default `fin`, after what was sent. */
  vanish?: Vanishing
  /** Real ms that skipped time waits for bytes on their way; default 20. */
  graceMs?: number
  /** Eight bytes in hex. */
  uniqueId?: string
}

export type RebootOptions = {
  cutAt?: CutPoint
  /** Start from this flash, not from what is on the board. */
  image?: FlashImage
  program?: Program | 'repl'
}

/** Why the board stands still. It stays so until `reboot()`. */
export type BoardEnd =
  | { why: 'cut' | 'exit' }
  | { why: 'stopped' }
  | { why: 'point'; point: CutPoint }
  /** An uncaught exception ends the program: `message` is the traceback. */
  | { why: 'exception'; type: string; message: string }
  | { why: 'reset-loop'; message: string }
  | { why: 'crash'; message: string }

export type BoardStats = {
  boots: number
  /** By machine.reset() or the watchdog. */
  resets: number
  /** Operations of the present boot, or of the last: the places a power cut can be put to. */
  points: PointCounts
  flash: FlashWear
  /**
   * Bytes of Python heap. `boot`: once all modules are loaded, with what compiling left behind. `live`: least at the end of a turn of loop().
   * `peak`: most at the end of a turn, garbage of that turn included, so an upper bound. Zero before the first turn.
   */
  heap: { limitBytes: number; bootBytes: number; liveBytes: number; peakBytes: number }
  /** Ms by which the board's clock is ahead of ours. */
  skippedMs: number
}

/** A board with the adapter protocol on its USB port. Lines it prints that are no JSON are its console output. */
export type SimulatedPico = {
  send(line: string): void
  /** Returns the function that ends it. */
  onLine(listener: (line: string) => void): () => void
  onEnd(listener: (end: BoardEnd) => void): () => void
  onPin(listener: (name: string, level: number) => void): () => void
  /** Undefined while the board runs. */
  readonly end: BoardEnd | undefined
  /** Resolves when the board stands still. */
  readonly ended: Promise<BoardEnd>
  powerCut(): Promise<void>
  /** Cuts the power if it is on, and boots. Resolves when the firmware starts. */
  reboot(options?: RebootOptions): Promise<void>
  link(up: boolean): void
  /** Lets so much of the board's time pass; its waits are skipped, so hours take seconds. */
  advance(ms: number): Promise<void>
  /** Ctrl-C. */
  interrupt(): void
  /** What a power cut now would leave. */
  flash(): Map<string, Uint8Array>
  /** The USB port as bytes, under the program `repl`. */
  serial(): Duplex
  stats(): BoardStats
  /** Ends the board's thread and closes its sockets. */
  stop(): Promise<void>
}

/** Switches a simulated Pico on: MicroPython in a thread of its own, on real TCP. Resolves when the firmware starts. */
export async function createSimulatedPico(
  options: SimulatedPicoOptions = {},
): Promise<SimulatedPico> {
  const [firmware, stubs, thread] = await Promise.all([
    readFirmware(options.firmware ?? packagedFirmware),
    readStubs(),
    boardThread(),
  ])
  for (const [path, content] of Object.entries(options.files ?? {}))
    firmware.set(path, typeof content === 'string' ? Buffer.from(content) : content)
  const board = new Board(options, firmware, [...stubs], thread)
  await board.reboot(options.cutAt ? { cutAt: options.cutAt } : {})
  return board
}

const picoHeapBytes = 190 * 1024
const replHeapBytes = 8 * 1024 * 1024
/** A board that resets so often without ever running this long is taken for one that never will. */
const resetsMax = 5
const healthyMs = 10_000
/** A board that does not notice the cut by itself computes without end; its thread is ended then. */
const cutPatienceMs = 300
const powerOnReset = 1
const watchdogReset = 3

class Board implements SimulatedPico {
  private readonly options: SimulatedPicoOptions
  private readonly stubs: BootOrder['stubs']
  private readonly thread: BoardThread
  private readonly memory = new BoardMemory()
  private readonly net = new NetHost(this.memory)
  private readonly lines = new Set<(line: string) => void>()
  private readonly ends = new Set<(end: BoardEnd) => void>()
  private readonly pins = new Set<(name: string, level: number) => void>()
  private store: Flash
  private program: Program | 'repl'
  private worker: Worker | undefined
  private console: MessagePort | undefined
  private usb: Duplex | undefined
  private running = false
  private last: BoardEnd | undefined
  private onStarted: (() => void) | undefined
  private onHurried: (() => void) | undefined
  private boots = 0
  private resets = 0
  private resetsInARow = 0
  private bootedMs = 0

  constructor(
    options: SimulatedPicoOptions,
    firmware: FlashImage,
    stubs: [path: string, bytes: Uint8Array][],
    thread: BoardThread,
  ) {
    this.options = options
    this.stubs = stubs
    this.thread = thread
    this.program = options.program ?? 'tester'
    this.store = new Flash(firmware, options.flashBytes ?? picoFlashBytes)
  }

  send(line: string): void {
    this.input({ line })
  }

  onLine(listener: (line: string) => void): () => void {
    return listen(this.lines, listener)
  }

  onEnd(listener: (end: BoardEnd) => void): () => void {
    return listen(this.ends, listener)
  }

  onPin(listener: (name: string, level: number) => void): () => void {
    this.pins.add(listener)
    return () => this.pins.delete(listener)
  }

  get end(): BoardEnd | undefined {
    return this.last
  }

  get ended(): Promise<BoardEnd> {
    if (this.last) return Promise.resolve(this.last)
    return new Promise(resolve => {
      const off = this.onEnd(end => {
        off()
        resolve(end)
      })
    })
  }

  async powerCut(): Promise<void> {
    if (!this.running) return
    const { ended } = this
    this.memory.write(word.cut, 1)
    this.memory.wake()
    const timer = setTimeout(() => void this.dropWorker({ why: 'cut' }), cutPatienceMs)
    await ended
    clearTimeout(timer)
  }

  async reboot(options: RebootOptions = {}): Promise<void> {
    await this.powerCut()
    if (options.image) this.replaceFlash(options.image)
    this.program = options.program ?? this.program
    this.resetsInARow = 0
    const started = new Promise<void>(resolve => {
      this.onStarted = resolve
    })
    this.boot(powerOnReset, options.cutAt)
    await started
  }

  link(up: boolean): void {
    this.net.link(up)
  }

  async advance(ms: number): Promise<void> {
    if (!this.running) return this.memory.skip(ms)
    const hurried = new Promise<void>(resolve => {
      this.onHurried = resolve
    })
    this.memory.clock[clockTarget] = this.memory.nowMs() + ms
    this.memory.wake()
    await hurried
  }

  interrupt(): void {
    this.memory.write(word.interrupt, 1)
    this.memory.wake()
  }

  flash(): Map<string, Uint8Array> {
    return this.store.image()
  }

  serial(): Duplex {
    this.usb ??= new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        this.input({ bytes: new Uint8Array(bytes) })
        done()
      },
    })
    return this.usb
  }

  stats(): BoardStats {
    const read = (index: number) => this.memory.read(index)
    return {
      boots: this.boots,
      resets: this.resets,
      points: {
        ...noPoints,
        socketOps: read(word.socketOps),
        commits: read(word.commits),
        lines: read(word.lines),
      },
      flash: this.store.wear,
      heap: {
        limitBytes: this.heapBytes,
        bootBytes: read(word.heapBoot),
        liveBytes: read(word.heapLive),
        peakBytes: read(word.heapPeak),
      },
      skippedMs: Math.round(this.memory.nowMs() - hostMs()),
    }
  }

  async stop(): Promise<void> {
    await this.dropWorker({ why: 'stopped' })
    this.net.destroy()
    this.usb?.destroy()
  }

  private input(input: ConsoleInput): void {
    this.console?.postMessage(input)
    this.memory.wake()
  }

  private get heapBytes(): number {
    return this.options.heapBytes ?? (this.program === 'repl' ? replHeapBytes : picoHeapBytes)
  }

  private replaceFlash(image: FlashImage): void {
    this.store = new Flash(image, this.options.flashBytes ?? picoFlashBytes)
  }

  private boot(resetCause: number, cutAt?: CutPoint, rawRepl = false): void {
    const order: BootOrder = {
      program: this.program,
      flash: [...this.store.image()],
      folders: this.store.folders(),
      flashBytes: this.options.flashBytes ?? picoFlashBytes,
      stubs: this.stubs,
      heapBytes: this.heapBytes,
      hardHeap: this.program !== 'repl',
      uniqueId: this.options.uniqueId ?? 'e66058388350aabb',
      resetCause,
      rawRepl,
      ...(cutAt ? { cutAt } : {}),
    }
    this.worker ??= this.createWorker()
    this.memory.write(word.cut, 0)
    this.memory.write(word.interrupt, 0)
    this.boots += 1
    this.bootedMs = this.memory.nowMs()
    this.last = undefined
    this.running = true
    this.worker.postMessage(order)
  }

  private createWorker(): Worker {
    const { port1, port2 } = new MessageChannel()
    const data: WorkerData = {
      memory: this.memory.buffer,
      console: port2,
      interpreter: this.thread.interpreter,
      graceMs: this.options.graceMs ?? 20,
    }
    // Loaders that the process was started with have no work in a thread that runs JavaScript, and would be started in each.
    const execArgv: string[] = []
    const settings = { workerData: data, transferList: [port2], execArgv }
    const worker = new Worker(this.thread.file, settings)
    worker.on('message', (message: FromVm) => this.receive(message))
    worker.on('error', error => {
      if (worker === this.worker) void this.dropWorker({ why: 'crash', message: String(error) })
    })
    this.console = port1
    port1.unref()
    return worker
  }

  private async dropWorker(end: BoardEnd): Promise<void> {
    const worker = this.worker
    this.worker = undefined
    this.console?.close()
    this.console = undefined
    await worker?.terminate()
    if (!this.running) return
    this.finish(end)
    if (end.why === 'crash') this.closePort(end.message)
  }

  /** Whoever waits for an answer on the port learns that none will come, and why. */
  private closePort(why: string): void {
    const { usb } = this
    this.usb = undefined
    if (usb?.listenerCount('error')) usb.destroy(new Error(why))
    else usb?.destroy()
  }

  private receive(message: FromVm): void {
    switch (message.kind) {
      case 'started':
        this.onStarted?.()
        return
      case 'line':
        for (const listener of [...this.lines]) listener(message.text)
        return
      case 'bytes':
        this.usb?.push(Buffer.from(message.bytes))
        return
      case 'pin':
        for (const listener of [...this.pins]) listener(message.name, message.level)
        return
      case 'commit':
        this.store.commit(message.commit)
        return
      case 'connect':
        this.net.connect(message.id, message.host, message.port, message.memory)
        return
      case 'sent':
        this.net.sent(message.id)
        return
      case 'taken':
        this.net.taken(message.id)
        return
      case 'close':
        this.net.close(message.id)
        return
      case 'resolve':
        this.net.resolve(message.host)
        return
      case 'hurried':
        this.hurried()
        return
      case 'ended':
        this.bootEnded(message.end)
        return
    }
    message satisfies never
  }

  private bootEnded(end: VmEnd): void {
    if (!this.running) return
    switch (end.why) {
      case 'cut':
      case 'point':
      case 'exit':
      case 'exception':
        this.finish(end)
        return
      case 'soft-reset':
        this.net.vanish('fin')
        this.usb?.push('MPY: soft reboot\r\n')
        this.boot(powerOnReset, undefined, true)
        return
      case 'reset':
      case 'watchdog':
        this.restart(end.why)
        return
    }
  }

  /** The board boots again by itself, unless it does nothing else. */
  private restart(why: 'reset' | 'watchdog'): void {
    this.resets += 1
    const ranMs = this.memory.nowMs() - this.bootedMs
    this.resetsInARow = ranMs < healthyMs ? this.resetsInARow + 1 : 1
    if (this.resetsInARow > resetsMax) {
      const how = why === 'reset' ? 'machine.reset()' : 'the watchdog'
      const message = `the board reset ${this.resetsInARow} times in a row, each within ${healthyMs / 1000} s of booting, at last by ${how}`
      this.finish({ why: 'reset-loop', message })
      return
    }
    this.net.vanish(this.options.vanish ?? 'fin')
    this.boot(why === 'reset' ? powerOnReset : watchdogReset)
  }

  private finish(end: BoardEnd): void {
    this.running = false
    this.last = end
    this.net.vanish(this.options.vanish ?? 'fin')
    this.onStarted?.()
    this.hurried()
    for (const listener of [...this.ends]) listener(end)
  }

  private hurried(): void {
    this.onHurried?.()
    this.onHurried = undefined
  }
}

function listen<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
