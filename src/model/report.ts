import type { StaticDecode } from 'typebox'
import type { profileOutcome } from './report/conformance-profile.ts'
import type * as shapes from './report/report.ts'
import type { cause, result, statementOutcome } from './report/result.ts'

export type { ReportFile, ScenarioInFile, SuiteInFile } from './report/report-file.ts'
export { type Verdict, verdicts } from './verdict.ts'

export type RunReport = StaticDecode<typeof shapes.report>

export type CaseResult = StaticDecode<typeof result>

export type TargetInfo = StaticDecode<typeof shapes.targetInfo>

export type StatementOutcome = StaticDecode<typeof statementOutcome>

/** Cases that failed, or warned, in the same way: one thing to mend. */
export type Cause = StaticDecode<typeof cause>

/** What became of a named set of suites, and of each of its parts. */
export type ProfileOutcome = StaticDecode<typeof profileOutcome>
export type ProfilePart = ProfileOutcome['parts'][number]

/** What is known before the first case runs. */
export type RunHead = {
  mqttspec: string
  seed: number
  target: TargetInfo
  cases: { id: string; suite: string }[]
}
