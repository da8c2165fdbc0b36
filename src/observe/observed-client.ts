import type { Redactor } from '../engine/traces/redact.ts'
import { ownBytes, sizeOf } from '../engine/traces/shortened.ts'
import type { Breach, Finding } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { isTold } from '../oracle/findings.ts'
import { createJudges, type Judges } from '../oracle/judges.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { KeptTrace } from './kept-trace.ts'

/** Who does everything wrong only repeats himself. */
const findingsMax = 100
/** And what he sends may be long. */
const charactersMax = 2000
/** Packets that say what a session is: of more subscriptions the oldest are forgotten. */
const foundationsMax = 200
const foundationBytesMax = 64 * 1024

/** One client of a broker that is watched: what was seen of it, and what was found on both sides of its connections. */
export class ObservedClient {
  readonly name: string
  readonly version: Version
  readonly trace: KeptTrace
  readonly findings: { [role in TargetRole]: Finding[] } = { broker: [], client: [] }
  connections = 0
  packets = 0
  firstMs: number
  lastMs: number
  open = 0
  /** Its session may outlast its connections. */
  private keeps = true
  /** Judges of the client; those of the broker see all clients. */
  judges: Judges
  /** Connects, subscriptions and their answers: what new judges have to know. */
  foundations: TraceEvent[] = []
  private readonly redactor: Redactor

  constructor(name: string, version: Version, redactor: Redactor, atMs: number) {
    this.name = name
    this.version = version
    this.redactor = redactor
    this.trace = new KeptTrace(redactor)
    this.judges = judgesOf(version)
    this.firstMs = atMs
    this.lastMs = atMs
  }

  get found(): boolean {
    return this.findings.broker.length + this.findings.client.length > 0
  }

  take(event: TraceEvent): void {
    this.trace.add(event)
    this.lastMs = event.at
    if (event.kind === 'open') {
      this.connections += 1
      this.open += 1
    } else if (event.kind === 'close') this.open -= 1
    else if (event.kind === 'packet') this.packets += 1
    this.remember(event)
  }

  private remember(event: TraceEvent): void {
    if (!isFoundation(event)) return
    // A new session knows nothing of what was before.
    if (event.kind === 'packet' && event.packet.type === 'CONNECT') {
      const { connection } = event
      this.keeps = !event.packet.clean || Number(event.packet.properties.sessionExpiryInterval) > 0
      if (event.packet.clean) {
        this.foundations = this.foundations.filter(
          one => 'connection' in one && one.connection === connection,
        )
      }
    }
    this.foundations.push(ownBytes(event))
    let bytes = this.foundations.reduce((sum, one) => sum + sizeOf(one), 0)
    // A session that began before what is remembered of it is blamed for nothing that may rest on that.
    while (this.foundations.length > foundationsMax || bytes > foundationBytesMax) {
      bytes -= sizeOf(this.foundations.shift()!)
    }
    if (this.open === 0 && !this.keeps) this.foundations = []
  }

  /** Takes down a breach, unless it only repeats one. Returns it as a finding. */
  find(breach: Breach, side: TargetRole, atMs: number): Finding | undefined {
    const known = this.findings[side]
    if (known.length >= findingsMax || isTold(known, breach)) return undefined
    const told = (text: string) => this.redactor.text(text).slice(0, charactersMax)
    const { message, expected, got } = breach
    const finding = {
      ...breach,
      message: told(message),
      expected: told(expected),
      got: told(got),
      atMs,
    }
    known.push(finding)
    this.trace.pin()
    return finding
  }

  /** New judges that know what the old ones were told of connections and subscriptions. */
  judgeAnew(): void {
    this.judges = judgesOf(this.version)
    for (const event of this.foundations) this.judges.observe(event)
  }
}

/** The client stands where the harness does in other traces. Nobody says of a packet that passes that it was lost. */
function judgesOf(version: Version): Judges {
  return createJudges({
    target: 'client',
    version,
    judged: 'harness',
    followsMessages: false,
    losableMax: 1,
  })
}

function isFoundation(event: TraceEvent): boolean {
  if (event.kind === 'open' || event.kind === 'close') return true
  return (
    event.kind === 'packet' &&
    /^(CONNECT|CONNACK|SUBSCRIBE|SUBACK|UNSUBSCRIBE|UNSUBACK)$/.test(event.packet.type)
  )
}
