import type { CaseResult, RunReport } from '../../model/report.ts'
import { mergeExplored, mergeFlowResults } from '../explore/merge-explored.ts'
import { worstOf } from './exit-code.ts'
import { withDerived } from './make-report.ts'

/** Joins the parts of a sharded run. Returns what stands against it: parts of different runs, a part missing or twice. */
export function mergeReports(parts: RunReport[]): RunReport | string {
  const [first] = parts
  if (!first) return 'there are none'
  const count = first.shard?.count ?? 1
  for (const part of parts) {
    if (part.seed !== first.seed)
      return `parts of runs with different seeds, ${first.seed} and ${part.seed}`
    if (part.target.name !== first.target.name) {
      return `parts of runs against ${first.target.name} and ${part.target.name}`
    }
    if ((part.shard?.count ?? 1) !== count)
      return `one is of ${count} parts, another of ${part.shard?.count ?? 1}`
  }
  const seen = parts.map(part => part.shard?.index ?? 1)
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter(i => !seen.includes(i))
  if (missing.length > 0) return `part ${missing.join(', ')} of ${count} is missing`
  if (new Set(seen).size !== seen.length) return 'the same part twice'
  return joined(first, parts)
}

function joined(first: RunReport, parts: RunReport[]): RunReport {
  const told = parts.filter(hadCases)
  const problems = told.flatMap(part => part.problem ?? [])
  const explored = mergeExplored(parts.flatMap(part => part.explored ?? []))
  const { shard: _shard, problem: _problem, causes: _causes, ...rest } = first
  const given = {
    ...rest,
    durationMs: Math.max(...parts.map(part => part.durationMs)),
    results: explored
      ? mergeFlowResults(parts.flatMap(part => part.results))
      : bySuite(parts.flatMap(part => part.results)),
    ...(explored ? { explored } : {}),
    ...(problems.length > 0 ? { problem: problems.join('; ') } : {}),
    ...(first.knownIssues
      ? {
          knownIssues: {
            file: first.knownIssues.file,
            expected: parts.reduce((sum, part) => sum + (part.knownIssues?.expected ?? 0), 0),
            violations: parts.flatMap(part => part.knownIssues?.violations ?? []),
          },
        }
      : {}),
  }
  return withDerived(given, ownExit =>
    worstOf([...told.map(part => part.exitCode), ownExit(false)]),
  )
}

/** Parts take turns at the cases of a scenario: here they stand together again, suites and scenarios as a run without parts has them. */
function bySuite(results: readonly CaseResult[]): CaseResult[] {
  const suites = new Map<string, CaseResult[]>()
  for (const result of results) {
    const file = `${result.suite} ${result.place.file}`
    const known = suites.get(file)
    if (known) known.push(result)
    else suites.set(file, [result])
  }
  return [...suites.values()].flatMap(of => of.sort((a, b) => a.place.line - b.place.line))
}

/** A part may be empty or skipped as a whole where others are not: that is nothing against the run. */
function hadCases({ exitCode, results }: RunReport): boolean {
  return exitCode !== 4 || results.some(result => result.verdict !== 'skipped')
}
