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
  /** The target is a board whose power we can cut. */
  power?: boolean
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
/** The most faults of two schedules that are tried in one. */
const togetherMax = 3
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

type Suspect = { schedule: Schedule; outcome: Outcome; before: Schedule[]; failure: string }

class Explorer {
  private readonly options: ExplorerOptions
  private readonly state: Explored
  private readonly tables = new Map<string, Promise<Table | undefined>>()
  private readonly suspects: Suspect[] = []
  private readonly seen = new Map<string, number>()
  /** How often a failure was looked into. */
  private readonly looked = new Map<string, number>()
  private readonly byKey = new Map<string, Defect>()
  private lanes = 0
  private readonly openLanes = new Set<Lane>()
  private lostInARow = 0
  /** Schedules under way in lanes of the search. */
  private running = 0
  /** One is looked into with the target to itself: no other begins. */
  private apart = false
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
      const schedule = this.apart ? undefined : search.next(lane?.setup.index)
      if (!schedule) {
        await this.woken()
        continue
      }
      this.running += 1
      if (!lane || !this.mayGoOn(lane, schedule)) {
        const left = lane
        lane = undefined
        if (left) await this.close(left)
        lane = await this.open(schedule, 'among others')
        before = []
      }
      const outcome = await lane.run(this.atomsOf(schedule))
      this.running -= 1
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
      if (breach)
        this.suspect({ schedule, outcome, before: [...before], failure: failureKey(breach) })
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

  private woken(): Promise<void> {
    return new Promise(resolve => this.waiters.push(resolve))
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve()
  }

  // ---- looking into what failed

  private suspect(suspect: Suspect): void {
    const key = suspect.failure
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
    for (let next = this.leastLooked(); next; next = this.leastLooked()) {
      if (this.stopped) return
      const { aborted } = this.options.signal
      // The time is over: what is known already tells nothing new.
      if (aborted) this.overSince ||= performance.now()
      if (aborted && performance.now() - this.overSince > afterMs) return
      if (aborted && this.isKnown(next)) continue
      await this.lookInto(next)
    }
  }

  /** The next of those that wait, of the failure that was looked into least: one that fails everywhere keeps no other waiting. */
  private leastLooked(): Suspect | undefined {
    const times = ({ failure }: Suspect) => this.looked.get(failure) ?? 0
    const least = Math.min(...this.suspects.map(times))
    const at = this.suspects.findIndex(suspect => times(suspect) === least)
    if (at < 0) return undefined
    const [next] = this.suspects.splice(at, 1)
    if (next) this.looked.set(next.failure, least + 1)
    return next
  }

  private isKnown({ failure }: Suspect): boolean {
    return [...this.byKey.values()].some(defect => defect.failure === failure)
  }

  private async lookInto({ schedule, outcome, before, failure }: Suspect): Promise<void> {
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
    // What shrank beside other lanes may have failed by their load.
    for (const one of least === guilty ? [guilty] : [least, guilty]) {
      const last = await this.byItself(one)
      if (failsLike(last, failure)) return this.tell(one, last, failure, true)
    }
    await this.tell(guilty, outcome, failure, false)
  }

  /** With nothing else under way: the time that an answer takes is the target's own. */
  private async byItself(schedule: Schedule): Promise<Outcome> {
    this.apart = true
    try {
      while (this.running > 0) await this.woken()
      return await this.alone(schedule, 'alone, patient')
    } finally {
      this.apart = false
      this.wake()
    }
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
    return this.guiltyTogether(schedule, before, failure)
  }

  /** Faults of a schedule that passed on the same sessions, and of this one, in one round: what the first left behind shows in the second. */
  private async guiltyTogether(
    schedule: Schedule,
    before: Schedule[],
    failure: string,
  ): Promise<Schedule | undefined> {
    const until = performance.now() + shrinkMs
    for (const earlier of before.slice(0, -1).reverse()) {
      const atoms = [...new Set([...earlier.atoms, ...schedule.atoms])]
      if (earlier.atoms.length === 0 || atoms.length > togetherMax) continue
      if (this.isInterrupted || performance.now() > until) return undefined
      const together = { ...schedule, atoms }
      if (failsLike(await this.alone(together), failure)) return together
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
    const alike = this.state.defects.filter(one => one.failure === failure)
    // The same failure that is sure elsewhere: nothing is open about it.
    if (!stable && alike.some(one => one.stable)) return
    if (stable) for (const one of alike) if (!one.stable) this.forget(one)
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

  private forget(unsure: Defect): void {
    this.byKey.delete(unsure.key)
    this.state.defects.splice(this.state.defects.indexOf(unsure), 1)
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
    const { kinds, restarts, power = false } = this.options
    return {
      role: setup.flow.role,
      version: setup.version,
      restarts,
      power,
      ...(kinds ? { kinds } : {}),
    }
  }
}
