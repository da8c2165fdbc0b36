import { Duplex } from 'node:stream'
import { TargetError } from '../../target-error.ts'
import { type CutPoint, noPoints, type PointCounts, type PointKind } from '../cut-point.ts'
import { bootromWords, type FlashRoutines, flashRoutines } from './bootrom.ts'
import { flashBase } from './image.ts'
import { type Frame, Multiplexer } from './multiplexer.ts'

export type EmulatedPicoOptions = {
  /** From `flashOfImage`, or what another boot left. It is written to. */
  flash: Uint8Array
  /** The file of the boot ROM. */
  bootrom: Uint8Array
  label: string
  cutAt?: CutPoint
  /**
   * Default `own`: time is what its instructions take, on this machine a third of ours or less, and waits are skipped. `wall`: it passes as
   * ours does, so that rules about time hold, as if the processor were slower.
   */
  clock?: 'own' | 'wall'
}

/** What is loaded of rp2040js: a part of its `Simulator`, `USBCDC` and registers. */
type Core = {
  PC: number
  registers: Uint32Array
  waiting: boolean
  executeInstruction(): number
}
type Uart = {
  onByte?: (byte: number) => void
  feedByte(byte: number): void
  rxFIFO: { full: boolean }
  interruptStatus: number
  interruptMask: number
  irq: number
  checkInterrupts(): void
}
type Mcu = {
  core: Core
  uart: Uart[]
  usbCtrl: unknown
  flash: Uint8Array
  logger: unknown
  loadBootrom(words: Uint32Array): void
  readUint8(address: number): number
  setInterrupt(irq: number, on: boolean): void
}
type Library = {
  Simulator: new () => {
    rp2040: Mcu
    clock: { tick(ns: number): void; nanosToNextAlarm: number; nanos: number }
  }
  USBCDC: new (
    usb: unknown,
  ) => {
    onSerialData?: (bytes: Uint8Array) => void
    onDeviceConnected?: () => void
    sendSerialByte(byte: number): void
    txFIFO: { itemCount: number; full: boolean }
  }
  ConsoleLogger: new (level: number) => unknown
  LogLevel: { Error: number }
}

const cycleNs = 8
const eraseNs = 45e6
const programPageNs = 0.7e6
const pageBytes = 256
const stepsAtOnce = 3000
const sliceMs = 5
/** A clock that runs as ours does may be ahead by so much, for what the flash takes. */
const aheadMaxMs = 100
/** UARTTXINTR. rp2040js never raises it, and MicroPython waits for it. */
const txInterrupt = 1 << 5
const newline = 0x0a
const countOf = {
  'socket-op': 'socketOps',
  commit: 'commits',
  erase: 'erases',
  program: 'programs',
  line: 'lines',
} as const satisfies { [K in PointKind]: keyof PointCounts }

/** A Pico with the user's own image, instruction by instruction: its USB port is a REPL, its UART 0 leads to TCP. No radio, no watchdog reset. */
export class EmulatedPico {
  private readonly sim: InstanceType<Library['Simulator']>
  private readonly mcu: Mcu
  private readonly cdc: InstanceType<Library['USBCDC']>
  private readonly routines: FlashRoutines
  private readonly network = new Multiplexer(bytes => {
    for (const byte of bytes) this.toUart.push(byte)
  })
  private readonly toUart: number[] = []
  private readonly fromUart: number[] = []
  private readonly toUsb: number[] = []
  private readonly cutAt: CutPoint | undefined
  /** On our clock; undefined where the board's is its own. */
  private readonly startedMs: number | undefined
  private on = true
  readonly usb: Duplex
  /** Resolves when the power is off: `point` where it was cut where it was set to. */
  readonly ended: Promise<'point' | 'off'>
  private settle: (how: 'point' | 'off') => void = () => undefined
  /** Resolves with the first frame that came over the UART. */
  readonly firstFrame: Promise<Frame>
  /** Operations of this boot. */
  readonly points: PointCounts = { ...noPoints }
  /** A line that came over the USB port, in the moment it did; `usb` has it a little later. */
  onLine: (line: string) => void = () => undefined
  /** The power is off. */
  onOff: (how: 'point' | 'off') => void = () => undefined
  private line = ''

  static async start(options: EmulatedPicoOptions): Promise<EmulatedPico> {
    return new EmulatedPico(await loadLibrary(), options)
  }

