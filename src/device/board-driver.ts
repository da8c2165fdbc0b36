import type { BoardEnd, SimulatedPico } from '../targets/micropython/board.ts'
import type { DeviceBroker } from './device-broker.ts'
import { type ApplicationRecord, copyOfRecord } from './exactly-once.ts'

/** A line of the adapter protocol. */
export type Line = { [field: string]: unknown }

/** Thrown into a flow that waits for a board whose power went. */
export class BoardEnded extends Error {
  readonly end: BoardEnd

  constructor(end: BoardEnd) {
    super(`the board ended: ${'message' in end ? end.message : end.why}`)
    this.end = end
  }
}

/** A board as far as a case drives it. */
export type DrivenBoard = Pick<SimulatedPico, 'send' | 'onLine' | 'onEnd' | 'end'>

/** One case: it drives the board and keeps the record of what its application was told. */
export class BoardDriver {
  readonly board: DrivenBoard
  readonly broker: DeviceBroker
  readonly record: ApplicationRecord
  readonly events: Line[] = []
  private readonly deadlineMs: number
  private readonly waiters = new Set<() => void>()
  private readonly endings: (() => void)[]
  private lastId = 0

  constructor(
    board: DrivenBoard,
    broker: DeviceBroker,
    deadlineMs: number,
    record?: ApplicationRecord,
  ) {
    this.board = board
    this.broker = broker
    this.deadlineMs = deadlineMs
    this.record = record ? copyOfRecord(record) : { outgoing: new Map(), inbound: new Map() }
    this.endings = [
      board.onLine(line => this.hear(line)),
      board.onEnd(() => this.wake()),
      broker.onChange(() => this.wake()),
    ]
  }

  /** Stops listening; the board and the broker stay as they are. */
  leave(): void {
    for (const end of this.endings) end()
  }

  /** Resolves when `holds`. Rejects with BoardEnded when the board stands still, with a plain error after the deadline. */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        clearTimeout(timer)
        this.waiters.delete(check)
        how()
      }
      const check = () => {
        const { end } = this.board
        if (holds()) settle(resolve)
        else if (end) settle(() => reject(new BoardEnded(end)))
      }
      const late = () =>
        settle(() => reject(new Error(`${what}: not within ${this.deadlineMs} ms`)))
      const timer = setTimeout(late, this.deadlineMs)
      this.waiters.add(check)
      check()
    })
  }

  /** Sends a command and waits for its answer; rejects where that is an error. */
  async command(verb: string, fields: Line = {}): Promise<Line> {
    const id = ++this.lastId
    const answered = () => this.events.find(line => line.id === id && !line.event)
    this.board.send(JSON.stringify({ id, do: verb, ...fields }))
    await this.until(`answer to ${verb}`, () => answered() !== undefined)
    const answer = answered()
    if (answer?.error !== undefined) throw new Error(`${verb}: ${answer.error}`)
    return (answer?.ok ?? {}) as Line
  }

  /** Connects, or connects anew after a reboot, with the session kept. */
  async connect(fields: Line = {}): Promise<void> {
    const before = this.count('connected')
    const { port } = this.broker
    const session = { host: '127.0.0.1', port, clientId: 'pico', session: 'kept', keepAliveS: 0 }
    await this.command('connect', { ...session, ...fields })
    await this.until('connected', () => this.count('connected') > before)
  }

  async subscribe(filter: string): Promise<void> {
    const before = this.count('subscribed')
    await this.command('subscribe', { filter, qos: 2, tag: filter })
    await this.until('subscribed', () => this.count('subscribed') > before)
  }

  /** Resolves when the client accepted the message. */
  async publish(payload: string, qos = 2, topic = 'out'): Promise<void> {
    const message = { accepted: false, told: false, id: 0, toldAt: 0 }
    this.record.outgoing.set(payload, message)
    const ok = await this.command('publish', { topic, qos, payload, retain: false, tag: payload })
    message.accepted = true
    message.id = Number(ok.packet)
  }

  /** Resolves when the application was told that these are complete. */
  async told(...payloads: string[]): Promise<void> {
    const { outgoing } = this.record
    await this.until(`told of ${payloads}`, () => payloads.every(each => outgoing.get(each)?.told))
  }

  /** The broker sends a message to the device. */
  send(payload: string, topic = 'in'): void {
    this.record.inbound.set(payload, 0)
    this.broker.send(topic, payload)
  }

  /** Resolves when no exchange is open and the board has nothing left to do for what it got. */
  async settled(): Promise<void> {
    await this.until('all exchanges complete', () => this.broker.settled)
    await this.command('ping', { nonce: 'settled' })
  }

  private count(event: string): number {
    return this.events.filter(line => line.event === event).length
  }

  private hear(text: string): void {
    const line = parse(text)
    if (!line) return
    this.events.push(line)
    if (line.event === 'published') this.note(String(line.tag))
    if (line.event === 'delivered') {
      const payload = String(line.payload)
      this.record.inbound.set(payload, (this.record.inbound.get(payload) ?? 0) + 1)
    }
    this.wake()
  }

  private note(tag: string): void {
    const message = this.record.outgoing.get(tag)
    if (!message) return
    message.told = true
    message.toldAt = this.broker.log.length
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter()
  }
}

function parse(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null ? (line as Line) : undefined
  } catch {
    return undefined
  }
}
