import { fitsKnownIssue } from '../../src/engine/known.ts'
import type { KnownIssue } from '../../src/model/known-issues.ts'
import type { CaseResult, RunReport } from '../../src/model/report.ts'

/** What one run said of each case, without traces. */
export type Observation = {
  setting: string
  cases: Map<string, { outcome: string; budgetUsed: number }>
}

export type Difference = { id: string; seen: { outcome: string; settings: string[] }[] }

export function observe(report: Pick<RunReport, 'results'>, setting: string): Observation {
  const cases = new Map<string, { outcome: string; budgetUsed: number }>()
  for (const result of report.results)
    cases.set(result.id, { outcome: outcomeOf(result), budgetUsed: result.budgetUsed ?? 0 })
  return { setting, cases }
}

/** The verdict and the statements whose breach it rests on: ids and payloads differ from run to run by design. */
function outcomeOf({ verdict, findings }: CaseResult): string {
  const broken = findings
    .filter(({ level }) => level !== 'MAY')
    .map(({ level, statement }) => `${level} ${statement}`)
  return [verdict, ...new Set(broken)].join(' ')
}

/** Cases whose outcome was not the same in all runs; those that a known race explains are only counted. */
export function compare(
  observations: readonly Observation[],
  known: readonly KnownIssue[],
): { differing: Difference[]; excused: number; cases: number } {
  const ids = new Set(observations.flatMap(({ cases }) => [...cases.keys()]))
  const differing: Difference[] = []
  let excused = 0
  for (const id of ids) {
    const seen = new Map<string, string[]>()
    for (const { setting, cases } of observations) {
      const outcome = cases.get(id)?.outcome ?? 'not run'
      seen.set(outcome, [...(seen.get(outcome) ?? []), setting])
    }
    if (seen.size === 1) continue
    if (known.some(entry => entry.intermittent && fitsKnownIssue(entry, id))) excused++
    else
      differing.push({ id, seen: [...seen].map(([outcome, settings]) => ({ outcome, settings })) })
  }
  return { differing, excused, cases: ids.size }
}

/** The tightest wait of each case that came near its budget, the nearest first. */
export function nearBudgets(
  observations: readonly Observation[],
): { id: string; share: number; setting: string }[] {
  const near = new Map<string, { id: string; share: number; setting: string }>()
  for (const { setting, cases } of observations)
    for (const [id, { budgetUsed: share }] of cases)
      if (share > (near.get(id)?.share ?? 0)) near.set(id, { id, share, setting })
  return [...near.values()].sort((a, b) => b.share - a.share)
}
