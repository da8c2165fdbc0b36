import type { TraceEvent } from '../model/trace.ts'
import { drawLadder } from '../reporters/ladder.ts'
import { findingLines } from '../reporters/pretty/drawn-case.ts'
import { paper } from '../reporters/pretty/paper.ts'
import type { ConversationFinding } from './judgement.ts'

const columns = 100

/** The judges found what fails a case, or a fault that was asked for did not come about. The message is the ladder and the clause. */
export class JudgementError extends Error {
  override readonly name = 'JudgementError'
  /** All that was found, the gravest first. */
  declare readonly findings: readonly ConversationFinding[]
  declare readonly trace: readonly TraceEvent[]

  constructor(
    what: string,
    findings: readonly ConversationFinding[],
    trace: readonly TraceEvent[],
    options?: ErrorOptions,
  ) {
    const page = paper({ colour: false, columns, ascii: false })
    const ladder = drawLadder(trace, findings, { columns, ascii: false, target: 'client' })
    const lines = [
      what,
      ...findings.flatMap(finding => ['', ...findingLines(finding, page)]),
      '',
      ...ladder.map(({ text }) => text),
    ]
    super(lines.join('\n'), options)
    // Runners of tests print what can be enumerated of an error: the message says it already.
    Object.defineProperties(this, { findings: { value: findings }, trace: { value: trace } })
  }
}
