/** The library: `import { run } from 'mqttspec'` does what `mqttspec run` does; `withBroker` and `withProxy` stand in unit tests. */

export type { FaultWishes, NamedPacket } from './in-tests/fault-wishes.ts'
export type { ConversationFinding, MessageFate } from './in-tests/judgement.ts'
export { JudgementError } from './in-tests/judgement-error.ts'
export { withBroker } from './in-tests/with-broker.ts'
export {
  type Conversation,
  type ConversationOptions,
  type Judged,
  type ProxyOptions,
  withProxy,
} from './in-tests/with-proxy.ts'
export type { Finding, Level, StatementRef } from './model/finding.ts'
export type { CaseResult, RunHead, RunReport, StatementOutcome, Verdict } from './model/report.ts'
export type { TraceEvent } from './model/trace.ts'
export type { Version } from './model/version.ts'
export { createReporter, type Reporter, type ReporterName } from './reporters/index.ts'
export { parseReport, ReportError } from './reporters/reading/parse-report.ts'
export { type ExploreOptions, explore } from './run/explore/explore.ts'
export { InterruptedError } from './run/interrupted-error.ts'
export type { RunOptions } from './run/options.ts'
export { run } from './run/run.ts'
export { UsageError } from './run/usage-error.ts'
export { version } from './run/version.ts'
export type { TargetWish } from './targets/index.ts'
export { TargetError } from './targets/target-error.ts'
