import type { Behind } from '../../engine/actors/broker-behind.ts'
import type { Facts } from '../../engine/applicable/applicable.ts'
import { probeBroker } from '../../engine/probe.ts'
import type { Budgets } from '../../engine/waiting/budgets.ts'
import type { Finding } from '../../model/finding.ts'
import type { Version } from '../../model/version.ts'
import type { BrokerTarget, Target } from '../../targets/target.ts'
import type { LoadedOptions } from '../options.ts'

/** What all that is asked of a target in one run has in common. */
export type Common = {
  budgets: Budgets
  nonce: string
  signal: AbortSignal
  maxPacketBytes: number
}
/** What is known of a target before the first case. */
export type Learned = Facts & { findings: Finding[]; product?: string }

/** Asks the target, and the broker behind proxies, what they are. */
export async function learn(
  target: Target,
  common: Common,
  { mqtt, proceed = false, behind }: LoadedOptions,
): Promise<Learned> {
  const wanted = (all: Version[]) => (mqtt ? all.filter(v => mqtt.includes(v)) : all)
  if (target.role === 'client') {
    const { board } = target.profile.settings ?? {}
    const fingerprint = { reconnects: target.reconnects, ...(board === undefined ? {} : { board }) }
    const versions = wanted(target.versions)
    return { target, versions, fingerprint, findings: [], ...(await behindOf(behind, common)) }
  }
  const probe = await probeBroker({ target, ...common }).catch(error => {
    if (!proceed) throw error
    return { versions: target.profile.versions, fingerprint: {}, findings: [] }
  })
  return {
    target,
    versions: wanted(probe.versions),
    fingerprint: probe.fingerprint,
    findings: probe.findings,
    ...('product' in probe && probe.product ? { product: probe.product } : {}),
  }
}

/** What the broker behind accepts, whatever somebody says of it. */
async function behindOf(
  target: BrokerTarget | undefined,
  common: Common,
): Promise<{ behind?: Behind }> {
  if (!target) return {}
  const probe = await probeBroker({ target, ...common, nonce: `${common.nonce}u` })
  return { behind: { target, versions: probe.versions, fingerprint: probe.fingerprint } }
}
