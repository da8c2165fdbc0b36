import { type EdgeName, edgeNames } from './edges.ts'
import type { Allowed } from './fault.ts'
import { messagesOf } from './flow.ts'
import { byRank, ranksOf } from './novelty.ts'
import type { Outcome } from './outcome.ts'
import { keyOf, type PointKey } from './point.ts'
import { type Chance, randomAtoms } from './random-schedules.ts'
import type { Schedule } from './schedule.ts'
import { caseIdOf, type Setup } from './setup.ts'
import { type Table, tableOf } from './table.ts'
import type { Tried } from './tried.ts'

/**
 * The order in which schedules are tried; a stage begins when the one before has nothing left. Only `passing` is no stage of its own: the
 * passing run of a setup comes before its first single fault.
 */
export const stages = [
  'passing',
  'singles',
  'byte cuts',
  'pairs',
  'pairs with byte cuts',
  'chance',
] as const
export type Stage = (typeof stages)[number]

export type SearchOptions = {
  setups: readonly Setup[]
  seed: number
  /** The most faults of one schedule: 1 singles, 2 pairs too, 3 and more by chance. */
  depth: number
  allowedOf(setup: Setup): Allowed
  chance: Chance
  /** This part of several, counted from 1. */
  shard?: { index: number; count: number }
  /** What earlier searches tried: skipped. */
  tried?: Tried
}

export type Counts = Record<Stage, number>

const pairsStage = stages.indexOf('pairs')

/** One schedule of so many is bred from those that reached something new, by one fault more. */
const breedEvery = 8
/** So many draws in a row that were tried before end the drawing: there is little left. */
const skippedMax = 10_000
/** A worker stays with one setup for so long: its sessions go on. */
const stay = 48

/**
 * Says which schedule to try next and learns from what came of it. All single faults of all setups come first, then all pairs, in
 * which the second fault lies behind the first and may be of its making, then chance. Pairs whose first fault reached something new do not
 * wait for that: some of them are tried in between.
 */
export class Search {
  readonly counts: Counts
  /** Edges by case id, with how many schedules took each. */
  readonly taken = new Map<string, Map<EdgeName, number>>()
  /** Schedules by case id. */
  readonly ran = new Map<string, number>()
  /** Points that the passing runs came to. */
  points = 0
  private readonly options: SearchOptions
  private readonly queues: Queue[]
  /** Setups in the plainest manner whose passing run is still to come. */
  private readonly untouched: Queue[]
  private stage = stages.indexOf('singles')
  private given = 0
  private outstanding = 0

  constructor(options: SearchOptions) {
    this.options = options
    this.counts = Object.fromEntries(stages.map(stage => [stage, 0])) as Counts
    this.queues = options.setups.map(setup => new Queue(setup, options))
    this.untouched = this.queues.filter(({ setup }) => mannerOf(setup) === 0)
  }

  /** The next schedule; undefined where there is none now. `current` is the setup whose sessions the asker has open. */
  next(current?: number): Schedule | undefined {
    const bred = this.breed(current)
    const schedule = bred ?? this.nextInStage(current)
    if (!schedule) return undefined
    this.given += 1
    this.outstanding += 1
    return schedule
  }

  /** Nothing is left, and nothing under way that could bring more. */
  get isOver(): boolean {
    return this.outstanding === 0 && this.stage >= this.lastStage
  }

  get stageName(): Stage {
    return stages[Math.min(this.stage, stages.length - 1)]!
  }

  tableOf(setup: number): Table | undefined {
    return this.queueOf(setup)?.table
  }

  /** The points that came behind a single fault. */
  behind({ setup, atoms }: Schedule): readonly PointKey[] | undefined {
    const queue = this.queueOf(setup)
    const [single] = atoms
    if (!queue || single === undefined || atoms.length > 1) return undefined
    return queue.behind(single)?.map(at => queue.table!.points[at]!.key)
  }

  /** What came of it. */
  done(schedule: Schedule, outcome: Outcome): void {
    this.outstanding -= 1
    const queue = this.queueOf(schedule.setup)
    if (!queue) return
    if (outcome.lost !== undefined) {
      queue.give(schedule)
      return
    }
    this.counts[queue.learn(schedule, outcome)] += 1
    if (schedule.atoms.length === 0) this.points += outcome.points.length
    this.count(queue.setup, outcome.edges)
  }

