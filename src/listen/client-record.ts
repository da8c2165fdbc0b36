import { Redactor } from '../engine/traces/redact.ts'
import { type Allowance, TraceLog } from '../engine/traces/trace-log.ts'
import type { Breach, Finding } from '../model/finding.ts'
import type { TraceBody, TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { createJudges, type Judges } from '../oracle/judges.ts'

/** A client that does everything wrong only repeats itself. */
const findingsMax = 200
/** And what it sends may be long. */
const charactersMax = 2000

export type ClientRecordOptions = {
  version: Version
  /** Of the traces of all clients. */
  allowance: Allowance
  onEvent(event: TraceEvent): void
  onFinding(finding: Finding): void
}

/** All that happens between us and one client, over all its connections, and what the judges found in it. */
export class ClientRecord {
  readonly findings: Finding[] = []
  private readonly redactor = new Redactor()
  private readonly log: TraceLog
  private readonly judges: Judges
  private readonly options: ClientRecordOptions
  /** What was owed for too long, and told. */
  private readonly debts = new Set<string>()
  /** Since when something is owed, by what it is. */
  private readonly owedSince = new Map<string, number>()

  constructor(options: ClientRecordOptions) {
    this.options = options
    const { version, allowance } = options
    this.judges = createJudges({ target: 'client', version })
    const take = (event: TraceEvent, shown: TraceEvent) => {
      options.onEvent(shown)
      for (const breach of this.judges.observe(event)) this.find(breach)
    }
    this.log = new TraceLog(this.redactor, take, allowance)
  }

  get nowMs(): number {
    return this.log.nowMs
  }

  get lastSeq(): number {
    return this.log.lastSeq
  }

  /** How many events are held. */
  get size(): number {
    return this.log.size
  }

  /** Lets go of all events but the first and the last. */
  cut(): void {
    this.log.cut()
  }

  record(body: TraceBody): TraceEvent {
    return this.log.record(body)
  }

  events(): TraceEvent[] {
    return this.log.events()
  }

  /** Takes down a breach; one that two judges saw counts once. */
  find(breach: Breach): void {
    if (this.findings.length >= findingsMax) return
    const again = this.findings.some(
      known =>
        known.statement === breach.statement &&
        known.seq === breach.seq &&
        // One connection may owe several packets since the same moment.
        (!breach.absent || known.expected === breach.expected),
    )
    if (again) return
    const told = (text: string) => this.redactor.text(text).slice(0, charactersMax)
    const finding = {
      ...breach,
      message: told(breach.message),
      expected: told(breach.expected),
      got: told(breach.got),
      atMs: this.nowMs,
    }
    this.findings.push(finding)
    this.options.onFinding(finding)
  }

  /** Takes down what the client has owed for longer than `patienceMs`. Asked now and then. */
  overdue(patienceMs: number): void {
    const owed = new Map(this.judges.overdue().map(breach => [keyOf(breach), breach]))
    for (const key of this.owedSince.keys()) if (!owed.has(key)) this.owedSince.delete(key)
    for (const [key, breach] of owed) {
      const since = this.owedSince.get(key) ?? this.nowMs
      this.owedSince.set(key, since)
      if (this.nowMs - since < patienceMs) continue
      // What is owed on one connection after another is one debt, told where it was first due.
      const debt = `${breach.statement} ${breach.expected}`
      if (this.debts.has(debt)) continue
      this.debts.add(debt)
      this.find(breach)
    }
  }

  /** What the messages of the whole time broke. */
  close(): void {
    for (const breach of this.judges.end()) this.find(breach)
  }
}

function keyOf({ statement, seq, expected }: Breach): string {
  return `${statement} ${seq} ${expected}`
}
