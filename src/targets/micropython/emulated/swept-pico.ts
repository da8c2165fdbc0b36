import type { BoardEnd } from '../board.ts'
import type { CutPoint } from '../cut-point.ts'
import { EmulatedBoard, type EmulatedBoardOptions, emulatedFlashBytes } from './emulated-board.ts'
import { EmulatedPico } from './emulated-pico.ts'

/** What the board runs by itself when its power is on. */
const mainProgram = new TextEncoder().encode('import tester\ntester.run()\n')
const ready = '"ready"'
const readyMs = 120_000

/**
 * An emulated board that starts the tester by itself, as main.py, and whose power can be cut at any operation of its flash, its network and its
 * USB port. Nothing is uploaded after the first time: a boot is a boot.
 */
export class SweptPico {
  private readonly bootrom: Uint8Array
  private readonly label: string
  private image: Uint8Array
  private pico: EmulatedPico | undefined
  private last: BoardEnd | undefined = { why: 'cut' }
  private readonly lines = new Set<(line: string) => void>()
  private readonly ends = new Set<(end: BoardEnd) => void>()

  /** Boots once and puts the firmware onto the board. Rejects with TargetError. */
  static async create(options: EmulatedBoardOptions): Promise<SweptPico> {
    const files = new Map([...(options.files ?? []), ['main.py', mainProgram]])
    const board = await EmulatedBoard.open({ ...options, files })
    board.powerOff()
    return new SweptPico(board.contents, board.bootrom, options.bootrom)
  }

  private constructor(image: Uint8Array, bootrom: Uint8Array, label: string) {
    this.image = image
    this.bootrom = bootrom
    this.label = label
  }

  get end(): BoardEnd | undefined {
    return this.last
  }

  send(line: string): void {
    this.pico?.type(`${line}\n`)
  }

  onLine(listener: (line: string) => void): () => void {
    this.lines.add(listener)
    return () => this.lines.delete(listener)
  }

  onEnd(listener: (end: BoardEnd) => void): () => void {
    this.ends.add(listener)
    return () => this.ends.delete(listener)
  }

  async powerCut(): Promise<void> {
    this.pico?.powerCut()
  }

  /** Resolves when the tester is ready, or the power is off again. */
  async reboot({ image, cutAt }: { image?: Uint8Array; cutAt?: CutPoint } = {}): Promise<void> {
    await this.powerCut()
    const { bootrom, label } = this
    const flash = image ?? this.image
    const pico = await EmulatedPico.start({ flash, bootrom, label, ...(cutAt ? { cutAt } : {}) })
    this.pico = pico
    this.last = undefined
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the emulated board did not start in ${readyMs / 1000} s`)),
        readyMs,
      )
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      pico.onOff = how => {
        this.image = pico.flash(emulatedFlashBytes)
        this.last = how === 'point' && cutAt ? { why: 'point', point: cutAt } : { why: 'cut' }
        for (const listener of [...this.ends]) listener(this.last)
        done()
      }
      pico.onLine = line => {
        for (const listener of [...this.lines]) listener(line)
        if (line.includes(ready)) done()
      }
    })
  }

  flash(): Uint8Array {
    return this.pico?.flash(emulatedFlashBytes) ?? this.image
  }

  stats(): { points: EmulatedPico['points'] } {
    return { points: { ...this.pico!.points } }
  }

  async stop(): Promise<void> {
    await this.powerCut()
  }
}
