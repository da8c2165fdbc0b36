import { type BoardEnd, createSimulatedPico, type SimulatedPico } from './board.ts'
import type { FlashImage } from './flash.ts'
import { OpenCommands } from './open-commands.ts'

type Command = { id?: unknown; do?: unknown; client?: unknown; [field: string]: unknown }

/** One board with a client under test on it, or free for the next. */
type Seat = { board: SimulatedPico; open: OpenCommands; blank: FlashImage; ready: Promise<void> }

/**
 * The adapter protocol over a board for each client: they neither wait for one another nor share a flash. What a program on a board cannot
 * do to itself is done here, to the board of `client`: `power` cuts the power and boots, `link` takes the network away and gives it back,
 * `advance` lets time pass.
 */
export class BoardPool {
  private readonly files: { [path: string]: string | Uint8Array }
  private readonly seats = new Map<string, Promise<Seat>>()
  private readonly free: Seat[] = []
  private readonly all = new Set<SimulatedPico>()
  private stopped = false
  onLine: (line: string) => void = () => undefined
  onBroken: (message: string) => void = () => undefined

  /** `files` go over the firmware's, on every board. */
  constructor(files: { [path: string]: string | Uint8Array }) {
    this.files = files
  }

  async send(line: string): Promise<void> {
    const command = parse(line)
    const name = String(command.client ?? '')
    try {
      await this.obey(command, line, name)
    } catch (error) {
      this.answer(command, { error: error instanceof Error ? error.message : String(error) })
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await Promise.all([...this.all].map(board => board.stop()))
  }

  private async obey(command: Command, line: string, name: string): Promise<void> {
    if (command.do === 'stop') return this.release(command, name)
    const seat = await this.seat(name)
    const { board } = seat
    switch (command.do) {
      case 'power':
        await this.cutPower(seat, command)
        return this.answer(command, { ok: {} })
      case 'link':
        board.link(command.up === true)
        return this.answer(command, { ok: {} })
      case 'advance':
        await board.advance(Number(command.ms))
        return this.answer(command, { ok: {} })
      default:
        seat.open.sent(command)
        board.send(line)
    }
  }

  private seat(name: string): Promise<Seat> {
    const known = this.seats.get(name)
    if (known) return known
    const seat = this.take()
    this.seats.set(name, seat)
    return seat
  }

  private async take(): Promise<Seat> {
    const seat = this.free.pop() ?? (await this.create())
    await seat.ready
    return seat
  }

  private async create(): Promise<Seat> {
    const board = await createSimulatedPico({ files: this.files })
    this.all.add(board)
    const open = new OpenCommands()
    board.onLine(line => {
      if (open.passes(line)) this.onLine(withPower(line))
    })
    board.onEnd(end => this.ended(end))
    if (this.stopped) await board.stop()
    return { board, open, blank: board.flash(), ready: Promise.resolve() }
  }

  /** The client's board is cleared for another: what it kept must be gone with it. */
  private async release(command: Command, name: string): Promise<void> {
    const taken = this.seats.get(name)
    this.seats.delete(name)
    if (taken) {
      const seat = await taken
      this.giveUp(seat, 'its client was stopped')
      seat.board.link(true)
      seat.ready = seat.board.reboot({ image: seat.blank })
      this.free.push(seat)
    }
    this.answer(command, { ok: {} })
  }

  /** With `tear`, the file of that name loses its second half meanwhile, as where a cell of the flash failed. */
  private async cutPower(seat: Seat, { tear }: Command): Promise<void> {
    const { board } = seat
    await board.powerCut()
    this.giveUp(seat, 'the power was cut')
    const image = board.flash()
    for (const [path, bytes] of image) {
      if (tear !== undefined && path.endsWith(`/${tear}`))
        image.set(path, bytes.slice(0, bytes.length / 2))
    }
    await board.reboot({ image })
  }

  private giveUp({ open }: Seat, why: string): void {
    for (const answer of open.giveUp(why)) this.onLine(JSON.stringify(answer))
  }

  private ended(end: BoardEnd): void {
    if (end.why === 'cut' || end.why === 'stopped') return
    this.onBroken('message' in end ? end.message : `the board's program ended: ${end.why}`)
  }

  private answer({ id }: Command, answer: object): void {
    this.onLine(JSON.stringify({ id, ...answer }))
  }
}

/** The board's answer to hello, with what only a simulated one can do. */
function withPower(line: string): string {
  const message = line.includes('"reconnects"') ? parse(line) : {}
  const ok = message.ok as { can?: string[] } | undefined
  if (!ok?.can) return line
  return JSON.stringify({ ...message, ok: { ...ok, can: [...ok.can, 'power', 'link', 'advance'] } })
}

function parse(line: string): Command {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Command) : {}
  } catch {
    return {}
  }
}
