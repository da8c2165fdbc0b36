import { createCoverage } from '../explore/coverage.ts'
import type { Outcome } from '../explore/outcome.ts'
import type { Breach } from '../model/finding.ts'
import type { Recorder } from '../model/recorder.ts'
import type { TraceEvent, Unstamped } from '../model/trace.ts'
import { createJudges, type Judges, type JudgesOptions } from '../oracle/judges.ts'
import { isNothing } from '../oracle/owed.ts'
import { roundsMax } from './lane.ts'
import type { Strikes } from './strikes.ts'

/** A breach with where its exchange stood when it was found. */
export type Found = { breach: Breach; state: string }

/** The judges of one lane: everything passes through them, whether its trace is kept or not. */
export class Judging implements Recorder {
  /** Kept where somebody will look at it. */
  readonly trace: TraceEvent[] = []
  /** Events so far. */
  count = 0
  found: Found[] = []
  private readonly began = performance.now()
  private readonly judges: Judges
  /** Our own side, held to the same rules; only where the run is alone. */
  private readonly ourJudges: Judges | undefined
  readonly ourBreaches: Breach[] = []
  private readonly coverage = createCoverage()
  private readonly keep: boolean

  constructor(options: JudgesOptions & { keep: boolean }) {
    this.keep = options.keep
    this.judges = createJudges(options)
    this.ourJudges = options.keep
      ? createJudges({
          target: options.target === 'broker' ? 'client' : 'broker',
          version: options.version,
          judged: 'harness',
          hearsApp: false,
        })
      : undefined
  }

  record(body: Unstamped): TraceEvent {
    const event = body as TraceEvent
    event.seq = this.count++
    event.at = Math.round((performance.now() - this.began) * 1000) / 1000
    if (this.keep) this.trace.push(event)
    const breaches = this.judges.observe(event)
    if (this.ourJudges) this.ourBreaches.push(...this.ourJudges.observe(event))
    if (breaches.length > 0) for (const breach of breaches) this.find(breach, event)
    this.coverage.observe(event)
    return event
  }

  private find(breach: Breach, event: TraceEvent): void {
    const packet = event.kind === 'packet' ? event : undefined
    const id = packet && 'id' in packet.packet ? packet.packet.id : undefined
    const state = packet ? this.coverage.stateOf(packet.connection, id) : ''
    this.found.push({ breach, state })
  }

  get owesNothing(): boolean {
    return isNothing(this.judges.owed())
  }

  /** How much is owed: as long as it gets less, the target is slow and not silent. */
  get owed(): number {
    return [...this.judges.owed()].length
  }

  /** What is owed now is a breach. */
  close(): void {
    for (const breach of this.judges.overdue()) this.found.push({ breach, state: '' })
    for (const breach of this.judges.end()) this.found.push({ breach, state: '' })
  }

  /** As the end of a case: as long as less is owed than before, the target is slow and not silent. */
  async paidOff(isDone: () => boolean, untilDone: () => Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < roundsMax && !isDone(); turn++) {
      const { owed, count } = this
      if (await untilDone()) return
      if (this.owed >= owed && this.count === count) return
    }
  }

  /** What came of a schedule, of all that was found since the first `found`. `failure` says why nothing can be judged. */
  outcomeOf(strikes: Strikes, found: number, failure: string | undefined): Outcome {
    const own = this.found.slice(found)
    const first = own.find(({ breach }) => breach.level === 'MUST') ?? own[0]
    return {
      points: strikes.points,
      struckAt: strikes.struckAt,
      struck: strikes.struck,
      edges: this.coverage.take(),
      breaches: own.map(({ breach }) => breach),
      state: first?.state ?? '',
      trace: this.trace,
      ...(failure !== undefined && own.length === 0 ? { lost: failure } : {}),
    }
  }
}
