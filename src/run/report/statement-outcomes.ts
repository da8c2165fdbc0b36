import type { Finding, Level, StatementRef } from '../../model/finding.ts'
import type { CaseResult, StatementOutcome } from '../../model/report.ts'
import { levelOf, statements } from '../../standard/statements.ts'

/**
 * What a run says of every statement of the standard for this kind of target. One that is broken has the level at which it was found
 * broken: what is disputed, or asked for by another rule only, is a SHOULD here too.
 */
export function statementOutcomes(
  results: CaseResult[],
  role: 'broker' | 'client',
  versions: readonly string[],
  /** What was found before any case ran. */
  findings: readonly Finding[] = [],
): StatementOutcome[] {
  const broken = new Map<StatementRef, Level>()
  // A case that is an error of ours says nothing about the target.
  // One that judges the other side of the connections says nothing about it either.
  const judged = results.filter(
    ({ verdict, judges }) => verdict !== 'error' && judges === undefined,
  )
  for (const finding of [...findings, ...judged.flatMap(result => result.findings)]) {
    const { statement, level } = finding
    if (level === 'MAY') continue
    const must = level === 'MUST' && finding.about !== 'dispute'
    if (must || !broken.has(statement)) broken.set(statement, must ? 'MUST' : 'SHOULD')
  }
  const covering = new Map<StatementRef, CaseResult[]>()
  for (const result of results) {
    for (const ref of result.covers) covering.set(ref, [...(covering.get(ref) ?? []), result])
  }
  const refs = new Set<StatementRef>([...statements.keys(), ...covering.keys(), ...broken.keys()])
  return [...refs]
    .filter(ref => versions.includes(ref.slice(0, ref.indexOf(':'))))
    .map(ref => {
      const cases = covering.get(ref) ?? []
      return {
        id: ref,
        level: broken.get(ref) ?? levelOf(ref),
        outcome: outcomeOf(ref, cases, broken.has(ref), role),
        cases: cases.map(result => result.id),
      }
    })
}

function outcomeOf(
  ref: StatementRef,
  cases: CaseResult[],
  broken: boolean,
  role: 'broker' | 'client',
): StatementOutcome['outcome'] {
  if (broken) return 'broken'
  if (cases.some(result => result.verdict === 'pass' || result.verdict === 'warn')) return 'met'
  const testable = statements.get(ref)?.testable
  return testable === undefined || testable === 'both' || testable === role
    ? 'untested'
    : 'untestable'
}
