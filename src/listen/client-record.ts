import { Redactor } from '../engine/traces/redact.ts'
import { type Allowance, TraceLog } from '../engine/traces/trace-log.ts'
import type { Breach, Finding } from '../model/finding.ts'
import type { TraceBody, TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { createJudges, type Judges } from '../oracle/judges.ts'
import type { FindingTexts } from './rooms.ts'

/** A client that does everything wrong only repeats itself. */
const findingsMax = 200
/** And what it sends may be long. */
const charactersMax = 2000
/** What a debt takes that is remembered, about. */
const debtBytes = 200

export type ClientRecordOptions = {
  version: Version
  /** Of the traces of all clients. */
  allowance: Allowance
  /** Of the findings of all clients. */
  texts: FindingTexts
  onEvent(event: TraceEvent): void
  onFinding(finding: Finding): void
}

/** All that happens between us and one client, over all its connections, and what the judges found in it. */
export class ClientRecord {
  readonly findings: Finding[] = []
  private readonly redactor = new Redactor()
  private readonly log: TraceLog
  private judges: Judges
  /** `seq` of the first event whose breach was left out, as there was no room for it. */
  fullSince: number | undefined
  private readonly options: ClientRecordOptions
  /** What was owed for too long, and told. */
  private readonly debts = new Set<string>()
  /** Since when something is owed, by what it is. */
  private readonly owedSince = new Map<string, number>()

  constructor(options: ClientRecordOptions) {
    this.options = options
    const { version, allowance } = options
    this.judges = judgesOf(version)
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

  /** About how much memory is taken by what the client began and did not end, and by its secrets. */
  get heldBytes(): number {
    const debts = (this.debts.size + this.owedSince.size) * debtBytes
    return this.judges.heldBytes() + this.redactor.heldBytes + debts
  }

  /** Lets go of all events but so many of the first and the last. */
  cut(eventsMax: number): void {
    this.log.cut(eventsMax)
  }

  /** What the client broke was judged; what it left under way is forgotten. */
  letGo(): void {
    this.close()
    this.judges = judgesOf(this.options.version)
    this.owedSince.clear()
    this.debts.clear()
    this.redactor.forget()
  }

  record(body: TraceBody): TraceEvent {
    return this.log.record(body)
  }

  events(): TraceEvent[] {
    return this.log.events()
  }

  /** Takes down a breach; one that two judges saw counts once. */
  find(breach: Breach): void {
    if (this.findings.length >= findingsMax) return this.leaveOut(breach)
    const again = this.findings.some(
      known =>
        known.statement === breach.statement &&
        known.seq === breach.seq &&
        // One connection may owe several packets since the same moment.
        (!breach.absent || known.expected === breach.expected),
    )
    if (again) return
    const told = (text: string) => this.redactor.text(text).slice(0, charactersMax)
    const texts = {
      message: told(breach.message),
      expected: told(breach.expected),
      got: told(breach.got),
      ...(breach.nearestMiss === undefined ? {} : { nearestMiss: told(breach.nearestMiss) }),
    }
    const wanted = Object.values(texts).reduce((sum, { length }) => sum + length, 0)
    const charactersLeft = this.options.texts.take(this.findings.length, wanted)
    if (charactersLeft === 0) return this.leaveOut(breach)
    const short = Object.entries(texts).map(([name, text]) => [name, text.slice(0, charactersLeft)])
    const finding: Finding = { ...breach, ...Object.fromEntries(short), atMs: this.nowMs }
    this.findings.push(finding)
    this.options.onFinding(finding)
  }

  private leaveOut({ seq }: Breach): void {
    this.fullSince = Math.min(this.fullSince ?? seq, seq)
  }

  /** Takes down what the client has owed for longer than `patienceMs`. Asked now and then. */
  overdue(patienceMs: number): void {
    if (this.findings.length >= findingsMax) {
      // No more is looked for.
      this.fullSince ??= this.lastSeq
      return
    }
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

/** Nobody commands the application of a client that dials in, nor hears it. */
/** An exercise loses the packet that has just come: to remember the acknowledgements of hundreds of clients further back fills the memory. */
const losableMax = 64

function judgesOf(version: Version): Judges {
  return createJudges({ target: 'client', version, followsMessages: false, losableMax })
}

function keyOf({ statement, seq, expected }: Breach): string {
  return `${statement} ${seq} ${expected}`
}
