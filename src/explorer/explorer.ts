import type { Budgets } from '../engine/waiting/budgets.ts'
import { type Defect, failsLike, failureKey, gravest, shapeOf } from '../explore/defect.ts'
import type { Allowed, FaultKind } from '../explore/fault.ts'
import { messagesOf } from '../explore/flow.ts'
import type { Outcome } from '../explore/outcome.ts'
import type { PointKey } from '../explore/point.ts'
import type { Chance } from '../explore/random-schedules.ts'
import { replayId } from '../explore/replay-id.ts'
import { type Atom, describeAtom, type Schedule } from '../explore/schedule.ts'
import { Search } from '../explore/search.ts'
import type { Setup } from '../explore/setup.ts'
import { shrink } from '../explore/shrink.ts'
import { type Table, tableOf, translated } from '../explore/table.ts'
import type { Tried } from '../explore/tried.ts'
import type { Lane, LaneOptions } from './lane.ts'

export type ExplorerOptions = {
  setups: readonly Setup[]
  seed: number
  depth: number
  kinds?: readonly FaultKind[]
  shard?: { index: number; count: number }
  /** When no further schedule is begun; what failed until then is still looked into. */
  signal: AbortSignal
  /** When nothing is waited for and looked into any more. */
  interrupt?: AbortSignal | undefined
  /** The search ends after so many schedules. */
  schedulesMax?: number
  /** Lanes side by side. */
  lanes: number
  budgets: Budgets
  /** Letters and digits that no other run uses. */
  nonce: string
  chance: Chance
  /** The target can be restarted and keeps its sessions. */
  restarts: boolean
  openLane(options: LaneOptions): Promise<Lane>
  corpus?: Corpus
  /** Called after every schedule. */
  onDone?(state: Explored): void
  onDefect?(defect: Defect): void
  /** The search ends at the first sure defect for which this holds. */
  endsAt?(defect: Defect): boolean
}

/** What earlier searches left, and where this one writes down what it tried. */
export type Corpus = Tried & {
  passed(setup: Setup, atoms: readonly Atom[], behind: readonly PointKey[] | undefined): void
  failed(replay: string, statement: string): void
}

export type Explored = {
  search: Search
  schedules: number
  defects: Defect[]
  /** Schedules in which nothing could be judged, with the last reason. */
  lost: { times: number; reason: string }
}

/** Failures of one kind are looked into so often; more of the same tells nothing. */
const lookedIntoMax = 3
/** As long as none of them failed alone: the first may all be late debts of schedules before them. */
const unsureMax = 12
/** Schedules tried to shrink one failure. */
const triesMax = 60
/** Ms for shrinking one failure. */
const shrinkMs = 5000
/** Ms for looking into what is left when the time of the search is over. */
const afterMs = 20_000
/** In a row without a connection: the target is gone. */
const lostMax = 200
const maxPacketBytes = 1024 * 1024

/** Runs schedules in many lanes side by side, looks into what fails, and shrinks it. */
export async function explore(options: ExplorerOptions): Promise<Explored> {
  return new Explorer(options).run()
}

/** Runs one schedule alone, on new sessions, and keeps its trace: what it breaks is told, whatever it is. */
export async function replayAlone(options: ExplorerOptions, schedule: Schedule): Promise<Explored> {
  return new Explorer(options).replay(schedule)
}

/** Among others to find, alone to shrink, patient to be sure. */
type How = 'among others' | 'alone' | 'alone, patient'

type Suspect = { schedule: Schedule; outcome: Outcome; before: Schedule[] }

class Explorer {
  private readonly options: ExplorerOptions
  private readonly state: Explored
  private readonly tables = new Map<string, Promise<Table | undefined>>()
  private readonly suspects: Suspect[] = []
  private readonly seen = new Map<string, number>()
  private readonly byKey = new Map<string, Defect>()
  private lanes = 0
  private readonly openLanes = new Set<Lane>()
  private lostInARow = 0
  private waiters: (() => void)[] = []
  private looking: Promise<void> | undefined
  private stopped = false
  /** When the time of the search was over, by `performance.now()`; 0 before. */
  private overSince = 0

