import { createHash } from 'node:crypto'
import {
  type CutPoint,
  describeCutPoint,
  everyCutPoint,
  noPoints,
  type PointCounts,
} from '../targets/micropython/cut-point.ts'
import type { FlashImage } from '../targets/micropython/flash.ts'
import { BoardDriver, BoardEnded, type DrivenBoard } from './board-driver.ts'
import type { DeviceBroker } from './device-broker.ts'
import { type ApplicationRecord, type Gap, judge } from './exactly-once.ts'

/** What the device does while the power may go. It starts with connecting and ends when all is complete. */
export type Flow = { name: string; run(driver: BoardDriver): Promise<void> }

/** What is on a flash: files, or the bytes of the chip. */
export type Image = FlashImage | Uint8Array

/** A board whose power can be cut at a point. */
export type SweptBoard<I extends Image> = DrivenBoard & {
  powerCut(): Promise<void>
  reboot(how: { image: I; cutAt?: CutPoint }): Promise<void>
  /** What a power cut now would leave. */
  flash(): I
  stats(): { points: PointCounts }
}

/** Where each case starts: what is on the flash, and what the broker knows. */
export type Start<I extends Image = FlashImage> = {
  image: I
  session: ReturnType<DeviceBroker['saved']>
}

export type SweepOptions<I extends Image = FlashImage> = {
  board: SweptBoard<I>
  broker: DeviceBroker
  flow: Flow
  start: Start<I>
  /** What the client's option says about a cut between an inbound id's commit and the application; default `loses`. */
  gap?: Gap
  /** Also cut the recovery, at each of its points, from every different state that a first cut leaves. */
  twice?: boolean
  /** Of those points of a recovery only one in so many, for each state from another one on. Default: all. */
  recoveryEach?: number
  stopAtFirst?: boolean
  /** At most so many power cuts; where there are more points, they are spread over them. Default: all. */
  killsMax?: number
  /** Every so-manieth point of the flow only; what follows from a first cut is tried in full. Default: 1. */
  every?: number
  /** Called after each power cut and its recovery. */
  onCut?: (report: SweepReport) => void
  /** For each wait of a case; default 5000. */
  deadlineMs?: number
}

export type SweepReport = {
  flow: string
  /** Operations of the run without a cut. */
  operations: PointCounts
  /** Power cuts tried: once and, with `twice`, in the recovery. */
  cuts: { first: number; second: number }
  /** The same by where the power went, such as `commit torn`. */
  byPoint: { [point: string]: number }
  /** Messages that were judged, in both directions, over all cuts. */
  messages: number
  /** Different states (flash, broker, what the application knows) that a first cut left. */
  states: number
  /** Points that a run with a cut never came to; they prove nothing. */
  notReached: string[]
  /** Points in the one gap that no client can close, with the message that was hit. */
  gaps: string[]
  failures: { at: string; problems: string[]; log: string[] }[]
  durationMs: number
}

/** A state between two boots. */
type Between<I extends Image> = Start<I> & {
  received: string[]
  log: string[]
  record: ApplicationRecord
}

/**
 * Cuts the power at every socket operation and every flash commit of a flow, before and after it, boots again, lets the device recover and
 * judges the whole as exactly once.
 */
export async function sweep<I extends Image>(options: SweepOptions<I>): Promise<SweepReport> {
  const startedMs = performance.now()
  const run = new Sweep(options)
  await run.all()
  return { ...run.report, durationMs: Math.round(performance.now() - startedMs) }
}

class Sweep<I extends Image> {
  readonly report: SweepReport
  private readonly options: SweepOptions<I>
  private readonly states = new Set<string>()

  constructor(options: SweepOptions<I>) {
    this.options = options
    this.report = {
      flow: options.flow.name,
      operations: noPoints,
      byPoint: {},
      messages: 0,
      cuts: { first: 0, second: 0 },
      states: 0,
      notReached: [],
      gaps: [],
      failures: [],
      durationMs: 0,
    }
  }

  async all(): Promise<void> {
    const { report } = this
    const uncut = await this.runFlow()
    await this.recover('no cut', [], uncut)
    report.operations = this.points
    for (const point of this.spread(everyCutPoint(report.operations))) {
      if (this.enough) return
      await this.cutOnce(point)
      this.options.onCut?.(report)
    }
  }

  private spread(points: CutPoint[]): CutPoint[] {
    const { killsMax = points.length, every = 1 } = this.options
    if (every > 1) return points.filter((_, index) => index % every === 0)
    if (killsMax >= points.length) return points
    return Array.from({ length: killsMax }, (_, index) => {
      return points[Math.floor((index * points.length) / killsMax)]!
    })
  }

  private get enough(): boolean {
    const { stopAtFirst, killsMax = Number.POSITIVE_INFINITY } = this.options
    const { cuts, failures } = this.report
    return (stopAtFirst === true && failures.length > 0) || cuts.first + cuts.second >= killsMax
  }

  private points: PointCounts = noPoints

  private async cutOnce(point: CutPoint): Promise<void> {
    const at = describeCutPoint(point)
    const left = await this.runFlow(point)
    if (this.options.board.end?.why !== 'point') {
      this.report.notReached.push(at)
      return
    }
    this.report.cuts.first += 1
    this.count(point)
    await this.recover(at, [point], left)
    const state = keyOf(left)
    if (this.states.has(state)) return
    this.states.add(state)
    this.report.states += 1
    if (this.options.twice) await this.cutRecovery(at, point, left)
  }