  /** A schedule that did not come from here. */
  replayed({ setup }: Schedule, { edges }: Outcome): void {
    const queue = this.queueOf(setup)
    if (queue) this.count(queue.setup, edges)
  }

  private count(setup: Setup, edges: ReadonlySet<EdgeName>): void {
    const id = caseIdOf(setup)
    this.ran.set(id, (this.ran.get(id) ?? 0) + 1)
    const counts = this.taken.get(id) ?? new Map<EdgeName, number>()
    this.taken.set(id, counts)
    for (const edge of edges) counts.set(edge, (counts.get(edge) ?? 0) + 1)
  }

  private get lastStage(): number {
    const { depth } = this.options
    return depth === 1 ? 3 : depth === 2 ? 5 : 6
  }

  private breed(current: number | undefined): Schedule | undefined {
    const { depth } = this.options
    if (depth < 2 || this.given % breedEvery !== 0) return undefined
    const queue = current === undefined ? undefined : this.queueOf(current)
    return this.stage < pairsStage ? queue?.bredPair() : depth < 3 ? undefined : queue?.bred()
  }

  private nextInStage(current: number | undefined): Schedule | undefined {
    // What goes wrong although nothing does is found first, and every flow gets as far.
    const first = this.untouched.shift()?.next('singles')
    if (first) return first
    while (this.stage < this.lastStage) {
      const stage = stages[this.stage]!
      const own = current === undefined ? undefined : this.queueOf(current)
      if (own && own.inARow < stay) {
        const schedule = own.next(stage)
        if (schedule) {
          own.inARow += 1
          return schedule
        }
      }
      if (own) own.inARow = 0
      // The setup that has had the least comes next; of several, one of a flow and version that has had the least in all manners.
      const waiting = this.queues
        .filter(queue => !queue.isDry(stage))
        .sort((a, b) => turnOf(a) - turnOf(b) || mannerOf(a.setup) - mannerOf(b.setup))
      for (const queue of waiting) {
        const schedule = queue.next(stage)
        if (schedule) return schedule
      }
      // What is under way may still bring points to strike.
      if (this.stage < 4 && this.outstanding > 0) return undefined
      this.stage += 1
    }
    return undefined
  }

  private queueOf(setup: number): Queue | undefined {
    return this.queues.find(queue => queue.setup.index === setup)
  }
}

/** The plainest manner has two turns where each of the others has one: most of what shows in them shows in it. */
function turnOf({ given, setup }: Queue): number {
  return mannerOf(setup) === 0 ? given / 2 : given
}

/** Every flow is tried in the plainest manner before any is in another. */
function mannerOf({ manner }: Setup): number {
  return 2 * manner.before + (manner.back === 'at once' ? 0 : 1)
}

/** The schedules of one setup. */
class Queue {
  readonly setup: Setup
  table: Table | undefined
  /** By atom: when its turn comes. */
  private ranks: readonly number[] = []
  /** The passing run did not even end: there is nothing to strike. */
  broken = false
  /** The passing run is under way, or over. */
  private asked = false
  inARow = 0
  given = 0
  private readonly options: SearchOptions
  private readonly messages: number
  private readonly streams = new Map<Stage, Iterator<Schedule>>()
  private readonly dry = new Set<Stage>()
  private readonly again: Schedule[] = []
  /** Points behind each single fault. */
  private readonly after = new Map<number, readonly number[]>()
  private readonly seen = new Set<string>()
  /** Schedules that reached what none before had reached. */
  private readonly bases: Schedule[] = []
  /** For each of them that has one fault: the second faults that are still to be bred with it. */
  private readonly partners: Generator<Schedule>[] = []
  /** Pairs that were given out. */
  private readonly paired = new Set<number>()
  private drawn: (readonly number[])[] = []
  private draws = 0

  constructor(setup: Setup, options: SearchOptions) {
    this.setup = setup
    this.options = options
    this.messages = messagesOf(setup.flow)
  }