  constructor(options: ExplorerOptions) {
    this.options = options
    const { corpus } = options
    const search = new Search({
      setups: options.setups,
      seed: options.seed,
      depth: options.depth,
      allowedOf: setup => this.allowed(setup),
      chance: options.chance,
      ...(options.shard ? { shard: options.shard } : {}),
      ...(corpus ? { tried: corpus } : {}),
    })
    this.state = { search, schedules: 0, defects: [], lost: { times: 0, reason: '' } }
  }

  async run(): Promise<Explored> {
    const { signal, interrupt, lanes } = this.options
    const wake = () => this.wake()
    const leave = () => this.leave()
    signal.addEventListener('abort', wake)
    interrupt?.addEventListener('abort', leave)
    if (interrupt?.aborted) leave()
    try {
      await Promise.all(Array.from({ length: lanes }, () => this.work()))
      await this.looking
      return this.state
    } finally {
      signal.removeEventListener('abort', wake)
      interrupt?.removeEventListener('abort', leave)
    }
  }

  /** Somebody interrupts: what is proven stays, and nothing else is tried. */
  private leave(): void {
    this.stopped = true
    for (const lane of this.openLanes) lane.interrupt()
    this.wake()
  }

  async replay(schedule: Schedule): Promise<Explored> {
    const { search } = this.state
    // The passing run makes the table that the atoms are numbered in.
    await this.tableFor(schedule.setup, schedule.messages)
    const outcome = await this.alone(schedule, 'alone, patient')
    search.replayed(schedule, outcome)
    this.state.schedules = outcome.lost === undefined ? 1 : 0
    if (outcome.lost !== undefined) this.state.lost = { times: 1, reason: outcome.lost }
    const breach = gravest(outcome)
    if (breach) await this.tell(schedule, outcome, failureKey(breach), true)
    return this.state
  }

  private get isOver(): boolean {
    const { signal, schedulesMax = Number.POSITIVE_INFINITY } = this.options
    const { search, schedules } = this.state
    return this.stopped || signal.aborted || search.isOver || schedules >= schedulesMax
  }

  /** One lane after the other, each for as long as its sessions may go on. */
  private async work(): Promise<void> {
    const { search } = this.state
    let lane: Lane | undefined
    let before: Schedule[] = []
    while (!this.isOver) {
      const schedule = search.next(lane?.setup.index)
      if (!schedule) {
        await new Promise<void>(resolve => this.waiters.push(resolve))
        continue
      }
      if (!lane || !this.mayGoOn(lane, schedule)) {
        const left = lane
        lane = undefined
        if (left) await this.close(left)
        lane = await this.open(schedule, 'among others')
        before = []
      }
      const outcome = await lane.run(this.atomsOf(schedule))
      before.push(schedule)
      this.done(schedule, outcome, before)
    }
    if (lane) await this.close(lane)
  }

  private mayGoOn(lane: Lane, { setup, atoms }: Schedule): boolean {
    if (lane.isSpent || lane.setup.index !== setup) return false
    const table = this.state.search.tableOf(setup)
    const needsNew = atoms.some(index => table?.atoms[index]?.point.begin)
    return !needsNew || lane.isNew
  }

  private atomsOf({ setup, atoms }: Schedule) {
    const table = this.state.search.tableOf(setup)
    return atoms.flatMap(index => table?.atoms[index] ?? [])
  }

