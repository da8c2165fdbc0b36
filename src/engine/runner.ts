import type { BoardChecks } from '../model/board-checks.ts'
import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Case } from '../scenario/ast.ts'
import { caseBytesMax, largestPayload, sentBytes } from '../scenario/checking/sent-bytes.ts'
import { type Facts, notApplicable, verbsOf } from './applicable/applicable.ts'
import { ComesAgain } from './confirming/comes-again.ts'
import { confirm, type Doubt } from './confirming/confirm.ts'
import { doesTheSame, mayRace } from './confirming/may-race.ts'
import { playRaces } from './confirming/races.ts'
import { isDoubtful } from './confirming/rests-on.ts'
import { senderOf } from './excused/other-cases.ts'
import { type Course, executeCase, notBegun, notRun } from './execute.ts'
import { Room } from './room.ts'
import { Liveness } from './survival/liveness.ts'
import { RetryOrder } from './survival/retry-order.ts'
import { isSignOfLoss } from './survival/signs-of-loss.ts'
import { type Clue, clueOf, likeliestFirst } from './survival/suspects.ts'
import { TargetLoss } from './survival/target-loss.ts'
import { isFlooded, KeptTraces } from './traces/kept-traces.ts'
import { type Budgets, budgetsAgain, promptMs } from './waiting/budgets.ts'
import { IdleCases } from './waiting/idle-cases.ts'
import { Pace } from './waiting/pace.ts'
import { ProcessStalls, type Stalls } from './waiting/process-stalls.ts'

export type RunnerOptions = {
  /** What tells for how long we stood still; default: this process. */
  stalls?: Stalls
  facts: Facts
  budgets: Budgets
  /** Letters and digits that no other run uses; with the case's number it makes client ids and topics unique. */
  nonce: string
  /** The most cases side by side: fewer are begun where answers take long. */
  jobs: number
  signal: AbortSignal
  bail: boolean
  cleanUp: boolean
  maxPacketBytes: number
  boardChecks?: BoardChecks
  replayOf(kase: Case): string
  /** Whether the target, if we can start it again, still answers a plain CONNECT. */
  serves?(): Promise<boolean>
  onStart(kase: Case): void
  onEvent?(id: string, event: TraceEvent): void
  /** A second time for a case that turned out to come and go, though it had passed or failed. */
  onDone(result: CaseResult): void
}

/** Cases that wait for a rule about time hardly cost anything while they wait. */
const waitingMax = 64
/** How often it is looked whether cases wait. */
const relieveMs = 100
/** Cases with a target process of their own cost a process each. */
const privateMax = 4
/** A case about time is believed to blame the target only if we stood still for no longer than this, in ms; else it is run again. */
const stalledMaxMs = 250
const timedRuns = 3
/** So often once nothing else is under way, which is what kept us from the clock most of the time. */
const timedRunsAlone = 3
/** So often a case is run again for which the broker had no time. */
const unavailableMax = 5
/** Cases side by side where a failure is looked at again, and not alone. */
const companyMax = 8
/** A target that floods us in so many cases does so in all, and each costs the time of reading it. */
const floodsMax = 8
/** What stands in a packet beside its payload. */
const roomForFields = 256 * 1024
/** Cases that send more than this do not run beside any number of others. */
const largeBytes = 1024 * 1024

/** A client that dies in so many cases of one scenario, one after another, dies in its others: none of them gets a verdict by being tried. */
const siblingLossesMax = 6

type Job = { kase: Case; index: number }
type Lanes = Record<ReturnType<typeof laneOf>, Job[]>
/** A case at whose end the target was lost. */
type Suspect = Job & Clue

/**
 * Runs cases side by side, each in its own client ids and topics. Cases that must wait go first and wait beside all others.
 * When the target dies or goes deaf, the cases that were running are tried on a fresh start, to name the one that does it.
 */
export async function runCases(cases: Case[], options: RunnerOptions): Promise<Outcome> {
  return new Runner(cases, options).run()
}

