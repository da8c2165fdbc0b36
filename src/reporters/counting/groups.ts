import { causesOf } from '../../causes/causes.ts'
import type { CaseResult, Cause, RunReport } from '../../model/report.ts'

/** Cases that went wrong in the same way. One of them is worth drawing: the first. */
export type Group = { first: CaseResult; others: CaseResult[]; cause?: Cause }

/** Cases that failed or warned, by cause: what asks for work first on top, of each the simplest case first. */
export function groupByCause(report: RunReport, results: readonly CaseResult[]): Group[] {
  const wanted = new Map(results.map(result => [result.id, result]))
  return causesIn(report).flatMap(cause => {
    const [first, ...others] = cause.cases.flatMap(id => wanted.get(id) ?? [])
    return first === undefined ? [] : { first, others, cause }
  })
}

/** Also of a report that was written before it told causes. */
export function causesIn(report: RunReport): Cause[] {
  return report.causes ?? causesOf(report.results)
}

/** Cases that have no cause in the target: the same scenario, told the same thing. */
export function groupAlike(results: readonly CaseResult[]): Group[] {
  const groups = new Map<string, Group>()
  for (const result of results) {
    const key = JSON.stringify([scenarioOf(result.id), result.verdict, storyOf(result)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: result, others: [] })
    else group.others.push(result)
  }
  return [...groups.values()]
}

/** The cases beside the first, by scenario: those of its own by what tells them apart, the others with their number. */
export function othersOf({ first, others }: Group): string[] {
  const scenarios = new Map<string, CaseResult[]>()
  for (const other of others) {
    const scenario = scenarioOf(other.id)
    scenarios.set(scenario, [...(scenarios.get(scenario) ?? []), other])
  }
  const own = scenarios.get(scenarioOf(first.id)) ?? []
  scenarios.delete(scenarioOf(first.id))
  return [
    ...own.map(({ id }) => variantOf(id)),
    ...[...scenarios].map(([scenario, cases]) =>
      cases.length === 1 ? cases[0]!.id : `${scenario} (${cases.length})`,
    ),
  ]
}

/** What tells the cases of one scenario apart: `5.0:close=rst`. */
function variantOf(id: string): string {
  return id.slice(scenarioOf(id).length + 1)
}

/** The id without the suite it stands under. */
export function shortId(id: string, suite: string): string {
  return id.startsWith(`${suite}/`) ? id.slice(suite.length + 1) : id
}

export function scenarioOf(id: string): string {
  return id.split(':', 1)[0]!
}

/** Numbers differ between versions and runs: packet ids, times, payload counters. */
function storyOf(result: CaseResult): string {
  return (result.findings[0]?.message ?? result.reason).slice(0, 2000).replace(/\d+/g, '#')
}