  private done(schedule: Schedule, outcome: Outcome, before: Schedule[]): void {
    const { state } = this
    state.search.done(schedule, outcome)
    if (outcome.lost !== undefined) {
      state.lost.times += 1
      state.lost.reason = outcome.lost
      this.lostInARow += 1
      if (this.lostInARow > lostMax) this.stopped = true
    } else {
      this.lostInARow = 0
      state.schedules += 1
      const breach = gravest(outcome)
      if (!breach) this.passed(schedule)
      if (breach) this.suspect({ schedule, outcome, before: [...before] }, failureKey(breach))
    }
    this.options.onDone?.(state)
    this.wake()
  }

  private passed(schedule: Schedule): void {
    const { corpus } = this.options
    if (!corpus || schedule.atoms.length === 0) return
    const behind = this.state.search.behind(schedule)
    corpus.passed(this.setup(schedule.setup), this.atomsOf(schedule), behind)
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve()
  }

  // ---- looking into what failed

  private suspect(suspect: Suspect, key: string): void {
    const times = (this.seen.get(key) ?? 0) + 1
    this.seen.set(key, times)
    for (const defect of this.byKey.values()) if (defect.failure === key) defect.times += 1
    const sure = [...this.byKey.values()].some(one => one.failure === key && one.stable)
    if (times > (sure ? lookedIntoMax : unsureMax) || this.stopped) return
    this.suspects.push(suspect)
    this.looking ??= this.look().finally(() => {
      this.looking = undefined
    })
  }

  private async look(): Promise<void> {
    for (let next = this.suspects.shift(); next; next = this.suspects.shift()) {
      if (this.stopped) return
      const { aborted } = this.options.signal
      // The time is over: what is known already tells nothing new.
      if (aborted) this.overSince ||= performance.now()
      if (aborted && performance.now() - this.overSince > afterMs) return
      if (aborted && this.isKnown(next)) continue
      await this.lookInto(next)
    }
  }

  private isKnown({ outcome }: Suspect): boolean {
    const breach = gravest(outcome)
    const key = breach && failureKey(breach)
    return [...this.byKey.values()].some(({ failure }) => failure === key)
  }

  private async lookInto({ schedule, outcome, before }: Suspect): Promise<void> {
    const breach = gravest(outcome)
    if (!breach) return
    const failure = failureKey(breach)
    const guilty = await this.guilty(schedule, before, failure)
    if (!guilty) return this.tell(schedule, outcome, failure, false)
    const until = performance.now() + shrinkMs
    const least = await shrink(this.options.chance, guilty, {
      fails: async one =>
        performance.now() < until &&
        !this.isInterrupted &&
        failsLike(await this.alone(one), failure) !== undefined,
      tableFor: messages => this.tableFor(guilty.setup, messages),
      triesMax,
    })
    const last = await this.alone(least, 'alone, patient')
    const stable = failsLike(last, failure) !== undefined
    await this.tell(least, stable ? last : outcome, failure, stable)
  }

  /**
   * The schedule that fails alone: this one, or one of the two before it on the same sessions, whose debt came late, or this one where an
   * undisturbed round goes before it on the same sessions, as it did: some things go wrong only where an id is in use again.
   */
  private async guilty(
    schedule: Schedule,
    before: Schedule[],
    failure: string,
  ): Promise<Schedule | undefined> {
    const again = before.length > 1 ? await this.withRoundBefore(schedule) : undefined
    for (const one of [schedule, again, before.at(-2), before.at(-3), schedule]) {
      if (this.isInterrupted) return undefined
      if (one && failsLike(await this.alone(one), failure)) return one
    }
    return undefined
  }

  /** The same faults in the setup that differs only by that round. */
  private async withRoundBefore(schedule: Schedule): Promise<Schedule | undefined> {
    const { flow, version, manner } = this.setup(schedule.setup)
    const other = this.options.setups.find(
      setup =>
        setup.flow === flow &&
        setup.version === version &&
        setup.manner.back === manner.back &&
        setup.manner.before > manner.before,
    )
    const from = await this.tableFor(schedule.setup, schedule.messages)
    const to = other && (await this.tableFor(other.index, schedule.messages))
    if (!from || !to) return undefined
    const atoms = translated(schedule.atoms, from, to)
    return atoms && { ...schedule, setup: other.index, atoms }
  }