  isDry(stage: Stage): boolean {
    return (this.dry.has(stage) || this.broken) && this.again.length === 0
  }

  next(stage: Stage): Schedule | undefined {
    const again = this.again.pop()
    if (again) return again
    if (this.dry.has(stage) || this.broken) return undefined
    if (!this.table) {
      // Its points are what everything else is made of.
      if (this.asked) return undefined
      this.asked = true
      this.given += 1
      return this.of([])
    }
    const stream = this.streams.get(stage) ?? this.streamOf(stage)
    this.streams.set(stage, stream)
    let skipped = 0
    for (let step = stream.next(); !step.done; step = stream.next()) {
      if (this.wasTried(step.value)) {
        skipped += 1
        if (stage === 'chance' && skipped > skippedMax) break
        continue
      }
      this.given += 1
      return step.value
    }
    this.dry.add(stage)
    return undefined
  }

  /** An earlier search tried it: what it saw behind a single fault is known. */
  private wasTried({ atoms }: Schedule): boolean {
    const { tried } = this.options
    if (!tried) return false
    const { setup } = this
    const { atoms: all, byKey } = this.table!
    const own = atoms.map(index => all[index]!)
    if (!tried.has(setup, own)) return false
    const [single, ...more] = own
    const known = single && more.length === 0 ? tried.behind(setup, single) : undefined
    if (single && known) {
      const behind = known.flatMap(key => byKey.get(key) ?? [])
      this.after.set(single.index, behind)
    }
    return true
  }

  give(schedule: Schedule): void {
    this.again.push(schedule)
  }

  learn(schedule: Schedule, outcome: Outcome): Stage {
    const { atoms } = schedule
    const stage = this.stageOf(schedule)
    if (atoms.length === 0) {
      if (outcome.points.length === 0) this.broken = true
      else {
        this.table = tableOf(outcome.points, this.options.allowedOf(this.setup))
        this.ranks = ranksOf(this.table.atoms)
      }
      return stage
    }
    const { table } = this
    if (!table) return stage
    const behind = outcome.points.slice(outcome.struckAt).flatMap(point => {
      const at = table.byKey.get(keyOf(point))
      return at === undefined ? [] : [at]
    })
    if (atoms.length === 1 && outcome.struck === 1) this.after.set(atoms[0]!, behind)
    if (outcome.struck === atoms.length && this.isNew(outcome)) {
      this.bases.push(schedule)
      if (atoms.length === 1) this.partners.push(this.partnersOf(atoms[0]!))
    }
    return stage
  }

  /** Whether no schedule before took this set of edges in a run of so many points. */
  private isNew({ edges, points }: Outcome): boolean {
    let set = 0n
    for (const edge of edges) set |= bitOf(edge)
    const signature = `${set.toString(36)} ${points.length}`
    if (this.seen.has(signature)) return false
    this.seen.add(signature)
    return true
  }

  behind(atom: number): readonly number[] | undefined {
    return this.after.get(atom)
  }

  /** A single fault that reached something new, with one behind it: each of those that did has its turn. */
  bredPair(): Schedule | undefined {
    for (let partners = this.partners.shift(); partners; partners = this.partners.shift()) {
      const pair = partners.next()
      if (pair.done) continue
      this.partners.push(partners)
      if (this.wasTried(pair.value)) continue
      this.given += 1
      return pair.value
    }
    return undefined
  }

  /** What befalls packets that the fault has brought about comes first: nothing else reaches them. */
  private *partnersOf(first: number): Generator<Schedule> {
    const { points } = this.table!
    const behind = this.after.get(first) ?? []
    for (const ofItsMaking of [true, false]) {
      const atoms = behind.flatMap(at =>
        points[at]!.passing === ofItsMaking ? [] : points[at]!.atoms,
      )
      for (const second of byRank(atoms, this.ranks)) {
        if (second === first || this.isByteCut(second) || !this.isNewPair(first, second)) continue
        yield this.of([first, second])
      }
    }
  }

  private isNewPair(first: number, second: number): boolean {
    const key = first * 0x100000 + second
    if (this.paired.has(key)) return false
    this.paired.add(key)
    return true
  }

