import type { Facts } from '../../engine/applicable/applicable.ts'
import { answersConnect, sanityExchange } from '../../engine/probe.ts'
import type { CaseResult } from '../../model/report.ts'
import type { Target } from '../../targets/target.ts'
import type { Trouble } from '../report/make-report.ts'
import { whyEnded } from '../time-limit.ts'
import type { Common } from './learn.ts'

/** How to ask a broker that we could start again whether it still serves. */
export function servesOf(target: Target, facts: Facts, common: Common) {
  const [newest] = [...facts.versions].reverse()
  if (target.role !== 'broker' || !target.renew || !newest) return {}
  return { serves: () => answersConnect({ target, ...common }, newest) }
}

/** The target must still work when all is over; if not, the run says so. */
export async function afterwards(
  target: Target,
  facts: Facts,
  common: Common,
  results: CaseResult[],
): Promise<string | undefined> {
  const death = target.death()
  if (death) return `the target is dead at the end of the run: ${death.reason}`
  const gone = facts.behind?.target.death()
  if (gone) return `the broker behind is dead at the end of the run: ${gone.reason}`
  const [newest] = [...facts.versions].reverse()
  if (target.role === 'client' || common.signal.aborted || !newest) return undefined
  const again = { target, ...common, nonce: `${common.nonce}z` }
  const last = results.filter(result => result.verdict === 'fail').at(-1)
  const after = last ? `; the last case that failed was ${last.id}` : ''
  // What did not work at the beginning says nothing at the end.
  const highest = newest === '5.0' ? Number(facts.fingerprint.maximumQoS ?? 2) : 2
  if (highest < 2 || facts.unmet?.[newest]?.['qos-2'] !== undefined) {
    return (await answersConnect(again, newest))
      ? undefined
      : `after the last case a plain CONNECT is not answered any more${after}`
  }
  const insane = await sanityExchange(again, newest)
  if (!insane) return undefined
  return `after the last case one QoS 2 message does not get through any more: ${insane}${after}`
}

/** What was judged stays judged; the run as a whole is not whole. */
export function endedEarly(signal: AbortSignal): Trouble {
  const says = `${whyEnded(signal)}: cases that had not ended are inconclusive`
  return { says, exitCode: 4 }
}

export async function troubleOf(
  empty: string | undefined,
  lost: string | undefined,
  afterwards: () => Promise<string | undefined>,
): Promise<Trouble | undefined> {
  if (empty !== undefined) return { says: empty, exitCode: 4 }
  const says = lost ?? (await afterwards())
  return says === undefined ? undefined : { says, exitCode: 3 }
}