/** A result for each case, in their order. */
export type Outcome = {
  results: CaseResult[]
  /** What no case is to blame for: the target was lost, and by none of them alone. */
  problem?: string
}

class Runner {
  private readonly options: RunnerOptions
  private readonly cases: Case[]
  private readonly ids: string[]
  private readonly results: (CaseResult | undefined)[]
  /** Why no further case is begun. */
  private stopped: string | undefined
  private suspects: Suspect[] = []
  /** So many cases at once are not too many for the target. */
  private crowd: number | undefined
  /** What no case is to blame for, and the run nevertheless shows. */
  private problem: string | undefined
  private readonly stalls: Stalls
  private readonly idle = new IdleCases()
  private readonly traces = new KeptTraces()
  private readonly room = new Room(caseBytesMax)
  /** Cases that ended because the target sent more than is read. */
  private floods = 0
  /** Cases about time without a verdict, because we stood still: they are run again when all others are over. */
  private overtaken: { job: Job; result: CaseResult }[] = []
  /** How often each case was begun. */
  private readonly attempts = new Map<number, number>()
  private readonly pace: Pace
  /** Failures that have to come again before they are told. */
  private doubts: Doubt<Job>[] = []
  private readonly comesAgain = new ComesAgain()
  /** Cases that a race within the target may decide. */
  private readonly mayRace = new Set<number>()
  /** Cases that lost the target. */
  private readonly losers = new Set<number>()
  /** The cases under way, and what each of them met. */
  private standing: Promise<boolean> | undefined
  private readonly underWay = new Map<number, Set<string>>()
  private readonly liveness: Liveness | undefined
  private readonly loss: TargetLoss

  constructor(cases: Case[], options: RunnerOptions) {
    this.cases = cases
    this.ids = cases.map(({ id }) => id)
    this.options = options
    this.stalls = options.stalls ?? new ProcessStalls()
    this.pace = new Pace(options.jobs)
    const newest = options.facts.versions.at(-1)
    const { target } = options.facts
    this.loss = new TargetLoss(target, options.signal, options.serves)
    const shared = { target, isDeaf: () => this.loss.noteDeaf() }
    this.liveness = newest && new Liveness(options, newest, options.serves ? shared : undefined)
    this.results = cases.map(() => undefined)
  }

  async run(): Promise<Outcome> {
    this.stalls.start()
    try {
      const results = await this.runAll()
      return { results, ...(this.problem === undefined ? {} : { problem: this.problem }) }
    } finally {
      this.stalls.stop()
    }
  }

  private async runAll(): Promise<CaseResult[]> {
    const lanes: Lanes = { quick: [], waiting: [], private: [] }
    this.cases.forEach((kase, index) => {
      const why = notApplicable(kase, this.options.facts)
      if (why) this.done(index, notRun(kase, 'skipped', why, this.options.replayOf(kase)))
      else lanes[laneOf(kase)].push({ kase, index })
    })
    do {
      await this.drainAll(lanes)
      while (this.suspects.length > 0) {
        await this.afterLoss(lanes)
        if (await this.standsAgain()) await this.drainAll(lanes)
      }
      await this.confirmAll()
      await this.runOvertaken()
    } while (!this.isOver && Object.values(lanes).some(lane => lane.length > 0))
    await this.playRaces()
    return this.cases.map((kase, index) => {
      const result = this.results[index]
      if (result) return result
      const reason = this.options.signal.aborted ? notBegun : (this.stopped ?? '')
      const missing = notRun(kase, 'inconclusive', reason, this.options.replayOf(kase))
      this.options.onDone(missing)
      return missing
    })
  }

  private async drainAll(lanes: Lanes): Promise<void> {
    const { jobs } = this.options
    const { pace, crowd } = this
    const alone = this.drain(lanes.private, () => Math.min(jobs, privateMax))
    if (crowd === undefined) {
      const most = this.isSlowBoard ? jobs : Math.max(jobs, waitingMax)
      const waiting = this.drain(lanes.waiting, () =>
        pace.isSlow ? pace.limit : pace.limit === pace.max ? most : pace.limit * 4,
      )
      await Promise.all([waiting, alone, this.drainQuick(lanes.quick)])
    } else {
      lanes.quick.unshift(...lanes.waiting.splice(0))
      await Promise.all([alone, this.drain(lanes.quick, () => Math.min(pace.limit, crowd))])
    }
  }

