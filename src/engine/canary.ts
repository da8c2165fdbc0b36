import type { Version } from '../model/version.ts'
import type { BrokerTarget } from '../targets/target.ts'
import type { AppActor } from './app-actor.ts'
import { knock, type ProbeOptions } from './probe.ts'

/** A target that takes longer than this share of `replyMs` for the plainest of answers is slow, and not silent. */
const slowShare = 0.1

/*
 * The standard sets no deadlines, so a target that gets no processor must not be failed for it. Before silence is held against a
 * target it is asked something that any target answers at once: a broker a CONNECT on a connection of its own, the adapter of a client
 * its nonce. Where even that takes its time, the wait begins anew.
 */

/** One question at a time for each target: all cases that wait in vain want to know the same. */
export class Canary {
  private readonly asking = new Map<BrokerTarget, Promise<boolean>>()
  private readonly options: Omit<ProbeOptions, 'target'>
  private readonly version: Version
  private count = 0

  constructor(options: Omit<ProbeOptions, 'target'>, version: Version) {
    this.options = options
    this.version = version
  }

  /** Whether a broker is slow to answer a plain CONNECT. One that refuses it, or the connection, at once is not. */
  brokerIsSlow(target: BrokerTarget): Promise<boolean> {
    const known = this.asking.get(target)
    if (known) return known
    const asked = this.ask(target).finally(() => this.asking.delete(target))
    this.asking.set(target, asked)
    return asked
  }

  private async ask(target: BrokerTarget): Promise<boolean> {
    if (target.death()) return false
    const nonce = `${this.options.nonce}y${(this.count++).toString(36)}`
    const began = performance.now()
    await knock({ ...this.options, target, nonce }, this.version)
    return performance.now() - began > this.limitMs
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
    return echoed && performance.now() - began > this.limitMs
  }

  private get limitMs(): number {
    return this.options.budgets.replyMs * slowShare
  }
}
