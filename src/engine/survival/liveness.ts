import type { Version } from '../../model/version.ts'
import { askConnack } from '../../peers/ask-connack.ts'
import { connectPacket } from '../../peers/connect-packet.ts'
import type { BrokerTarget, Target } from '../../targets/target.ts'
import type { AppActor } from '../app-actor.ts'
import { ownClientId } from '../own-names.ts'
import { type Budgets, promptMs } from '../waiting/budgets.ts'

/** A broker that takes longer than so many times `replyMs` for it serves nobody; so does one that closes instead, after `replyMs`. */
const patience = 2

/** How a broker answers a plain CONNECT. */
export type Pace = 'quick' | 'slow' | 'never'

/*
 * The standard sets no deadlines, so a target that gets no processor must not be failed for it. Before silence is held against a
 * target it is asked something that any target answers at once: a broker a CONNECT on a connection of its own, the adapter of a client
 * its nonce. Where even that takes its time, the wait begins anew.
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

  constructor(options: LivenessOptions, version: Version, shared?: Shared) {
    this.options = options
    this.version = version
    this.shared = shared
  }

  /** Whether it is found out which case is to blame where this target serves nobody any more. */
  mends(target: BrokerTarget): boolean {
    return target === this.shared?.target
  }

  /** How a broker answers a plain CONNECT. One that refuses it, or the connection, at once is quick. */
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
    if (tookMs <= promptMs(this.options.budgets)) return 'quick'
    if (asked.kind === 'connack' || tookMs < this.options.budgets.replyMs) return 'slow'
    if (this.mends(target)) this.shared?.isDeaf()
    return 'never'
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