  private async tell(
    schedule: Schedule,
    outcome: Outcome,
    failure: string,
    stable: boolean,
  ): Promise<void> {
    const breach = failsLike(outcome, failure) ?? gravest(outcome)
    if (!breach) return
    const table = await this.tableFor(schedule.setup, schedule.messages)
    const atoms = schedule.atoms.flatMap(index => table?.atoms[index] ?? [])
    const shape = shapeOf(atoms)
    const key = `${breach.statement} | ${outcome.state} | ${shape} | ${stable}`
    const known = this.byKey.get(key)
    if (known) {
      known.times += 1
      return
    }
    const defect: Defect = {
      key,
      failure,
      statement: breach.statement,
      breach,
      state: outcome.state,
      shape,
      schedule,
      atoms: atoms.map(describeAtom),
      times: 1,
      stable,
      replay: replayId(this.options.seed, schedule),
      trace: outcome.trace,
    }
    this.byKey.set(key, defect)
    this.state.defects.push(defect)
    this.options.corpus?.failed(defect.replay, defect.statement)
    this.options.onDefect?.(defect)
    if (stable && this.options.endsAt?.(defect)) {
      this.stopped = true
      // Lanes may wait for a schedule that nobody gives out any more.
      this.wake()
    }
    this.options.onDone?.(this.state)
  }

  private async alone(schedule: Schedule, how: How = 'alone'): Promise<Outcome> {
    const table = await this.tableFor(schedule.setup, schedule.messages)
    const lane = await this.open(schedule, how)
    try {
      return await lane.run(schedule.atoms.flatMap(index => table?.atoms[index] ?? []))
    } finally {
      await this.close(lane)
    }
  }

  /** The table of a setup with so many messages, from a passing run of its own where the search has none. */
  tableFor(setup: number, messages: number): Promise<Table | undefined> {
    const whole = this.state.search.tableOf(setup)
    const found = this.setup(setup)
    if (whole && messages === messagesOf(found.flow)) return Promise.resolve(whole)
    const key = `${setup}:${messages}`
    const known = this.tables.get(key) ?? this.makeTable(found, messages)
    this.tables.set(key, known)
    return known
  }

  private async makeTable(setup: Setup, messages: number): Promise<Table | undefined> {
    const lane = await this.open({ setup: setup.index, messages, atoms: [] }, 'alone')
    try {
      const { points } = await lane.run([])
      return points.length > 0 ? tableOf(points, this.allowed(setup)) : undefined
    } finally {
      await this.close(lane)
    }
  }

  private async open({ setup, messages }: Schedule, how: How): Promise<Lane> {
    const { nonce, budgets, signal, openLane } = this.options
    this.lanes += 1
    const lane = await openLane({
      setup: this.setup(setup),
      messages,
      budgets,
      signal,
      nonce: `${nonce}${this.lanes.toString(36).padStart(4, '0')}`,
      maxPacketBytes,
      alone: how !== 'among others',
      patient: how === 'alone, patient',
    })
    this.openLanes.add(lane)
    if (this.isInterrupted) lane.interrupt()
    return lane
  }

  private async close(lane: Lane): Promise<void> {
    // It is still interrupted while it closes: it waits for the target there, too.
    await lane.close()
    this.openLanes.delete(lane)
  }

  private get isInterrupted(): boolean {
    return this.options.interrupt?.aborted === true
  }

  private setup(index: number): Setup {
    const found = this.options.setups.find(setup => setup.index === index)
    if (!found) throw new RangeError(`no setup ${index}`)
    return found
  }

  private allowed(setup: Setup): Allowed {
    const { kinds, restarts } = this.options
    return {
      role: setup.flow.role,
      version: setup.version,
      restarts,
      ...(kinds ? { kinds } : {}),
    }
  }
}
