import type { Finding } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'

/**
 * The finding that a case failed by: of the gravest, the one that came first. What followed from it in the same case says nothing new; it
 * shows in cases of its own where it is a cause of its own.
 */
export function primaryFinding({
  verdict,
  findings,
}: Pick<CaseResult, 'verdict' | 'findings'>): Finding | undefined {
  const grave = findings.filter(finding =>
    verdict === 'fail' ? isBroken(finding) : finding.level !== 'MAY',
  )
  return grave.reduce<Finding | undefined>(
    (first, one) => (first === undefined || isBefore(one, first) ? one : first),
    undefined,
  )
}

function isBroken({ level, about }: Finding): boolean {
  return level === 'MUST' && about !== 'dispute'
}

/** At one event the judge who names the rule goes before the step that missed what it waited for. */
function isBefore(one: Finding, other: Finding): boolean {
  if (one.seq !== other.seq) return one.seq < other.seq
  return other.judge === 'expectation' && one.judge !== 'expectation'
}
