import { type RunReport, type Verdict, verdicts } from '../model/report.ts'
import { exitCodeOf, worstOf } from './exit-code.ts'
import { statementOutcomes } from './statement-outcomes.ts'

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
  const results = parts.flatMap(part => part.results)
  const summary = Object.fromEntries(verdicts.map(verdict => [verdict, 0])) as Record<
    Verdict,
    number
  >
  for (const result of results) summary[result.verdict] += 1
  const problems = parts.filter(hadCases).flatMap(part => part.problem ?? [])
  const violations = parts.flatMap(part => part.knownIssues?.violations ?? [])
  const { shard: _shard, problem: _problem, ...rest } = first
  const whole: RunReport = {
    ...rest,
    durationMs: Math.max(...parts.map(part => part.durationMs)),
    sleptMs: parts.reduce((sum, part) => sum + part.sleptMs, 0),
    summary,
    results,
    findings: first.findings,
    statements: statementOutcomes(results, first.target.role, first.target.versions),
    ...(problems.length > 0 ? { problem: problems.join('; ') } : {}),
    ...(first.knownIssues
      ? {
          knownIssues: {
            file: first.knownIssues.file,
            expected: parts.reduce((sum, part) => sum + (part.knownIssues?.expected ?? 0), 0),
            violations,
          },
        }
      : {}),
  }
  const told = parts.filter(hadCases).map(part => part.exitCode)
  return { ...whole, exitCode: worstOf([...told, exitCodeOf(whole, false)]) }
}

/** A part may be empty or skipped as a whole where others are not: that is nothing against the run. */
function hadCases({ exitCode, results }: RunReport): boolean {
  return exitCode !== 4 || results.some(result => result.verdict !== 'skipped')
}
