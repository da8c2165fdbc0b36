import type { Breach } from '../../model/finding.ts'
import type { TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { createJudges, type Judges } from '../../oracle/judges.ts'
import type { BrokerTarget } from '../../targets/target.ts'

/** A broker behind proxies: it is not the target, and what it gets wrong is not the target's fault. */
export type Behind = {
  target: BrokerTarget
  versions: Version[]
  fingerprint: { [choice: string]: string | number | boolean }
}

/**
 * The broker behind the proxies of one case, watched by judges of its own. They see the connections that lead to it as if it were the
 * target; what they find tells whether the target can be blamed for what is amiss.
 */
export class Upstream {
  readonly target: BrokerTarget
  /** What it broke, in the order in which it was seen. */
  readonly breaches: Breach[] = []
  private readonly judges: Judges
  private readonly connections = new Set<number>()

  constructor(target: BrokerTarget, version: Version) {
    this.target = target
    this.judges = createJudges({ target: 'broker', version, judged: 'upstream' })
  }

  /** Takes an event of its own connections, and answers whether it was one. */
  observe(event: TraceEvent): boolean {
    if (event.kind === 'open' && event.leg === 'broker') this.connections.add(event.connection)
    if (!('connection' in event) || event.connection === undefined) return false
    if (!this.connections.has(event.connection)) return false
    this.breaches.push(...this.judges.observe(event))
    return true
  }

  /** We broke a rule on that connection ourselves. */
  excuse(connection: number): void {
    this.judges.excuse(connection)
  }

  /** What it may be blamed for now: the first rule of a MUST that it broke, or an answer that it owes. */
  blame(): string | undefined {
    const broken = this.breaches.find(({ level }) => level === 'MUST')
    if (broken) return `${this.target.name}, broke ${inWords(broken)}`
    const [owed] = this.judges.owed()
    return owed && `${this.target.name}, owes ${owed.text}`
  }

  /** Why there is no verdict on the target, which did all it had to. */
  blamedFor(what: string): string {
    const { name } = this.target
    return `${what}, though the client did all it had to; the broker behind, ${this.blame() ?? name}`
  }

  /** What stands beside the verdict: rules that it certainly broke. */
  notes(): string[] {
    const told = this.breaches.filter(({ level }) => level !== 'MAY')
    const { name } = this.target
    const lines = told.map(breach => `the broker behind, ${name}, broke ${inWords(breach)}`)
    return [...new Set(lines)].slice(0, notesMax)
  }
}

/** Its judges call it the target. */
function inWords({ statement, message }: Breach): string {
  return `${statement}: ${message.replace(/\bthe target\b/gi, 'it')}`
}

const notesMax = 10
