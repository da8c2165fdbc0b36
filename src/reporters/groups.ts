import type { CaseResult } from '../model/report.ts'

/** Cases that went wrong in the same way: the same scenario, told the same thing. One of them is worth drawing. */
export type Group = { first: CaseResult; others: CaseResult[] }

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

/** What tells the cases of one scenario apart: `5.0:close=rst`. */
export function variantOf(id: string): string {
  return id.slice(scenarioOf(id).length + 1)
}

export function scenarioOf(id: string): string {
  return id.split(':', 1)[0]!
}

/** Numbers differ between versions and runs: packet ids, times, payload counters. */
function storyOf(result: CaseResult): string {
  return (result.findings[0]?.message ?? result.reason).slice(0, 2000).replace(/\d+/g, '#')
}
