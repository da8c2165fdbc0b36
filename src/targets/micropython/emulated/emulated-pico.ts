import { Duplex } from 'node:stream'
import { TargetError } from '../../target-error.ts'
import { bootromWords, type FlashRoutines, flashRoutines } from './bootrom.ts'
import { flashBase } from './image.ts'
import { type Frame, Multiplexer } from './multiplexer.ts'

/** Where a power cut falls: at which erase or program of a boot, and whether before it, in its middle, or after it. */
export type FlashCut = { index: number; when: 'before' | 'half' | 'after' }

export type EmulatedPicoOptions = {
  /** From `flashOfImage`, or what another boot left. It is written to. */
  flash: Uint8Array
  /** The file of the boot ROM. */
  bootrom: Uint8Array
  label: string
  cutAt?: FlashCut
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
/** UARTTXINTR. rp2040js never raises it, and MicroPython waits for it. */
const txInterrupt = 1 << 5

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
  private cutAt: FlashCut | undefined
  private on = true
  readonly usb: Duplex
  /** Resolves when the power is off: `point` where it was cut where it was set to. */
  readonly ended: Promise<'point' | 'off'>
  private settle: (how: 'point' | 'off') => void = () => undefined
  /** Resolves with the first frame that came over the UART. */
  readonly firstFrame: Promise<Frame>
  /** Erases and programs of this boot. */
  flashOperations = 0

  static async start(options: EmulatedPicoOptions): Promise<EmulatedPico> {
    return new EmulatedPico(await loadLibrary(), options)
  }

  private constructor(library: Library, { flash, bootrom, label, cutAt }: EmulatedPicoOptions) {
    const words = bootromWords(bootrom, label)
    this.routines = flashRoutines(words)
    this.cutAt = cutAt
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
    this.cdc.onSerialData = bytes => void this.usb.push(Buffer.from(bytes))
    this.ended = new Promise(resolve => {
      this.settle = resolve
    })
    this.firstFrame = new Promise(resolve => {
      this.network.onFrame = resolve
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

  /** Cuts the power at that erase or program from now. */
  cutLater({ index, when }: FlashCut): void {
    this.cutAt = { index: this.flashOperations + index, when }
  }

  powerCut(): void {
    this.off('off')
  }

  private off(how: 'point' | 'off'): void {
    if (!this.on) return
    this.on = false
    this.network.end()
    this.usb.destroy()
    this.settle(how)
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
      this.exchange()
    }
    if (this.on) setImmediate(() => this.run())
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
    const index = this.flashOperations++
    const cut = this.cutAt?.index === index ? this.cutAt.when : undefined
    if (cut === 'before') return this.off('point')
    const size = kind === 'erase' ? second : third
    const done = cut === 'half' ? size >> 1 : size
    if (kind === 'erase') flash.fill(0xff, at, at + done)
    else
      for (let offset = 0; offset < done; offset++)
        flash[at + offset] = (flash[at + offset] ?? 0) & this.mcu.readUint8(second + offset)
    this.sim.clock.tick(kind === 'erase' ? eraseNs : (programPageNs * size) / pageBytes)
    if (cut) return this.off('point')
    core.PC = (core.registers[14] ?? 0) & ~1
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
