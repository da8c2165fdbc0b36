import type { CaseResult } from '../../model/report.ts'
import type { Target } from '../../targets/target.ts'

/*
 * Which cases are worth playing again to learn whether they do the same. What decides is what was sent and what is asked, and never how
 * long it took: a busy machine and an idle one play the same cases again.
 */

/** More than so many events in a trace are no case that is played several times. The largest of the suites' races has some 6,000. */
const eventsMax = 10_000

/** A target whose clock and chance are simulated does the same each time. */
export function doesTheSame({ profile }: Pick<Target, 'profile'>): boolean {
  return profile.settings?.board === 'simulated'
}

/**
 * Whether a race within the target may decide what the case comes to: two connections meet in it. Cases that wait, for a rule about time or
 * in vain, are not played only to learn that. Asked while the trace is whole.
 */
export function mayRace({ sleptMs, findings, trace }: CaseResult): boolean {
  if (sleptMs > 0 || findings.some(({ absent }) => absent) || trace.length > eventsMax) return false
  let connections = 0
  for (const { kind } of trace) if (kind === 'open' && ++connections > 1) return true
  return false
}