  /** On an emulated board, each client that does nothing but wait takes its part of a processor that is slow. */
  private get isSlowBoard(): boolean {
    return this.options.facts.target.profile.settings?.board === 'emulated'
  }

  /** @param side How many side by side; asked again whenever a case has ended. */
  private async drain(queue: Job[], side: () => number): Promise<void> {
    const running = new Set<Promise<void>>()
    for (;;) {
      while (running.size < side()) {
        const job = this.next(queue)
        if (!job) break
        const one: Promise<void> = this.runOne(job).finally(() => running.delete(one))
        running.add(one)
      }
      if (running.size === 0) return
      await Promise.race([...running, this.pace.changed()])
    }
  }

  /** As `drain`, but for each case that waits for an answer that may never come another one is begun. */
  private async drainBesideIdle(queue: Job[], side: () => number): Promise<void> {
    const beside = new Set<Promise<void>>()
    const relieve = setInterval(() => {
      // Where all wait for a slow target, further cases would wait as well.
      const idle = this.pace.isSlow ? 0 : this.idle.count()
      let room = Math.min(idle, waitingMax) - beside.size
      for (; room > 0; room--) {
        const job = this.next(queue)
        if (!job) return
        const one = this.runOne(job).finally(() => beside.delete(one))
        beside.add(one)
      }
    }, relieveMs)
    try {
      await this.drain(queue, side)
      while (beside.size > 0) await Promise.all(beside)
    } finally {
      clearInterval(relieve)
    }
  }

  private next(queue: Job[]): Job | undefined {
    if (this.isOver || this.suspects.length > 0) return undefined
    // What may be the first failure is looked at before anything else is begun.
    if (this.options.bail && this.doubts.length > 0) return undefined
    return queue.shift()
  }

  /** One at a time is meant as it is said, and a board has one client. */
  private drainQuick(queue: Job[]): Promise<void> {
    const { jobs, facts } = this.options
    const side = () => this.pace.limit
    const strict = jobs === 1 || facts.target.profile.settings?.board !== undefined
    return strict ? this.drain(queue, side) : this.drainBesideIdle(queue, side)
  }

  private async runOne(job: Job): Promise<void> {
    const { kase, index } = job
    this.options.onStart(kase)
    const beside = this.begin(job)
    const first = await this.inTime(kase, index)
    if (laneOf(kase) !== 'private' && !isFlooded(first) && mayRace(first)) this.mayRace.add(index)
    const result = isFlooded(first) ? first : await this.seenTwice(job, first, beside)
    this.underWay.delete(index)
    this.idle.forget(index)
    if (laneOf(kase) !== 'private' && (await this.loss.since(isSignOfLoss(result)))) {
      this.suspects.push({ ...job, ...this.clueOf(result) })
      this.loss.endRound()
      return
    }
    if (laneOf(kase) !== 'private') this.loss.survived()
    if (this.stoodStill.has(result)) {
      this.overtaken.push({ job, result })
    } else if (isDoubtful(result) && !this.doesTheSame) {
      this.doubts.push({
        job,
        first: this.traces.keepForNow(result),
        beside: [...beside],
        waits: laneOf(kase) === 'waiting',
      })
    } else this.done(index, result)
  }

  /** A breach that is proven, once it is known whether it comes again: where it was, beside what runs there. */
  private seenTwice(job: Job, first: CaseResult, beside: Set<string>): Promise<CaseResult> {
    if (this.doesTheSame) return Promise.resolve(first)
    return this.comesAgain.judge(first, [...beside], async () =>
      this.isOver ? undefined : await this.inTime(job.kase, job.index, true),
    )
  }

