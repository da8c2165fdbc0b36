import type { Version } from '../../model/version.ts'
import { askConnack } from '../../peers/ask-connack.ts'
import { askMessage } from '../../peers/ask-message.ts'
import { askResumption } from '../../peers/ask-resumption.ts'
import { connectPacket } from '../../peers/connect-packet.ts'
import type { BrokerTarget, Target } from '../../targets/target.ts'
import type { AppActor } from '../actors/app-actor.ts'
import { ownClientId, ownTopic } from '../own-names.ts'
import { type Budgets, promptMs } from '../waiting/budgets.ts'

/** A broker that takes longer than so many times `replyMs` for it serves nobody; so does one that closes instead, after `replyMs`. */
const patience = 2

/** So many times `replyMs` for a message that is sent again by a timer: it is asked for once in a run. */
const resumptionPatience = 3

/** How a broker answers. */
export type Pace = 'quick' | 'slow' | 'never'

/*
 * The standard sets no deadlines, so a target that gets no processor must not be failed for it. Before silence is held against a
 * target it is asked for the same kind of thing over the same path: a broker for a CONNACK on a connection of its own and, as a broker
 * whose store is slow is quick with that, for a QoS 2 message through a session that is kept; the adapter of a client for its nonce.
 * Where even that takes its time, the wait begins anew.
 */

/** The target that all cases share, where it is started again if it serves nobody any more. */
type Shared = { target: Target; isDeaf(): void }

/** `nonce` begins the client ids. */
type LivenessOptions = { budgets: Budgets; nonce: string; signal: AbortSignal }

/** One question at a time for each target: all cases that wait in vain want to know the same. */
export class Liveness {
  private readonly asking = new Map<BrokerTarget, Promise<Pace>>()
  private readonly options: LivenessOptions
  private readonly version: Version
  private readonly shared: Shared | undefined
  private count = 0
  private readonly resumptions = new Map<BrokerTarget, Promise<number | undefined>>()
  private readonly passesNothing = new Set<BrokerTarget>()

  constructor(options: LivenessOptions, version: Version, shared?: Shared) {
    this.options = options
    this.version = version
    this.shared = shared
  }

  /** Whether it is found out which case is to blame where this target serves nobody any more. */
  mends(target: BrokerTarget): boolean {
    return target === this.shared?.target
  }

  /** How a broker answers a plain CONNECT and a message. One that refuses it, or the connection, at once is quick. */
  brokerPace(target: BrokerTarget): Promise<Pace> {
    const known = this.asking.get(target)
    if (known) return known
    const asked = this.ask(target).finally(() => this.asking.delete(target))
    this.asking.set(target, asked)
    return asked
  }

  private async ask(target: BrokerTarget): Promise<Pace> {
    if (target.death()) return 'quick'
    const nonce = `${this.options.nonce}y${(this.count++).toString(36)}`
    const patienceMs = patience * this.options.budgets.replyMs
    const began = performance.now()
    const asked = await askConnack({
      dial: () => target.dial(this.options.budgets.connectMs),
      connect: connectPacket(this.version, {
        clientId: ownClientId(target.profile, nonce),
        credentials: target.credentials,
      }),
      version: this.version,
      budgetMs: patienceMs,
      signal: this.options.signal,
    })
    const tookMs = performance.now() - began
    if (tookMs <= promptMs(this.options.budgets)) return this.storePace(target, nonce)
    if (asked.kind === 'connack' || tookMs < this.options.budgets.replyMs) return 'slow'
    if (this.mends(target)) this.shared?.isDeaf()
    return 'never'
  }

  /** A broker that takes no such message, or never passes one on, is asked no more: its silence is what the cases are about. */
  private async storePace(target: BrokerTarget, nonce: string): Promise<Pace> {
    const { lacks = [] } = target.profile
    if (this.passesNothing.has(target) || lacks.includes('qos2')) return 'quick'
    const { budgets, signal } = this.options
    const began = performance.now()
    const asked = await askMessage({
      dial: () => target.dial(budgets.connectMs),
      version: this.version,
      clientId: ownClientId(target.profile, `${nonce}m`),
      topic: ownTopic(target.profile, `${nonce}m`),
      credentials: target.credentials,
      budgetMs: patience * budgets.replyMs,
      signal,
    })
    if (asked !== 'came') {
      this.passesNothing.add(target)
      return 'quick'
    }
    return performance.now() - began > promptMs(budgets) ? 'slow' : 'quick'
  }

  /**
   * So many ms what a resumed session holds is waited for: some brokers send it by a timer, of whose period one question shows any part.
   * Nothing where it is prompt, or does not come at all.
   */
  async resumptionMs(target: BrokerTarget): Promise<number | undefined> {
    const known = this.resumptions.get(target)
    const asked = known ?? this.askResumption(target)
    this.resumptions.set(target, asked)
    const tookMs = await asked
    const { budgets } = this.options
    if (tookMs === undefined || tookMs <= promptMs(budgets)) return undefined
    return Math.max(2 * tookMs, resumptionPatience * budgets.replyMs)
  }

  private askResumption(target: BrokerTarget): Promise<number | undefined> {
    const { budgets, signal } = this.options
    const nonce = `${this.options.nonce}yr`
    return askResumption({
      dial: () => target.dial(budgets.connectMs),
      version: this.version,
      clientId: ownClientId(target.profile, nonce),
      topic: ownTopic(target.profile, nonce),
      credentials: target.credentials,
      budgetMs: resumptionPatience * budgets.replyMs,
      signal,
    })
  }

  /** Whether the applications on a client are slow to echo a nonce. An adapter that does not answer at all is broken, or busy for good. */
  async appsAreSlow(apps: AppActor[]): Promise<boolean> {
    if (apps.length === 0) return false
    const { replyMs } = this.options.budgets
    const began = performance.now()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>(resolve => {
      timer = setTimeout(() => resolve(false), replyMs)
    })
    const echoes = Promise.all(apps.map(({ handle }) => handle.ping()))
    const echoed = await Promise.race([echoes.then(() => true).catch(() => false), late])
    clearTimeout(timer)
    return echoed && performance.now() - began > promptMs(this.options.budgets)
  }
}
