/** The library: `import { run } from 'mqttspec'` does what `mqttspec run` does. */

export type { Finding, Level, StatementRef } from './model/finding.ts'
export type { CaseResult, RunHead, RunReport, StatementOutcome, Verdict } from './model/report.ts'
export type { TraceEvent } from './model/trace.ts'
export type { Version } from './model/version.ts'
export { createReporter, type Reporter, type ReporterName } from './reporters/index.ts'
export { InterruptedError } from './run/interrupted-error.ts'
export type { RunOptions } from './run/options.ts'
export { run } from './run/run.ts'
export { UsageError } from './run/usage-error.ts'
export { version } from './run/version.ts'
export type { TargetWish } from './targets/index.ts'
export { TargetError } from './targets/target-error.ts'
