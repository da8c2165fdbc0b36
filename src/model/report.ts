import type { Exploration } from './exploration.ts'
import type { Finding, Level, Place, StatementRef } from './finding.ts'
import type { TraceEvent } from './trace.ts'
import type { Version } from './version.ts'

export const verdicts = [
  'pass',
  'warn',
  'fail',
  'unstable',
  'inconclusive',
  'skipped',
  'error',
] as const
export type Verdict = (typeof verdicts)[number]

export type CaseResult = {
  /** `qos2/broker-receives/pubrec-lost:5.0:close=rst` */
  id: string
  suite: string
  title: string
  /** What carried the packets; left out for TCP. */
  transport?: string
  /** The story the scenario tells. */
  about?: string
  version: Version
  verdict: Verdict
  /** One sentence: why skipped, unstable, inconclusive, error or failed. Empty for pass. */
  reason: string
  durationMs: number
  /** Ms spent in waits that a rule about time demands, and in quiet windows. */
  sleptMs: number
  /** The largest share of a waiting budget that an answer took, 0.5 to 1; left out where all came sooner. */
  budgetUsed?: number
  covers: StatementRef[]
  /** What the case measured and people should see beside its verdict, such as the number of power cuts tried. */
  notes?: string[]
  /** Times that the power of a board was cut. */
  powerCuts?: number
  /** Bug classes the scenario detects. */
  bugs: string[]
  findings: Finding[]
  /** A failure that the trace alone does not prove came again: with nothing else under way, or only with other cases beside it. */
  confirmed?: 'alone' | 'company'
  /** Verdict `unstable`: what the case came to at first, and did not when it was run again. */
  first?: FirstRun
  /** Command that runs this one case again. */
  replay: string
  /** Flaws of reference peers that the scenario caught when it was proved (reports/proof.md). */
  kills?: number
  place: Place
  trace: TraceEvent[]
  /** Set where a known-issues file speaks of this case. */
  known?: { ticket: string; outcome: 'expected' | 'passes' | 'differs' | 'skipped' | 'expired' }
}

/** A failure that did not come again. */
export type FirstRun = {
  verdict: 'fail' | 'warn'
  reason: string
  durationMs: number
  findings: Finding[]
  trace: TraceEvent[]
  /** Ids of cases that were under way at the same time. */
  beside: string[]
}

export type TargetInfo = {
  name: string
  role: 'broker' | 'client'
  /** Without credentials. */
  address: string
  versions: Version[]
  /** Legal choices seen at the start: `delivers: at-pubrel`, `receiveMaximum: 20`. */
  fingerprint: { [choice: string]: string | number | boolean }
  /** A client: the broker behind the proxies, which was not judged. */
  behind?: { name: string; address: string }
}

export type StatementOutcome = {
  id: StatementRef
  level: Level
  outcome: 'met' | 'broken' | 'untested' | 'untestable'
  /** Ids of the cases that cover it. */
  cases: string[]
}

/** Cases that failed, or warned, in the same way: one thing to mend. */
export type Cause = {
  /** Letters, digits and `-`, for links. It stays while the wording does. */
  name: string
  verdict: 'fail' | 'warn'
  level: Level
  /** What it breaks, each version by its own number. */
  statements: StatementRef[]
  /** What the cases found; `#` and `"..."` stand for what differs between them. */
  says: string
  /** Type of the packet by which it showed. */
  packet?: string
  /** What mends it, where that is known. */
  fix?: string
  /** A prerequisite that is not met: how many cases were not run because of it. */
  heldBack?: number
  /** Ids of its cases, the simplest first. Each case that failed or warned is in one cause. */
  cases: string[]
}

export type RunReport = {
  /** Version of mqttspec. */
  mqttspec: string
  schema: 1
  /** ISO 8601, UTC. */
  startedAt: string
  durationMs: number
  sleptMs: number
  seed: number
  exitCode: number
  /** Which part of the run this is, where it was split over several jobs. */
  shard?: { index: number; count: number }
  /** Set where the run as a whole went wrong (exit 2, 3, 70) or was interrupted. */
  problem?: string
  target: TargetInfo
  summary: Record<Verdict, number>
  /** Findings about the target as a whole: claims of its profile that do not hold. */
  findings: Finding[]
  results: CaseResult[]
  statements: StatementOutcome[]
  /** Why cases failed or warned, what asks for work first on top. Reports of older versions have none. */
  causes?: Cause[]
  /** Accepted failures: how many were expected, and every entry that did not hold. */
  knownIssues?: { file: string; expected: number; violations: string[] }
  /** Set by `mqttspec explore`: what it tried and reached. */
  explored?: Exploration
}

/** What is known before the first case runs. */
export type RunHead = {
  mqttspec: string
  seed: number
  target: TargetInfo
  cases: { id: string; suite: string }[]
}
