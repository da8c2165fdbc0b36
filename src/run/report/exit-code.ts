import type { RunReport } from '../../model/report.ts'

/*
 * 0: conformant: something ran, nothing failed. 1: a MUST is broken. 2: usage, or a mistake in a suite or profile; nothing ran.
 * 3: the target could not be reached or started, or its adapter is broken. 4: inconclusive or unstable, nothing was selected, or a report could not
 * be written. 70: a bug of mqttspec, with the trace saved.
 */

/** Which exit code counts where several do. */
const precedence = [70, 2, 3, 1, 4, 0]

export function worstOf(codes: number[]): number {
  return precedence.find(code => codes.includes(code)) ?? 0
}

/** The exit code that the results of a finished run ask for. `strict` counts warnings as failures. */
export function exitCodeOf(
  report: Pick<RunReport, 'results' | 'knownIssues' | 'findings' | 'profile'>,
  strict: boolean,
): number {
  const open = report.results.filter(result => result.known?.outcome !== 'expected')
  const some = (verdict: string) => open.some(result => result.verdict === verdict)
  if (some('error')) return 70
  if (some('fail') || (strict && some('warn'))) return 1
  if (report.findings.some(finding => finding.level === 'MUST')) return 1
  if (report.knownIssues && report.knownIssues.violations.length > 0) return 1
  if (report.profile?.outcome === 'fail') return 1
  if (some('inconclusive') || some('unstable')) return 4
  const ran = report.results.some(result => result.verdict !== 'skipped')
  return ran ? 0 : 4
}