  /** Notes that a case is under way; the set grows by the cases that it meets. */
  private begin({ kase, index }: Job): Set<string> {
    const beside = new Set<string>()
    for (const [other, met] of this.underWay) {
      met.add(kase.id)
      beside.add(this.cases[other]?.id ?? '')
    }
    this.underWay.set(index, beside)
    return beside
  }

  /** Cases for which this machine stood still, one after the other. */
  private async runOvertaken(): Promise<void> {
    const jobs = this.overtaken
    this.overtaken = []
    for (const { job, result } of jobs) {
      const again = this.isOver ? undefined : await this.runAgain(job, 'alone', timedRunsAlone)
      if (!this.results[job.index]) this.done(job.index, again ?? result)
    }
  }

  /** What failed by something that did not come is run again before it is told. */
  private async confirmAll(): Promise<void> {
    const doubts = this.doubts
    this.doubts = []
    if (doubts.length === 0) return
    await confirm(doubts, {
      run: (job, how) => this.runAgain(job, how),
      companyMax: Math.min(this.options.jobs, companyMax),
      done: ({ index }, result) => this.done(index, result),
    })
    for (const { job, first } of doubts) {
      if (this.results[job.index]) continue
      const reason = `it failed, and the run ended before it was looked at again: ${first.reason}`
      this.done(job.index, { ...first, verdict: 'inconclusive', reason, findings: [] })
    }
  }

  private get doesTheSame(): boolean {
    return doesTheSame(this.options.facts.target)
  }

  /** Last of all, for what was seen in the whole run says which cases depend on a race. */
  private async playRaces(): Promise<void> {
    if (this.doesTheSame || this.isOver) return
    const all = this.cases.flatMap((kase, index) => {
      const result = this.losers.has(index) ? undefined : this.results[index]
      return result ? [{ job: { kase, index }, result, mayRace: this.mayRace.has(index) }] : []
    })
    await playRaces(all, {
      play: async job => (this.isOver ? undefined : await this.runAgain(job, 'company')),
      side: Math.min(this.options.jobs, companyMax),
      told: ({ index }, result) => this.done(index, result),
    })
  }

  /** Nothing where the run is over, or the case lost the target and that is told. */
  private async runAgain(
    { kase, index }: Job,
    how: 'alone' | 'company',
    times = timedRuns,
  ): Promise<CaseResult | undefined> {
    this.standing ??= this.standsAgain().finally(() => {
      this.standing = undefined
    })
    if (!(await this.standing)) return undefined
    const result = await this.inTime(kase, index, true, times)
    this.idle.forget(index)
    if (this.options.signal.aborted) return undefined
    if (laneOf(kase) === 'private' || !(await this.loss.since(isSignOfLoss(result)))) return result
    if (how === 'company') return { ...result, verdict: 'inconclusive' }
    if (!(await this.loss.forCertain())) return result
    this.lostTarget({ kase, index }, result, 1)
    return undefined
  }

  private clueOf(result: CaseResult): Clue {
    return clueOf(result, performance.now(), promptMs(this.options.budgets))
  }

  /**
   * Where a rule about time is broken while we stood still, the case is run again: it may have been us who came late. In the end there
   * is no verdict.
   */
  private async inTime(
    kase: Case,
    index: number,
    again = false,
    times = timedRuns,
  ): Promise<CaseResult> {
    if (!verbsOf(kase.steps).has('elapse')) return this.whenServed(kase, index, again)
    for (let left = times; ; left--) {
      let course: Course | undefined
      const result = await this.whenServed(kase, index, again, begun => {
        course = begun
      })
      const stalledMs = Math.round(course?.stalledMs() ?? 0)
      const blames = result.verdict === 'fail' || result.verdict === 'warn'
      if (!blames || stalledMs <= stalledMaxMs || this.options.signal.aborted) return result
      if (left > 1) continue
      const reason = `this machine stood still for ${stalledMs} ms while time counted: ${result.reason}`
      const stood: CaseResult = { ...result, verdict: 'inconclusive', reason, findings: [] }
      this.stoodStill.add(stood)
      return stood
    }
  }

