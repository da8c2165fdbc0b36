import type { KnownIssue } from '../../src/model/known-issues.ts'
import type { CaseResult, RunReport } from '../../src/model/report.ts'
import { fitsKnownIssue } from '../../src/run/report/judge-known-issues.ts'

/** What one run said of each case, without traces. */
export type Observation = { setting: string; cases: Map<string, Seen> }

/** The verdict and the statements whose breach it rests on: ids and payloads differ from run to run by design. */
type Seen = { verdict: CaseResult['verdict']; broken: string[]; budgetUsed: number }

export type Difference = { id: string; seen: { outcome: string; settings: string[] }[] }

export function observe(report: Pick<RunReport, 'results'>, setting: string): Observation {
  const cases = new Map<string, Seen>()
  for (const { id, verdict, findings, budgetUsed = 0 } of report.results) {
    const counted = findings.filter(({ level }) => level !== 'MAY')
    const broken = new Set(counted.map(({ level, statement }) => `${level} ${statement}`))
    cases.set(id, { verdict, broken: [...broken], budgetUsed })
  }
  return { setting, cases }
}

/** Cases whose outcome was not the same in all runs; those where only a known race of the target differs are counted. */
export function compare(
  observations: readonly Observation[],
  known: readonly KnownIssue[],
): { differing: Difference[]; excused: number; cases: number } {
  const ids = new Set(observations.flatMap(({ cases }) => [...cases.keys()]))
  const differing: Difference[] = []
  let excused = 0
  for (const id of ids) {
    if (outcomes(observations, id, []).length === 1) continue
    const races = known.filter(entry => entry.intermittent && fitsKnownIssue(entry, id))
    const seen = outcomes(observations, id, races)
    if (seen.length === 1) excused++
    else differing.push({ id, seen })
  }
  return { differing, excused, cases: ids.size }
}

/** The different outcomes of a case over all runs, without what the races may do. */
function outcomes(
  observations: readonly Observation[],
  id: string,
  races: readonly KnownIssue[],
): Difference['seen'] {
  const seen = new Map<string, string[]>()
  for (const { setting, cases } of observations) {
    const outcome = outcomeOf(cases.get(id), races)
    seen.set(outcome, [...(seen.get(outcome) ?? []), setting])
  }
  return [...seen].map(([outcome, settings]) => ({ outcome, settings }))
}

function outcomeOf(seen: Seen | undefined, races: readonly KnownIssue[]): string {
  if (!seen) return 'not run'
  if (races.some(({ statement }) => statement === undefined)) return 'pass or a known race'
  const left = seen.broken.filter(
    one => !races.some(({ statement }) => one.endsWith(` ${statement}`)),
  )
  if (left.length === seen.broken.length) return [seen.verdict, ...left].join(' ')
  const verdict = left.some(one => one.startsWith('MUST'))
    ? 'fail'
    : left.length > 0
      ? 'warn'
      : 'pass'
  return [verdict, ...left].join(' ')
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
