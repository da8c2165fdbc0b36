import { scaled } from '../engine/waiting/budgets.ts'
import type { StatementRef } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import { openTarget, type TargetWish, WishError } from '../targets/index.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { type FaultWishes, readFaults, readVerify } from './fault-wishes.ts'
import { FaultyProxy } from './faulty-proxy.ts'
import { type ConversationFinding, isGrave, Judgement, type MessageFate } from './judgement.ts'
import { JudgementError } from './judgement-error.ts'

export type ConversationOptions = FaultWishes & {
  /** Judgements over all messages at the end, as in a scenario: `['exactly-once', { delivered: { payload: 'once', times: 1 } }]`. */
  readonly verify?: readonly unknown[]
  /** Whose broken MUST fails the test. */
  readonly judge?: 'client' | 'broker' | 'both'
  /**
   * Statements such as `3.1.1:MQTT-3.3.1-1`, or `MQTT-3.3.1-1` of any version, that are known to be broken: they fail nothing. One that is
   * not broken any more does.
   */
  readonly known?: readonly string[]
  /** How long anybody may owe anything, in ms. Default 5000. */
  readonly patienceMs?: number
}

export type ProxyOptions = ConversationOptions & {
  /** The broker behind: an address, a profile, or `{ handle }` of one in this process. Default: an embedded one. */
  readonly to?: TargetWish
}

/** What a test is given. */
export type Conversation = {
  readonly host: string
  readonly port: number
  /** `mqtt://127.0.0.1:PORT` */
  readonly url: string
  /** Resolves when all faults have happened. Rejects with JudgementError where a packet that was named does not come. */
  struck(): Promise<void>
  /** Passes on what `hold` kept back, in its order. At the end it happens by itself. */
  release(): void
}

/** What a conversation came to, where nobody broke a MUST. */
export type Judged<T> = {
  /** What the test returned. */
  value: T
  trace: readonly TraceEvent[]
  /** SHOULD and MAY, disputed readings, and what the side that is not judged broke. */
  findings: readonly ConversationFinding[]
  /** All messages: how often each was published anew and received by whom. */
  messages: readonly MessageFate[]
}

const host = '127.0.0.1'

/**
 * Stands between clients and a real broker while `use` runs, does to packets what the options say, and then judges both sides by referee
 * and ledger. Waits until nobody owes anything any more, so a client may still be connected when `use` is over. Rejects with JudgementError
 * where a MUST is broken or a packet that was named did not come, with RangeError where the options make no sense, with what `use` threw.
 */
export async function withProxy<T>(
  options: ProxyOptions,
  use: (proxy: Conversation) => Promise<T>,
): Promise<Judged<T>> {
  const { to = 'aedes', ...rest } = options
  // Before anything is started.
  readFaults(faultsIn(rest))
  const target = await openTarget(to, scaled({}, 1))
  if (target.role === 'broker') return converse(target, { judge: 'both', ...rest }, use)
  await target.stop()
  throw new WishError(`${target.name} is a client: behind a proxy is a broker`)
}

/** What else there is to tell is no fault. */
function faultsIn(options: ConversationOptions): FaultWishes {
  const { verify: _v, judge: _j, known: _k, patienceMs: _p, ...faults } = options
  return faults
}

/** The conversation with that broker, which is stopped at the end. */
export async function converse<T>(
  broker: BrokerTarget,
  options: ConversationOptions,
  use: (proxy: Conversation) => Promise<T>,
): Promise<Judged<T>> {
  const { patienceMs = 5000, judge = 'both', known = [] } = options
  const judgement = new Judgement(broker.name, broker.credentials)
  let proxy: FaultyProxy | undefined
  try {
    const verify = readVerify(options.verify ?? [])
    proxy = await FaultyProxy.open(broker, judgement, readFaults(faultsIn(options)), patienceMs)
    const outcome = await outcomeOf(use(handleOf(proxy, judgement)))
    proxy.release()
    if (outcome.kind === 'returned') await proxy.struck()
    await proxy.settle()
    judgement.end(verify, proxy.version)
    const { findings, trace } = judgement
    const grave = findings.filter(
      one => isGrave(one) && (judge === 'both' || one.side === 'either' || one.side === judge),
    )
    const fresh = grave.filter(({ statement }) => !known.some(one => isMeant(statement, one)))
    const cause = outcome.kind === 'threw' ? { cause: outcome.error } : undefined
    if (fresh.length > 0) throw new JudgementError(blame(fresh), fresh, trace, cause)
    if (outcome.kind === 'threw') throw outcome.error
    mustHaveStruck(proxy, judgement)
    const gone = known.filter(one => !grave.some(({ statement }) => isMeant(statement, one)))
    if (gone.length > 0) {
      const what = `known to be broken, and kept now: ${gone.join(', ')}; take it out of known`
      throw new JudgementError(what, [], trace)
    }
    return { value: outcome.value, trace, findings, messages: judgement.messages() }
  } finally {
    await proxy?.close()
    await broker.stop()
  }
}

type Outcome<T> = { kind: 'returned'; value: T } | { kind: 'threw'; error: unknown }

function outcomeOf<T>(use: Promise<T>): Promise<Outcome<T>> {
  return use.then(
    value => ({ kind: 'returned', value }),
    error => ({ kind: 'threw', error }),
  )
}

function handleOf(proxy: FaultyProxy, judgement: Judgement): Conversation {
  return {
    host,
    port: proxy.port,
    url: `mqtt://${host}:${proxy.port}`,
    async struck() {
      await proxy.struck()
      mustHaveStruck(proxy, judgement)
    },
    release: () => proxy.release(),
  }
}

/** A test whose packet was never lost has shown nothing. */
function mustHaveStruck({ missing, trouble }: FaultyProxy, judgement: Judgement): void {
  if (missing.length === 0) return
  const why = trouble === undefined ? '' : `; ${trouble}`
  const what = `no packet came for: ${missing.join(', ')}${why}`
  throw new JudgementError(what, [], judgement.trace)
}

/** `MQTT-3.3.1-1` means it in every version. */
function isMeant(statement: StatementRef, known: string): boolean {
  return statement === known || statement.slice(statement.indexOf(':') + 1) === known
}

function blame(findings: readonly ConversationFinding[]): string {
  const rules = findings.length === 1 ? 'a rule' : `${findings.length} rules`
  const names = findings.map(({ side, who }) =>
    who === side ? `the ${side}` : `the ${side} ${who}`,
  )
  const asked = findings.every(({ side }) => side === 'either')
  return asked
    ? 'what verify asks for does not hold'
    : `${[...new Set(names)].join(' and ')} broke ${rules} of the standard`
}
