import type { StatementRef } from '../model/finding.ts'
import { type Unseen, unseen } from './statements/unseen.ts'
import { type Statement, statements } from './statements.ts'

export type Kind = 'broker' | 'client'

/** What a case says of itself here: whom it tests, and which statements. */
export type Covering = { id: string; tests: Kind; covers: readonly StatementRef[] }

/** How one statement is accounted for, for one kind of target. */
export type Account =
  | { kind: 'covered'; scenarios: string[] }
  | { kind: 'unseen'; unseen: Unseen }
  /** It binds the other kind of target. */
  | { kind: 'other side' }
  /** A case that has not been written yet. */
  | { kind: 'open' }

/** Accounts for every statement by the cases there are. */
export function accountsOf(
  cases: readonly Covering[],
): (statement: Statement, of: Kind) => Account {
  const byKind = { broker: scenariosOf(cases, 'broker'), client: scenariosOf(cases, 'client') }
  return ({ ref, testable }, of) => {
    const scenarios = byKind[of].get(ref)
    if (scenarios) return { kind: 'covered', scenarios: [...scenarios] }
    const reason = unseen[ref]
    if (reason && (reason.of ?? of) === of) return { kind: 'unseen', unseen: reason }
    return testable === 'both' || testable === of ? { kind: 'open' } : { kind: 'other side' }
  }
}

function scenariosOf(cases: readonly Covering[], of: Kind): Map<StatementRef, Set<string>> {
  const found = new Map<StatementRef, Set<string>>()
  for (const { id, tests, covers } of cases) {
    if (tests !== of) continue
    const scenario = id.slice(0, id.indexOf(':'))
    for (const ref of covers) found.set(ref, (found.get(ref) ?? new Set()).add(scenario))
  }
  return found
}

/** Statements of a version that have neither a case nor a reason, for one kind of target. */
export function openStatements(
  cases: readonly Covering[],
  of: Kind,
  version: string,
): StatementRef[] {
  const account = accountsOf(cases)
  return [...statements.values()]
    .filter(one => one.version === version && account(one, of).kind === 'open')
    .map(({ ref }) => ref)
}
