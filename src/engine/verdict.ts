import type { Finding } from '../model/finding.ts'
import type { Verdict } from '../model/report.ts'

/** How the steps of a case ended, before the findings are weighed. */
export type Ending =
  | { kind: 'done' }
  | { kind: 'failed' }
  | { kind: 'inconclusive'; reason: string }
  | { kind: 'skipped'; reason: string }
  | { kind: 'error'; reason: string }
  /** Our own side did not do what the scenario says: nothing that came of it can be held against the target. */
  | { kind: 'mistake'; reason: string }

/**
 * A broken MUST fails the case, whatever else happened; a disputed reading or a broken SHOULD only warns.
 * MAY findings are information.
 */
export function verdictOf(
  ending: Ending,
  findings: Finding[],
): { verdict: Verdict; reason: string } {
  if (ending.kind === 'mistake') return { verdict: 'error', reason: ending.reason }
  const must = findings.find(finding => finding.level === 'MUST' && finding.about !== 'dispute')
  if (must) return { verdict: 'fail', reason: reasonOf(must) }
  if (ending.kind === 'error') return { verdict: 'error', reason: ending.reason }
  if (ending.kind === 'skipped') return { verdict: 'skipped', reason: ending.reason }
  if (ending.kind === 'inconclusive') return { verdict: 'inconclusive', reason: ending.reason }
  const should = findings.find(finding => finding.level !== 'MAY')
  if (should) return { verdict: 'warn', reason: reasonOf(should) }
  return { verdict: 'pass', reason: '' }
}

function reasonOf(finding: Finding): string {
  return `${finding.statement} ${finding.message}`
}