  /** Results of cases for which this machine stood still. */
  private readonly stoodStill = new WeakSet<CaseResult>()

  /** A broker that refuses a connection because it has too much to do is asked again; if it always does, that is what it does. */
  private async whenServed(
    kase: Case,
    index: number,
    again: boolean,
    onBegun?: (course: Course) => void,
  ): Promise<CaseResult> {
    for (let left = unavailableMax; ; left--) {
      let unavailable = false
      const result = await this.execute(kase, index, again, onBegun, () => {
        unavailable = true
      })
      if (!unavailable || this.options.signal.aborted) return result
      if (left > 0) continue
      if (result.verdict !== 'inconclusive') return result
      const reason = `the target says that it cannot serve just now, ${unavailableMax + 1} times: ${result.reason}`
      return { ...result, verdict: 'skipped', reason }
    }
  }

  /** Cases with large payloads wait for room: side by side they would fill the memory. */
  private async execute(
    kase: Case,
    index: number,
    again = false,
    onBegun?: (course: Course) => void,
    onUnavailable?: () => void,
  ): Promise<CaseResult> {
    const bytes = sentBytes(kase.steps)
    if (bytes < largeBytes) return this.executeNow(kase, index, again, onBegun, onUnavailable)
    const leave = await this.room.take(bytes)
    try {
      return await this.executeNow(kase, index, again, onBegun, onUnavailable)
    } finally {
      leave()
    }
  }

  private executeNow(
    kase: Case,
    index: number,
    again: boolean,
    onBegun?: (course: Course) => void,
    onUnavailable?: () => void,
  ): Promise<CaseResult> {
    const { facts, cleanUp, maxPacketBytes, boardChecks, onEvent } = this.options
    const { budgets: whole } = this.options
    const budgets = again ? budgetsAgain(whole, verbsOf(kase.steps).has('elapse')) : whole
    const signal = laneOf(kase) === 'private' ? this.options.signal : this.loss.round
    const nonce = this.nonceFor(index)
    return executeCase(kase, {
      target: facts.target,
      announced: facts.fingerprint,
      budgets,
      nonce,
      senderOf: senderOf(this.options.nonce, nonce, this.ids),
      signal,
      cleanUp,
      maxPacketBytes: Math.max(maxPacketBytes, largestPayload(kase.steps) + roomForFields),
      ...(boardChecks ? { boardChecks } : {}),
      ...(this.liveness ? { liveness: this.liveness } : {}),
      ...(facts.behind ? { behind: facts.behind } : {}),
      replay: this.options.replayOf(kase),
      stalledMs: () => this.stalls.totalMs(),
      ...(onEvent ? { onEvent: event => onEvent(kase.id, event) } : {}),
      onBegun: course => {
        if (laneOf(kase) === 'quick') this.idle.watch(index, () => course.progress())
        onBegun?.(course)
      },
      ...(onUnavailable ? { onUnavailable } : {}),
      onEnded: share => {
        if (!again) this.pace.ended(share)
      },
    })
  }

  /** A case that is run again must not meet the sessions that it left the first time. */
  private nonceFor(index: number): string {
    const again = this.attempts.get(index) ?? 0
    this.attempts.set(index, again + 1)
    const own = `${this.options.nonce}${index.toString(36).padStart(3, '0')}`
    return again === 0 ? own : `${own}${again.toString(36)}`
  }

  /** The case that loses the target, alone with it: to play it again would cost the target once more, and shows no race. */
  private lostTarget({ kase, index }: Job, result: CaseResult, running: number): void {
    this.losers.add(index)
    this.done(index, this.loss.verdictOn(result, kase, running))
  }

  private done(index: number, whole: CaseResult): void {
    const result = this.traces.keep(whole)
    this.results[index] = result
    this.options.onDone(result)
    const bad = result.verdict === 'fail' || result.verdict === 'error'
    if (isFlooded(result) && ++this.floods === floodsMax) {
      this.stopped ??= `not begun: the target floods us, in ${floodsMax} cases so far`
    }
    if (this.options.bail && bad) this.stopped ??= `not begun: --bail after ${result.id}`
  }

