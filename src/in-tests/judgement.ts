import { Variables } from '../engine/packets/variables.ts'
import { Redactor, type Secrets } from '../engine/traces/redact.ts'
import { TraceLog } from '../engine/traces/trace-log.ts'
import type { Breach, Finding } from '../model/finding.ts'
import type { Recorder } from '../model/recorder.ts'
import type { TraceEvent, Unstamped } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { isTold } from '../oracle/findings.ts'
import { createJudges, type Judges } from '../oracle/judges.ts'
import { isNothing } from '../oracle/owed.ts'
import { createOwnSide, reactionTo } from '../oracle/own-side.ts'
import { verifiers } from '../oracle/verifiers.ts'
import type { Verify } from '../scenario/ast.ts'
import type { TargetRole } from '../standard/clauses.ts'

/**
 * What was found, and whose fault it is: the broker's, or that of the client with this id; `either` where `verify` asked for what does not
 * hold, since a message may come twice because it was published twice.
 */
export type ConversationFinding = Finding & { side: TargetRole | 'either'; who: string }

/** What became of one message: how often it was published anew, and how often each client got it, by its client id. */
export type MessageFate = {
  topic: string
  /** Shortened where it is long. */
  payload: string
  published: number
  received: { [clientId: string]: number }
}

type End = { key: string; side: TargetRole; who: string; clientId: string }

/** Whoever does everything wrong only repeats himself. */
const findingsMax = 50

/**
 * The judges of a proxy's conversations: each client by judges of its own, the broker by one set, since messages go from one client to
 * another. The version stands in each `open`.
 */
export class Judgement implements Recorder {
  readonly findings: ConversationFinding[] = []
  private readonly log: TraceLog
  private readonly broker = createJudges({ target: 'broker', version: '5.0', judged: 'upstream' })
  private readonly clients = new Map<string, Judges>()
  /** Who is at the other end of a connection: a client by its key, or the broker. */
  private readonly ends = new Map<number, End>()
  private readonly ownSide = createOwnSide({ target: 'client', version: '5.0' })
  private readonly brokerName: string
  /** Of each event, who it concerns. */
  private readonly bySeq = new Map<number, string>()

  constructor(brokerName: string, secrets: Secrets) {
    this.brokerName = brokerName
    this.log = new TraceLog(new Redactor(secrets), event => this.judge(event))
  }

  /** Tells who is at the ends of a new pair of connections, before anything of them is recorded. */
  join(numbers: { client: number; broker: number }, clientId: string, version: Version): void {
    // A client without an id has no session that outlives its connection.
    const key = clientId === '' ? `#${numbers.client}` : `${version} ${clientId}`
    const who = clientId === '' ? 'a client without an id' : clientId
    this.ends.set(numbers.client, { key, side: 'client', who, clientId })
    this.ends.set(numbers.broker, { key: '', side: 'broker', who: this.brokerName, clientId })
    if (this.clients.has(key)) return
    this.clients.set(key, createJudges({ target: 'client', version, hearsApp: false }))
  }

  record(body: Unstamped): TraceEvent {
    return this.log.record(body)
  }

  get trace(): TraceEvent[] {
    return this.log.events()
  }

  get owesNothing(): boolean {
    return [this.broker, ...this.clients.values()].every(one => isNothing(one.owed()))
  }

  /** Nobody waits any longer: what is owed now was never done. */
  end(verify: readonly Verify[], version: Version): void {
    for (const breach of [...this.broker.overdue(), ...this.broker.end()]) this.find(breach, '')
    for (const [key, judges] of this.clients) {
      for (const breach of [...judges.overdue(), ...judges.end()]) this.find(breach, key)
    }
    const env = new Variables({})
    for (const { name, args } of verify) {
      const plain = Object.entries(args).map(([key, value]) => [key, env.plain(value)])
      const breaches = verifiers[name]?.judge({
        ledger: this.broker.ledger,
        trace: this.trace.map(event => this.byClient(event)),
        args: Object.fromEntries(plain),
        version,
        target: 'broker',
      })
      for (const breach of breaches ?? []) this.take(breach, 'either', 'verify')
    }
  }

  messages(): MessageFate[] {
    return this.broker.ledger.messages().map(({ topic, shown, publications, received }) => ({
      topic,
      payload: shown,
      published: publications.length,
      received: Object.fromEntries(
        [...received.values()].map(({ receiver, byQos }) => [
          receiver,
          byQos.reduce((sum, times) => sum + times, 0),
        ]),
      ),
    }))
  }

  private judge(event: TraceEvent): void {
    const own = this.ownSide.observe(event)[0]
    if (!('connection' in event) || event.connection === undefined) return
    const end = this.ends.get(event.connection)
    const judges = end?.side === 'broker' ? this.broker : this.clients.get(end?.key ?? '')
    if (!end || !judges) return
    this.bySeq.set(event.seq, end.who)
    for (const breach of judges.observe(event)) this.find(breach, end.key)
    // What we did to the packets may be wrong for whoever gets them: then he may leave.
    if (own && reactionTo(own) === 'may close') judges.excuse(event.connection)
  }

  /** Whoever tells of receivers knows them by their ids. */
  private byClient(event: TraceEvent): TraceEvent {
    if (!('connection' in event) || event.connection === undefined) return event
    return { ...event, actor: this.ends.get(event.connection)?.clientId ?? '' }
  }

  private find(breach: Breach, key: string): void {
    if (key === '') this.take(breach, 'broker', this.brokerName)
    else this.take(breach, 'client', this.bySeq.get(breach.seq) ?? key)
  }

  private take(breach: Breach, side: ConversationFinding['side'], who: string): void {
    const known = this.findings.filter(one => one.side === side)
    if (known.length >= findingsMax || isTold(known, breach)) return
    this.findings.push({ ...breach, atMs: this.log.nowMs, side, who })
  }
}

/** It breaks a MUST of which there is one reading. */
export function isGrave({ level, about }: Finding): boolean {
  return level === 'MUST' && about !== 'dispute'
}
