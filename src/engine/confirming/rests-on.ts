import type { Finding } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'

/*
 * What the target sent is in the trace, and the trace proves it. That something did not come, or that a connection ended, may be the doing
 * of a busy machine, of a case beside, or of a broker that is being started: such a failure is told only when it has come again.
 */

/** The finding that decided the verdict. */
export function decisive({ findings }: Pick<CaseResult, 'findings'>): Finding | undefined {
  return (
    findings.find(({ level, about }) => level === 'MUST' && about !== 'dispute') ??
    findings.find(({ level }) => level !== 'MAY')
  )
}

/** Whether a failure or warning has to come again before it is told. */
export function isDoubtful({ verdict, findings, trace }: CaseResult): boolean {
  if (verdict !== 'fail' && verdict !== 'warn') return false
  const level = verdict === 'fail' ? 'MUST' : 'SHOULD'
  const weighty = findings.filter(one => one.level === level && one.about !== 'dispute')
  return !weighty.some(finding => isProven(finding, trace))
}

function isProven({ absent, judge, seq }: Finding, trace: readonly TraceEvent[]): boolean {
  if (absent) return false
  if (judge === 'audit') return true
  const event = trace.find(one => one.seq === seq)
  switch (event?.kind) {
    case 'packet':
    case 'bytes':
      return event.from === 'target'
    case 'app':
      return true
    case undefined:
    case 'open':
    case 'close':
    case 'fault':
    case 'restart':
    case 'step':
    case 'fence':
    case 'command':
    case 'wait':
    case 'finding':
    case 'note':
      return false
  }
}

/** The same for failures of one cause: the clause, the packet it is about, and what came instead, without names and numbers. */
export function causeOf(result: CaseResult): string {
  const finding = decisive(result)
  if (!finding) return result.reason
  const { statement, expected, got, judge } = finding
  return [statement, judge, shapeOf(expected).slice(0, 40), shapeOf(got)].join(' | ')
}

function shapeOf(text: string): string {
  return text
    .replace(/"[^"]*"/g, '""')
    .replace(/\bms\/\S+/g, 'topic')
    .replace(/\b(0x)?[0-9a-f]*\d[0-9a-f]*\b/g, '0')
}

/** Whether a case that was run again shows what it showed at first. */
export function cameAgain(first: CaseResult, again: CaseResult): boolean {
  const cited = decisive(first)?.statement
  if (again.verdict !== 'fail' && again.verdict !== 'warn') return false
  return again.findings.some(({ statement, level }) => statement === cited && level !== 'MAY')
}