  /**
   * Starts the target again and tries the cases that were running, in the order of a line-up, until the one that loses it alone is named.
   * The others go on side by side with the rest. Where none does it alone it took many at once: fewer are run from then on.
   */
  private async afterLoss(lanes: Lanes): Promise<void> {
    const { running, reason } = this.takeSuspects()
    const lineup = new RetryOrder(running)
    for (let group = lineup.next(); group.length > 0; group = lineup.next()) {
      if (!(await this.standsAgain())) return
      const [only] = group
      if (only && group.length === 1) {
        if (await this.tryAlone(only, running.length)) {
          for (const job of lineup.rest().reverse()) lanes[laneOf(job.kase)].unshift(job)
          await this.trySiblings(only, lanes)
          return
        }
        lineup.cleared()
        continue
      }
      await Promise.all(group.map(job => this.runOne(job)))
      if (this.suspects.length > 0) lineup.lostBy(group.length, this.takeSuspects().running)
      else lineup.cleared()
    }
    if (this.isOver) return
    this.crowd = lineup.harmless
    this.problem ??= `the target was lost when ${running.length} cases were running, and no case does it alone: ${reason}`
  }

  /** Other cases of the scenario that loses the target may well lose it, too: each is tried alone, and nobody has to be suspected. */
  private async trySiblings({ kase }: Job, lanes: Lanes): Promise<void> {
    const isSibling = (job: Job) =>
      job.kase.suite === kase.suite && job.kase.scenario === kase.scenario
    let lost = 1
    for (const lane of [lanes.quick, lanes.waiting]) {
      const siblings = lane.filter(isSibling)
      lane.splice(0, lane.length, ...lane.filter(job => !isSibling(job)))
      for (const job of siblings) {
        const doomed = lost >= siblingLossesMax && this.options.facts.target.role === 'client'
        if (doomed)
          this.leaveOut(job, `not begun: the target died in ${lost} cases of its scenario`)
        else if (await this.standsAgain()) lost = (await this.tryAlone(job, 1)) ? lost + 1 : 0
      }
    }
  }

  private leaveOut({ kase, index }: Job, why: string): void {
    this.done(index, notRun(kase, 'inconclusive', why, this.options.replayOf(kase)))
  }

  /** Those that were running at the loss, the likeliest to have done it first, and what became of the target. Begins a new round. */
  private takeSuspects(): { running: Job[]; reason: string } {
    const running = likeliestFirst(this.suspects, this.loss.isDeaf)
    this.suspects = []
    const reason = this.loss.reason()
    this.loss.beginRound()
    return { running, reason }
  }

  /** Whether the target serves, after a start if need be; otherwise no further case is begun. */
  private async standsAgain(): Promise<boolean> {
    if (this.isOver) return false
    this.stopped = this.loss.hopeless
    if (this.stopped !== undefined) return false
    if (await this.loss.mend()) return true
    if (!this.options.signal.aborted) {
      this.stopped ??= `the target is dead and could not be started again: ${this.loss.reason()}`
    }
    return false
  }

  private get isOver(): boolean {
    return this.stopped !== undefined || this.options.signal.aborted
  }

  /** Whether the target is lost by this case alone. */
  private async tryAlone({ kase, index }: Job, side: number): Promise<boolean> {
    const result = await this.inTime(kase, index)
    const loss = await this.loss.forCertain()
    if (!loss) this.loss.survived()
    if (loss) this.lostTarget({ kase, index }, result, side)
    else this.done(index, result)
    return loss
  }
}

function laneOf(kase: Case): 'quick' | 'waiting' | 'private' {
  const verbs = verbsOf(kase.steps)
  if (verbs.has('target.restart') || verbs.has('target.sweep') || verbs.has('target.long-run'))
    return 'private'
  return verbs.has('elapse') ? 'waiting' : 'quick'
}