  /** A schedule that reached something new, with a fault more. */
  bred(): Schedule | undefined {
    const { table, bases } = this
    if (!table || bases.length === 0) return undefined
    const base = bases[this.draws++ % bases.length]!
    if (base.atoms.length >= this.options.depth) return undefined
    const [extra] = this.draw()
    if (extra === undefined || base.atoms.includes(extra)) return undefined
    this.given += 1
    return this.of([...base.atoms, extra])
  }

  private draw(): readonly number[] {
    const { chance, seed, depth } = this.options
    if (this.drawn.length === 0) {
      this.drawn = randomAtoms(chance, {
        seed: (seed + this.setup.index * 7919 + this.draws * 104_729) >>> 0,
        atoms: this.table!.atoms.length,
        most: depth,
      })
    }
    this.draws += 1
    return this.drawn.pop() ?? []
  }

  private stageOf({ atoms }: Schedule): Stage {
    const bytes = atoms.some(index => this.isByteCut(index))
    if (atoms.length === 0) return 'passing'
    if (atoms.length === 1) return bytes ? 'byte cuts' : 'singles'
    if (atoms.length === 2) return bytes ? 'pairs with byte cuts' : 'pairs'
    return 'chance'
  }

  private isByteCut(index: number): boolean {
    return this.table?.atoms[index]?.fault.kind === 'cut-inside'
  }

  private of(atoms: readonly number[]): Schedule {
    return { setup: this.setup.index, messages: this.messages, atoms }
  }

  private *streamOf(stage: Stage): Generator<Schedule> {
    switch (stage) {
      case 'passing':
        return
      case 'singles':
        yield* this.mine(this.singles(false))
        return
      case 'byte cuts':
        yield* this.mine(this.singles(true))
        return
      case 'pairs':
        yield* this.pairs(false)
        return
      case 'pairs with byte cuts':
        yield* this.pairs(true)
        return
      case 'chance':
        yield* this.chance()
        return
    }
  }

  /** Of several parts each takes what falls to it; all of them need the passing runs. */
  private *mine(all: Generator<Schedule>): Generator<Schedule> {
    const { shard } = this.options
    let turn = 0
    for (const schedule of all) {
      if (!shard || turn++ % shard.count === shard.index - 1) yield schedule
    }
  }

  private *singles(byteCuts: boolean): Generator<Schedule> {
    const { points } = this.table!
    const all = points.flatMap(({ passing, point, atoms }) =>
      passing && this.mayStrike(point.begin) ? atoms : [],
    )
    for (const index of byRank(all, this.ranks)) {
      if (this.isByteCut(index) === byteCuts) yield this.of([index])
    }
  }

  /** Sessions that go on have their beginning behind them. */
  private mayStrike(begin: boolean): boolean {
    return !begin || this.setup.manner.before === 0
  }

  /** Two faults that come early in their own rounds come together early. */
  private *pairs(byteCuts: boolean): Generator<Schedule> {
    // Singles of other parts are not known here: each part pairs its own.
    const firsts = byRank([...this.after.keys()], this.ranks)
    const highest = Math.max(0, ...this.ranks)
    for (let sum = 0; sum <= 2 * highest; sum++) {
      for (const first of firsts) {
        const rank = sum - this.ranks[first]!
        if (rank < 0) break
        for (const second of this.secondsOf(first, rank)) {
          if ((this.isByteCut(first) || this.isByteCut(second)) !== byteCuts) continue
          if (!this.isNewPair(first, second)) continue
          yield this.of([first, second])
        }
      }
    }
  }

  private *secondsOf(first: number, rank: number): Generator<number> {
    const { points } = this.table!
    for (const at of this.after.get(first) ?? []) {
      for (const second of points[at]!.atoms) {
        if (second !== first && this.ranks[second] === rank) yield second
      }
    }
  }

  private *chance(): Generator<Schedule> {
    for (;;) {
      const atoms = this.draw()
      if (atoms.length === 0) return
      yield this.of(atoms)
    }
  }
}

const bits = new Map<EdgeName, bigint>(edgeNames.map((name, at) => [name, 1n << BigInt(at)]))

function bitOf(edge: EdgeName): bigint {
  return bits.get(edge) ?? 0n
}
