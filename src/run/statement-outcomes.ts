import type { StatementRef } from '../model/finding.ts'
import type { CaseResult, StatementOutcome } from '../model/report.ts'
import { levelOf, statements } from '../standard/statements.ts'

/** What a run says of every statement of the standard for this kind of target. */
export function statementOutcomes(
  results: CaseResult[],
  role: 'broker' | 'client',
  versions: readonly string[],
): StatementOutcome[] {
  const broken = new Set<StatementRef>()
  for (const { findings } of results) {
    for (const { level, statement } of findings) if (level !== 'MAY') broken.add(statement)
  }
  const covering = new Map<StatementRef, CaseResult[]>()
  for (const result of results) {
    for (const ref of result.covers) covering.set(ref, [...(covering.get(ref) ?? []), result])
  }
  const refs = new Set<StatementRef>([...statements.keys(), ...covering.keys(), ...broken])
  return [...refs]
    .filter(ref => versions.includes(ref.slice(0, ref.indexOf(':'))))
    .map(ref => {
      const cases = covering.get(ref) ?? []
      return {
        id: ref,
        level: levelOf(ref),
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
