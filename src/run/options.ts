import type { Stalls } from '../engine/waiting/process-stalls.ts'
import type { KnownIssue } from '../model/known-issues.ts'
import type { CaseResult, RunHead } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import type { TargetWish } from '../targets/index.ts'
import type { Reach } from '../targets/reach.ts'
import type { BrokerTarget } from '../targets/target.ts'

export type RunOptions = {
  /** Files, folders, suite or case ids; all that fit the target's role when empty. */
  suites?: string[]
  /** An address, a profile file, a built-in name, or a broker in this process. Default: the embedded broker. */
  target?: TargetWish
  /** How the target is reached, where that is not said by its address or profile. */
  reach?: Reach
  /** The broker behind proxies, where the target is a client. Default: the embedded broker. */
  upstream?: TargetWish
  /** All topics and client ids of ours begin with these, where access rules allow no others. Default: what the profile says. */
  topicPrefix?: string
  clientIdPrefix?: string
  /** A named set of suites, in the place of `suites`. */
  profile?: string
  /** Only these versions. */
  mqtt?: Version[]
  /** Only cases with one of these tags. */
  tags?: string[]
  /** Cases side by side; verdicts do not depend on it. Default 16. */
  jobs?: number
  /** Warnings fail the run. */
  strict?: boolean
  /** Nothing new is begun after the first failure. */
  bail?: boolean
  /** Multiplies every budget. Default 1. */
  timeoutScale?: number
  /** When the run ends, with its reports, if it has not ended by itself: exit code 4. Default an hour. */
  timeLimitMs?: number
  seed?: number
  /** One part of several: `{ index: 1, count: 4 }`. */
  shard?: { index: number; count: number }
  knownIssues?: { file: string; entries: KnownIssue[] }
  /** Words of the command line that repeat in the replay lines, such as `--target mosquitto`. */
  replayWith?: string
  signal?: AbortSignal
  onBegin?(head: RunHead): void
  onCaseBegun?(id: string): void
  /** All that happens in a case, as it happens and as the report will have it. */
  onCaseEvent?(id: string, event: TraceEvent): void
  onCaseDone?(result: CaseResult): void
}

/** Of a run whose cases are loaded and whose targets are open. */
export type LoadedOptions = RunOptions & {
  /** The cases run even where the target would not do for one plain QoS 2 message. */
  proceed?: boolean
  /** Why there are no cases. */
  empty?: string
  /** For tests: what tells for how long we stood still. */
  stalls?: Stalls
  /** The broker behind proxies, open already. */
  behind?: BrokerTarget
}