  private count({ kind, when }: CutPoint): void {
    const { byPoint } = this.report
    const point = `${kind} ${when}`
    byPoint[point] = (byPoint[point] ?? 0) + 1
  }

  private async cutRecovery(at: string, first: CutPoint, left: Between<I>): Promise<void> {
    const uncut = await this.boot(left)
    await this.drive(uncut, resumption)
    uncut.leave()
    const { board, recoveryEach = 1 } = this.options
    for (const [index, point] of everyCutPoint(board.stats().points).entries()) {
      if (this.enough) return
      if ((index + this.report.states) % recoveryEach !== 0) continue
      const where = `${at}, then ${describeCutPoint(point)}`
      const driver = await this.boot(left, point)
      await this.drive(driver, resumption)
      if (board.end?.why !== 'point') {
        this.report.notReached.push(where)
        continue
      }
      this.report.cuts.second += 1
      this.count(point)
      await this.recover(where, [first, point], await this.leave(driver))
    }
  }

  /** Runs the flow until it is done or the power goes. */
  private async runFlow(cutAt?: CutPoint): Promise<Between<I>> {
    const { board, start } = this.options
    const empty: ApplicationRecord = { outgoing: new Map(), inbound: new Map() }
    const driver = await this.boot({ ...start, received: [], log: [], record: empty }, cutAt)
    await this.drive(driver, this.options.flow.run)
    this.points = board.stats().points
    return await this.leave(driver)
  }

  private async recover(at: string, cuts: CutPoint[], from: Between<I>): Promise<void> {
    const driver = await this.boot(from)
    const failed = await this.drive(driver, recovery)
    const { record } = driver
    this.report.messages += record.outgoing.size + record.inbound.size
    const { problems, gaps } = judge(record, this.options.broker.record(), this.excused(cuts))
    driver.leave()
    if (failed) problems.unshift(failed)
    for (const payload of gaps) this.report.gaps.push(`${at}: ${payload}`)
    if (problems.length > 0)
      this.report.failures.push({ at, problems, log: [...this.options.broker.log] })
  }

  private async boot(from: Between<I>, cutAt?: CutPoint): Promise<BoardDriver> {
    const { board, broker, deadlineMs = 5000 } = this.options
    await board.powerCut()
    broker.reset(from.session, from)
    const driver = new BoardDriver(board, broker, deadlineMs, from.record)
    await board.reboot({ image: from.image, ...(cutAt ? { cutAt } : {}) })
    return driver
  }

  private async leave(driver: BoardDriver): Promise<Between<I>> {
    const { board, broker } = this.options
    driver.leave()
    // What the board had sent when its power went arrives.
    if (board.end) await broker.quiet()
    return {
      image: board.flash(),
      session: broker.saved(),
      received: [...broker.received],
      log: [...broker.log],
      record: driver.record,
    }
  }

  /** What went wrong, if anything; that the power went is not. */
  private async drive(
    driver: BoardDriver,
    run: (driver: BoardDriver) => Promise<void>,
  ): Promise<string> {
    try {
      await run(driver)
      return ''
    } catch (error) {
      if (error instanceof BoardEnded && error.end.why === 'point') return ''
      return error instanceof Error ? error.message : String(error)
    }
  }

  /**
   * The gap lies between an inbound id's commit and the application: right after a commit where the id is stored first,
   * right before it where the application is called first.
   */
  private excused(cuts: CutPoint[]): { gap: Gap; count: number } {
    const gap = this.options.gap ?? 'loses'
    return { gap, count: cuts.filter(cut => mayHitGap(cut, gap)).length }
  }
}

function mayHitGap({ kind, when }: CutPoint, gap: Gap): boolean {
  // A write that was torn is one that was not made: the application was called, and the id is not there.
  // A commit is some programs of the flash, and an erase now and then: any of them may be its last, or its first.
  const commits = gap === 'loses' ? ['after'] : ['before', 'torn']
  const line = gap === 'loses' ? 'before' : 'after'
  switch (kind) {
    case 'commit':
      return commits.includes(when)
    case 'erase':
    case 'program':
      return true
    case 'line':
      return when === line
    case 'socket-op':
      return false
  }
}

/** Connects and completes what was open. */
async function resumption(driver: BoardDriver): Promise<void> {
  await driver.connect()
  await driver.settled()
}

/** Connects and sends a message behind all others in both directions: when they are through, so is the rest. */
async function recovery(driver: BoardDriver): Promise<void> {
  const number = driver.record.outgoing.size + driver.record.inbound.size
  const [out, back] = [`fence-out-${number}`, `fence-in-${number}`]
  await driver.connect()
  await driver.publish(out)
  driver.send(back)
  await driver.told(out)
  await driver.until('the last message is complete', () => !driver.broker.owes(back))
  await driver.command('ping', { nonce: 'recovered' })
}

function keyOf({ image, session, received, record }: Between<Image>): string {
  const hash = createHash('sha1')
  const files: FlashImage = image instanceof Map ? image : new Map([['flash', image]])
  for (const [path, bytes] of files) if (!path.endsWith('.py')) hash.update(path).update(bytes)
  const told = [...record.outgoing].map(([payload, { accepted, told }]) => [
    payload,
    accepted,
    told,
  ])
  const held = [...(session?.held ?? [])]
  const sent = [...(session?.session.flows ?? [])].map(([id, { state }]) => [id, state])
  const queued = session?.queued.map(({ id }) => id)
  const known = [received, told, [...record.inbound], held, sent, queued]
  return hash.update(JSON.stringify(known)).digest('hex')
}
