import type { CaseResult, RunReport, StatementOutcome } from '../../model/report.ts'
import { isAccepted } from '../text/headline.ts'

/** How a case counts: one that fails as a ticket says it does is known, not failed. */
export type Outcome = CaseResult['verdict'] | 'known'

/** Worst first. */
const outcomes: readonly Outcome[] = [
  'error',
  'fail',
  'unstable',
  'inconclusive',
  'warn',
  'known',
  'pass',
  'skipped',
]

export function outcomeOf(result: CaseResult): Outcome {
  return isAccepted(result) ? 'known' : result.verdict
}

/** Cases by outcome; what does not occur is not in the map. In the order of `outcomes`. */
export function countOutcomes(results: readonly CaseResult[]): Map<Outcome, number> {
  const counts = new Map<Outcome, number>()
  for (const result of results) {
    const outcome = outcomeOf(result)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return new Map(outcomes.flatMap(one => (counts.has(one) ? [[one, counts.get(one)!]] : [])))
}

/** A case that had no turn, after --bail, Ctrl-C or the death of the target: one reason serves for all of them. */
export function neverBegan(result: CaseResult): boolean {
  const { verdict, durationMs, findings } = result
  if (verdict !== 'inconclusive' || durationMs > 0 || findings.length > 0) return false
  // Asked last: a trace may have to be read first.
  return result.trace.length === 0
}

/** How many cases ended how, in words. */
export function caseCounts(report: RunReport): string {
  const counts = countOutcomes(report.results)
  const told = inReadingOrder.filter(([outcome]) => outcome === 'pass' || counts.has(outcome))
  return told.map(([outcome, word]) => `${counts.get(outcome) ?? 0} ${word}`).join(', ')
}

const inReadingOrder: [Outcome, string][] = [
  ['pass', 'passed'],
  ['warn', 'warned'],
  ['fail', 'failed'],
  ['known', 'failed as known'],
  ['unstable', 'unstable'],
  ['inconclusive', 'inconclusive'],
  ['error', 'in error'],
  ['skipped', 'skipped'],
]

/** How many statements fared how, in words. */
export function statementCounts(report: RunReport): string {
  const outcomes = ['met', 'broken', 'untested', 'untestable'] as const
  const told = outcomes.map(outcome => {
    const all = report.statements.filter(statement => statement.outcome === outcome)
    if (outcome === 'broken' && all.length > 0) return `${byLevel(all)} broken`
    return all.length === 0 && outcome !== 'met' ? '' : `${all.length} ${outcome}`
  })
  return told.filter(text => text !== '').join(', ')
}

/** `2 MUST and 1 SHOULD`. */
function byLevel(broken: readonly StatementOutcome[]): string {
  return (['MUST', 'SHOULD', 'MAY'] as const)
    .map(level => [broken.filter(one => one.level === level).length, level] as const)
    .filter(([n]) => n > 0)
    .map(([n, level]) => `${n} ${level}`)
    .join(' and ')
}
