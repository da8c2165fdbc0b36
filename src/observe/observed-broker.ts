import { Redactor } from '../engine/traces/redact.ts'
import type { Breach, Finding } from '../model/finding.ts'
import type { Recorder } from '../model/recorder.ts'
import type { TraceEvent, Unstamped } from '../model/trace.ts'
import { createJudges, type Judges } from '../oracle/judges.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { ObservedClient } from './observed-client.ts'
import { Past } from './past.ts'

export type ObservedBrokerOptions = {
  address: string
  /** What is owed for so long was not forgotten for a moment. */
  patienceMs: number
  onFinding?(client: string, side: TargetRole, finding: Finding): void
}

/** Events after which judges are made anew, so that what they remember stays bounded however long they watch. */
const chapterEvents = 50_000
/** Clients that are remembered; of more, those that left and did nothing wrong are only counted. */
const clientsMax = 500
const tickMs = 1000

/**
 * One broker and all its clients, watched by somebody who takes no part. The broker is judged by one set of judges, since a message goes
 * from one client to another; each client by its own. Time is that of the traffic.
 */
export class ObservedBroker implements Recorder {
  readonly options: ObservedBrokerOptions
  readonly clients = new Map<string, ObservedClient>()
  /** Clients that were let go of. */
  forgotten = 0
  packets = 0
  private nowMs = 0
  private seq = 0
  /** The first of the events that the present judges saw as they came. */
  private chapter = 0
  private times: number[] = []
  private tickedMs = 0
  private readonly redactor = new Redactor()
  private readonly past = new Past()
  private readonly byConnection = new Map<number, ObservedClient>()
  private actors: (ObservedClient | undefined)[] = []
  private judges: Judges = judgesOf()

  constructor(options: ObservedBrokerOptions) {
    this.options = options
  }

  /** Sets the clock, ms since the watching began. What has been owed for too long by then is found. */
  turnClock(nowMs: number): void {
    if (nowMs <= this.nowMs) return
    this.nowMs = nowMs
    if (nowMs - this.tickedMs >= tickMs) this.tick()
  }

  record(body: Unstamped): TraceEvent {
    const event = { ...body, seq: this.seq++, at: this.nowMs } as TraceEvent
    const client = this.clientOf(event)
    this.times.push(event.at)
    this.actors.push(client)
    if (event.kind === 'packet') this.packets += 1
    client?.take(event)
    this.past.observe(event)
    for (const breach of this.judges.observe(event)) this.find(breach, 'broker')
    if (client)
      for (const breach of client.judges.observe(event)) this.find(breach, 'client', client)
    if (event.kind === 'close') this.byConnection.delete(event.connection)
    if (this.seq - this.chapter >= chapterEvents) this.beginChapter()
    return event
  }

  /** The watching is over: what the messages of its time broke. */
  end(): void {
    this.tick()
    this.judgeMessages()
  }

  /** What is overdue, and what became of messages that are old enough. */
  private tick(): void {
    this.tickedMs = this.nowMs
    for (const breach of this.judges.overdue()) if (this.isOld(breach)) this.find(breach, 'broker')
    for (const client of this.clients.values()) {
      if (client.open === 0) continue
      for (const breach of client.judges.overdue()) {
        if (this.isOld(breach)) this.find(breach, 'client', client)
      }
    }
  }

  private judgeMessages(): void {
    for (const breach of this.judges.end()) {
      if (breach.absent !== true || this.isOld(breach)) this.find(breach, 'broker')
    }
    for (const client of this.clients.values()) {
      for (const breach of client.judges.end()) {
        if (breach.absent !== true || this.isOld(breach)) this.find(breach, 'client', client)
      }
    }
  }

  private isOld({ seq }: Breach): boolean {
    const at = this.times[seq - this.chapter]
    return at !== undefined && this.nowMs - at >= this.options.patienceMs
  }

  private find(
    breach: Breach,
    side: TargetRole,
    of = this.actors[breach.seq - this.chapter],
  ): void {
    // What concerns an earlier chapter was found there.
    if (!of || breach.seq < this.chapter) return
    if (this.past.explains(breach, side)) return
    const at = this.times[breach.seq - this.chapter] ?? this.nowMs
    const finding = of.find(breach, side, at)
    if (finding) this.options.onFinding?.(of.name, side, finding)
  }

  private clientOf(event: TraceEvent): ObservedClient | undefined {
    if (event.kind === 'open') {
      const { actor, version } = event
      // The same name with another version is another client.
      const key = `${version} ${actor}`
      const client =
        this.clients.get(key) ?? new ObservedClient(actor, version, this.redactor, this.nowMs)
      this.clients.set(key, client)
      this.byConnection.set(event.connection, client)
      if (this.clients.size > clientsMax) this.letGo()
      return client
    }
    if (!('connection' in event) || event.connection === undefined) return undefined
    return this.byConnection.get(event.connection)
  }

  private letGo(): void {
    for (const [key, client] of this.clients) {
      if (client.open > 0 || client.found || client.foundations.length > 0) continue
      this.clients.delete(key)
      this.forgotten += 1
      return
    }
    // All are there, or did something wrong: the oldest that is not connected goes.
    for (const [key, client] of this.clients) {
      if (client.open > 0) continue
      this.clients.delete(key)
      this.forgotten += 1
      return
    }
  }

  private beginChapter(): void {
    this.judgeMessages()
    this.judges = judgesOf()
    const told = new Map<number, TraceEvent>()
    for (const client of this.clients.values()) {
      client.judgeAnew()
      for (const event of client.foundations) told.set(event.seq, event)
    }
    const inOrder = [...told.values()].sort((a, b) => a.seq - b.seq)
    for (const event of inOrder) this.judges.observe(event)
    this.past.forget()
    this.chapter = this.seq
    this.times = []
    this.actors = []
  }
}

/** The version stands in each `open`; that of the judges is only asked for where there is none. */
function judgesOf(): Judges {
  return createJudges({ target: 'broker', version: '5.0', unseenPublishers: true })
}
