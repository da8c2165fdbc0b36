import { causesOf } from '../../causes/causes.ts'
import type { Exploration } from '../../model/exploration.ts'
import type { Finding } from '../../model/finding.ts'
import type { KnownIssue } from '../../model/known-issues.ts'
import {
  type CaseResult,
  type RunReport,
  type TargetInfo,
  type Verdict,
  verdicts,
} from '../../model/report.ts'
import { profileOutcome } from '../choice/conformance-profiles.ts'
import { version } from '../version.ts'
import { exitCodeOf } from './exit-code.ts'
import { judgeKnownIssues } from './judge-known-issues.ts'
import { statementOutcomes } from './statement-outcomes.ts'

/** What went wrong with a run as a whole, and the exit code where nothing that was judged asks for another. */
export type Trouble = { says: string; exitCode: 2 | 3 | 4 | 70 }

/** What a run knows when it is over. All else that a report says follows from it. */
export type RunFacts = {
  /** Wall clock, ms since 1970. */
  startedAtMs: number
  durationMs: number
  seed: number
  target: TargetInfo
  results: CaseResult[]
  /** About the target as a whole. */
  findings?: Finding[]
  trouble?: Trouble | undefined
  shard?: RunReport['shard'] | undefined
  /** Accepted failures; what they say of a result is marked in it. */
  knownIssues?: { file: string; entries: KnownIssue[] } | undefined
  explored?: Exploration
  /** The name of the set of suites that was asked for. */
  profile?: string | undefined
  /** A broken SHOULD fails the run. */
  strict?: boolean | undefined
}

/** The report of a run. */
export function makeReport(facts: RunFacts): RunReport {
  const { knownIssues, results, trouble, shard, strict = false } = facts
  const judged = knownIssues && {
    file: knownIssues.file,
    ...judgeKnownIssues(results, knownIssues.entries, true),
  }
  const given = {
    mqttspec: version,
    schema: 2 as const,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    durationMs: Math.round(facts.durationMs),
    seed: facts.seed,
    ...(shard ? { shard } : {}),
    ...(trouble ? { problem: trouble.says } : {}),
    target: facts.target,
    findings: facts.findings ?? [],
    results,
    ...(judged ? { knownIssues: judged } : {}),
    ...(facts.explored ? { explored: facts.explored } : {}),
    ...(facts.profile === undefined ? {} : { profile: unjudged(facts.profile) }),
  }
  return withDerived(given, ownExit => {
    const code = ownExit(strict)
    // Where nothing was run the trouble is all there is.
    return trouble && (code === 0 || results.length === 0) ? trouble.exitCode : code
  })
}

/** Its outcome follows from the results. */
function unjudged(name: string): NonNullable<RunReport['profile']> {
  return { name, outcome: 'not run', parts: [] }
}

/** What of a report does not follow from the rest of it. */
export type Given = Omit<RunReport, 'causes' | 'exitCode' | 'sleptMs' | 'statements' | 'summary'>

/**
 * The one place where summary, statements and exit code are derived. `exitCode` decides on what the results alone ask for, with or
 * without the warnings.
 */
export function withDerived(
  given: Given,
  exitCode: (ownExit: (strict: boolean) => number) => number,
): RunReport {
  const { mqttspec, schema, startedAt, durationMs, seed, ...rest } = given
  const { shard, problem, target, findings, results, knownIssues, explored } = rest
  const profile = rest.profile && profileOutcome(rest.profile.name, target.role, results)
  return {
    mqttspec,
    schema,
    startedAt,
    durationMs,
    sleptMs: results.reduce((sum, result) => sum + result.sleptMs, 0),
    seed,
    exitCode: exitCode(strict => exitCodeOf({ ...given, ...(profile ? { profile } : {}) }, strict)),
    ...(shard ? { shard } : {}),
    ...(problem === undefined ? {} : { problem }),
    target,
    summary: summaryOf(results),
    findings,
    results,
    statements: statementOutcomes(results, target.role, target.versions, findings),
    causes: causesOf(results),
    ...(profile ? { profile } : {}),
    ...(knownIssues ? { knownIssues } : {}),
    ...(explored ? { explored } : {}),
  }
}

function summaryOf(results: CaseResult[]): Record<Verdict, number> {
  const summary = Object.fromEntries(verdicts.map(verdict => [verdict, 0]))
  for (const { verdict } of results) summary[verdict] = (summary[verdict] ?? 0) + 1
  return summary as Record<Verdict, number>
}