  private constructor(library: Library, options: EmulatedPicoOptions) {
    const { flash, bootrom, label, cutAt, clock } = options
    const words = bootromWords(bootrom, label)
    this.routines = flashRoutines(words)
    this.cutAt = cutAt
    this.startedMs = clock === 'wall' ? performance.now() : undefined
    this.sim = new library.Simulator()
    this.mcu = this.sim.rp2040
    this.mcu.logger = new library.ConsoleLogger(library.LogLevel.Error)
    this.mcu.loadBootrom(words)
    this.mcu.flash.fill(0xff)
    this.mcu.flash.set(flash)
    this.cdc = new library.USBCDC(this.mcu.usbCtrl)
    this.usb = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        this.toUsb.push(...bytes)
        done()
      },
    })
    // Who writes to a board that is off is not heard.
    this.usb.on('error', () => undefined)
    this.cdc.onSerialData = bytes => this.fromUsb(bytes)
    this.ended = new Promise(resolve => {
      this.settle = resolve
    })
    this.firstFrame = new Promise(resolve => {
      this.network.onFrame = (frame, obey) => {
        resolve(frame)
        this.operation('socket-op', obey)
      }
    })
    this.wireUart()
    this.mcu.core.PC = flashBase
    this.run()
  }

  /** What is on the flash now. */
  flash(bytes: number): Uint8Array {
    return this.mcu.flash.slice(0, bytes)
  }

  /** ns of the board's own time. */
  get nanos(): number {
    return this.sim.clock.nanos
  }

  /** Types on the USB port. */
  type(text: string): void {
    this.toUsb.push(...Buffer.from(text))
  }

  powerCut(): void {
    this.off('off')
  }

  private off(how: 'point' | 'off'): void {
    if (!this.on) return
    this.on = false
    this.network.end()
    this.usb.push(null)
    this.usb.end()
    this.settle(how)
    this.onOff(how)
  }

  private wireUart(): void {
    const uart = this.mcu.uart[0] as Uart
    uart.checkInterrupts = () =>
      this.mcu.setInterrupt(uart.irq, (uart.interruptStatus & uart.interruptMask) !== 0)
    uart.onByte = byte => {
      this.fromUart.push(byte)
      uart.interruptStatus |= txInterrupt
      uart.checkInterrupts()
    }
  }

  /** Runs a slice, then lets the sockets have their turn. */
  private run(): void {
    const untilMs = performance.now() + sliceMs
    while (this.on && performance.now() < untilMs) {
      for (let step = 0; step < stepsAtOnce && this.on; step++) this.step()
      this.keepUp()
      this.exchange()
    }
    if (!this.on) return
    const waitMs = -this.lagMs - aheadMaxMs
    if (waitMs > 0) setTimeout(() => this.run(), waitMs)
    else setImmediate(() => this.run())
  }

  /** By how much the board's clock is behind ours, where it is to keep up with it. */
  private get lagMs(): number {
    if (this.startedMs === undefined) return 0
    return performance.now() - this.startedMs - this.nanos / 1e6
  }

  private keepUp(): void {
    const { lagMs } = this
    if (lagMs > 0) this.sim.clock.tick(lagMs * 1e6)
  }

  private step(): void {
    const { core } = this.mcu
    const { clock } = this.sim
    if (core.waiting) {
      clock.tick(Math.min(Math.max(clock.nanosToNextAlarm, cycleNs), 100_000))
      return
    }
    if (core.PC === this.routines.erase) this.flashOperation('erase')
    else if (core.PC === this.routines.program) this.flashOperation('program')
    else clock.tick(core.executeInstruction() * cycleNs)
  }

  /** Does what the routine of the ROM would have done to the chip, all of it or half, and returns from it. */
  private flashOperation(kind: 'erase' | 'program'): void {
    const { core, flash } = this.mcu
    const [at = 0, second = 0, third = 0] = core.registers
    const size = kind === 'erase' ? second : third
    this.operation(kind, torn => {
      const done = torn ? size >> 1 : size
      if (kind === 'erase') flash.fill(0xff, at, at + done)
      else
        for (let offset = 0; offset < done; offset++)
          flash[at + offset] = (flash[at + offset] ?? 0) & this.mcu.readUint8(second + offset)
      this.sim.clock.tick(kind === 'erase' ? eraseNs : (programPageNs * size) / pageBytes)
    })
    core.PC = (core.registers[14] ?? 0) & ~1
  }

  /** Counts an operation and does it, all or half or nothing of it where the power goes. */
  private operation(kind: PointKind, act: (torn: boolean) => void): void {
    if (!this.on) return
    const { cutAt, points } = this
    const index = points[countOf[kind]]++
    const when = cutAt?.kind === kind && cutAt.index === index ? cutAt.when : undefined
    if (when !== 'before') act(when === 'torn')
    if (when) this.off('point')
  }

  private fromUsb(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes)
    for (let end = rest.indexOf(newline); end >= 0 && this.on; end = rest.indexOf(newline)) {
      const piece = rest.subarray(0, end + 1)
      rest = rest.subarray(end + 1)
      this.operation('line', () => {
        this.usb.push(piece)
        this.onLine((this.line + piece.toString('latin1')).trim())
      })
      this.line = ''
    }
    if (!this.on || rest.length === 0) return
    this.line += rest.toString('latin1')
    this.usb.push(rest)
  }

  private exchange(): void {
    const uart = this.mcu.uart[0] as Uart
    while (this.toUart.length > 0 && !uart.rxFIFO.full) uart.feedByte(this.toUart.shift() ?? 0)
    while (this.toUsb.length > 0 && this.cdc.txFIFO.itemCount < 400)
      this.cdc.sendSerialByte(this.toUsb.shift() ?? 0)
    if (this.fromUart.length > 0) this.network.take(Uint8Array.from(this.fromUart.splice(0)))
  }
}

async function loadLibrary(): Promise<Library> {
  // Optional: only those who bring an image need it.
  const name: string = 'rp2040js'
  try {
    return (await import(name)) as Library
  } catch (error) {
    throw new TargetError(
      'PROGRAM_MISSING',
      'an emulated board needs the optional package "rp2040js": npm install rp2040js',
      error,
    )
  }
}
