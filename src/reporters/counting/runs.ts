import type { Finding } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { drawLadder, type LadderLine, type LadderOptions } from '../ladder.ts'

type DrawnRun = { title: string; trace: readonly TraceEvent[]; findings: readonly Finding[] }

/** The times that a case was run, as far as they are worth seeing: both of an unstable one, else the one that counts. */
function runsOf({ first, trace, findings }: CaseResult): DrawnRun[] {
  if (!first) return [{ title: '', trace, findings }]
  return [
    { title: 'at first:', trace: first.trace, findings: first.findings },
    { title: 'run again:', trace, findings },
  ]
}

/** The ladders of a case, each of several under a title. */
export function drawRuns(result: CaseResult, options: LadderOptions): LadderLine[] {
  return runsOf(result).flatMap(({ title, trace, findings }) => {
    const lines = drawLadder(trace, findings, options)
    if (title === '' || lines.length === 0) return lines
    return [{ text: title, tone: 'plain' as const }, ...lines]
  })
}
