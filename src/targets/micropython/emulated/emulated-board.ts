import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { LineEndpoint } from '../../client/lines.ts'
import { readNamedBytes } from '../../named-file.ts'
import { TargetError } from '../../target-error.ts'
import { packagedFirmware } from '../firmware.ts'
import { OpenCommands } from '../open-commands.ts'
import { startTester } from '../serial.ts'
import { EmulatedPico } from './emulated-pico.ts'
import { flashOfImage } from './image.ts'

export type EmulatedBoardOptions = {
  /** Files of the user: an image as `.uf2` or `.bin`, and the boot ROM. */
  image: string
  bootrom: string
  /** Goes onto the board as config.json. */
  config?: { [name: string]: unknown }
  /** More files for the flash, by path, over the firmware's. */
  files?: Map<string, Uint8Array>
}

/** How much longer than a real board an emulated one may take. */
const slowness = 8
/** Of a Pico. */
export const emulatedFlashBytes = 2 * 1024 * 1024
const standInNames = ['socket.py', 'network.py']

/** The adapter protocol over one emulated board: tester.py is uploaded over its USB port, as onto a real one. `power` cuts its power and boots. */
export class EmulatedBoard {
  readonly bootrom: Uint8Array
  private readonly options: EmulatedBoardOptions
  private flash: Uint8Array
  private pico: EmulatedPico | undefined
  private lines: LineEndpoint | undefined
  private readonly open = new OpenCommands()
  onLine: (line: string) => void = () => undefined
  onBroken: (error: Error) => void = () => undefined

  /** Boots and puts the firmware onto the board. Rejects with TargetError. */
  static async open(options: EmulatedBoardOptions): Promise<EmulatedBoard> {
    const [image, bootrom] = await Promise.all([read(options.image), read(options.bootrom)])
    const board = new EmulatedBoard(
      options,
      flashOfImage(image, options.image, emulatedFlashBytes),
      bootrom,
    )
    await board.boot()
    return board
  }

  private constructor(options: EmulatedBoardOptions, flash: Uint8Array, bootrom: Uint8Array) {
    this.options = options
    this.flash = flash
    this.bootrom = bootrom
  }

  /** Boots from what is on the flash, and starts the tester. */
  async boot(): Promise<void> {
    const { flash, bootrom } = this
    const pico = await EmulatedPico.start({
      flash,
      bootrom,
      label: this.options.bootrom,
      clock: 'wall',
    })
    this.pico = pico
    const standIns = new Map<string, Uint8Array>()
    for (const name of standInNames)
      standIns.set(`lib/${name}`, await readFile(path.join(packagedFirmware, 'emulated', name)))
    const { image, files } = this.options
    const config = { ssid: 'emulated', ...this.options.config }
    const more = files ? { files } : {}
    const lines = await startTester(pico.usb, image, { config, standIns, slowness, ...more })
    this.lines = lines
    lines.onLine(line => {
      if (this.open.passes(line)) this.onLine(this.told(line))
    })
  }

  /** What is on the flash of a board that is off. */
  get contents(): Uint8Array {
    return this.flash
  }

  powerOff(): void {
    if (!this.pico) return
    this.pico.powerCut()
    this.flash = this.pico.flash(emulatedFlashBytes)
  }

  async send(line: string): Promise<void> {
    const command = JSON.parse(line) as { id?: unknown; do?: unknown }
    if (command.do !== 'power') {
      this.open.sent(command)
      this.lines?.send(line)
      return
    }
    try {
      this.powerOff()
      for (const answer of this.open.giveUp('the power was cut'))
        this.onLine(JSON.stringify(answer))
      await this.boot()
      this.onLine(JSON.stringify({ id: command.id, ok: {} }))
    } catch (error) {
      this.onBroken(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async stop(): Promise<void> {
    this.pico?.powerCut()
  }

  /** The answer to hello, with what only an emulated board can do. */
  private told(line: string): string {
    if (!line.includes('"reconnects"')) return line
    const message = JSON.parse(line) as { ok?: { can?: string[] } }
    if (!message.ok?.can) return line
    return JSON.stringify({ ...message, ok: { ...message.ok, can: [...message.ok.can, 'power'] } })
  }
}

/** A board has 16 MiB of flash at most, and UF2 takes twice that. */
const imageBytesMax = 64 * 1024 * 1024

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readNamedBytes(file, imageBytesMax)
  } catch (error) {
    throw new TargetError('PROGRAM_MISSING', (error as Error).message, error)
  }
}
