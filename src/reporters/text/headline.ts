import type { Finding, StatementRef } from '../../model/finding.ts'
import type { CaseResult, RunReport } from '../../model/report.ts'
import { statements } from '../../standard/statements.ts'
import { groupByCause } from '../counting/groups.ts'
import { count } from './words.ts'

/** A search for a flaw that was put upon the target. */
const canarySuite = 'explore/canary'

/** The exit code in words: what a reader must know if they read one line. */
export function headline(report: RunReport): string {
  if (report.problem !== undefined) {
    const [what = ''] = report.problem.split('\n')
    return report.exitCode === 1 ? `${what.replace(/\.$/, '')}; ${broken(report)}` : what
  }
  switch (report.exitCode) {
    case 0:
      return conformant(report)
    case 1:
      return broken(report)
    case 2:
      return 'usage, or a mistake in a suite or profile: nothing ran'
    case 3:
      return 'the target or its adapter could not be used'
    case 4:
      return withoutVerdict(report)
    case 70:
      return 'mqttspec itself failed; the trace is in the report'
  }
  return `the run ended with exit code ${report.exitCode}`
}

/** What a problem says beyond its first line: what an adapter wrote last, what to try. */
export function problemDetails({ problem = '' }: RunReport): string[] {
  return problem.split('\n').slice(1)
}

function withoutVerdict({ results, summary }: RunReport): string {
  if (results.length === 0) return 'nothing was selected'
  if (summary.skipped === results.length) {
    return `nothing ran: ${results.length === 1 ? 'the one case was' : `all ${results.length} cases were`} skipped`
  }
  const parts = [
    summary.inconclusive > 0 ? `${count(summary.inconclusive, 'case')} could not be judged` : '',
    summary.unstable > 0 ? `${count(summary.unstable, 'failure')} did not come again` : '',
  ]
  return `inconclusive: ${parts.filter(part => part !== '').join(', ')}`
}

/** Fails although a known-issues file accepts it: not news. */
export function isAccepted(result: CaseResult): boolean {
  return result.known?.outcome === 'expected' && result.verdict !== 'pass'
}

/** What a run says of an entry in the known-issues file. */
export const knownWords = {
  expected: 'fails as expected',
  passes: 'passes now: take it off the list',
  differs: 'fails in another way',
  skipped: 'was skipped',
  expired: 'has expired',
} as const

/** Failures nobody has accepted yet. */
function newFailures(report: RunReport): CaseResult[] {
  return report.results.filter(result => result.verdict === 'fail' && !isAccepted(result))
}

/** With --strict a SHOULD fails the run too; the report shows it by its exit code alone. */
export function warningsFail(report: RunReport): boolean {
  const otherReason = newFailures(report).length + mustFindings(report).length > 0
  return report.exitCode === 1 && !otherReason && !brokenPromises(report) && !profileFails(report)
}

/** A profile may count what fails nothing in any other run. */
function profileFails({ profile }: RunReport): boolean {
  return profile?.outcome === 'fail'
}

/** `says` of the statement, or nothing for a section, which has no text of its own here. */
export function saysOf(ref: StatementRef): string | undefined {
  return statements.get(ref)?.says
}

function conformant(report: RunReport): string {
  // Of the target nothing was asked but whether a flaw that was put upon it shows.
  const canary = report.results.find(({ suite }) => suite === canarySuite)
  if (canary) return canary.notes?.[0] ?? `${canary.id} was found`
  const accepted = report.results.filter(isAccepted).length
  const { warn } = report.summary
  return [
    'conformant: nothing failed',
    accepted > 0 ? ` but ${count(accepted, 'known issue')}` : '',
    warn > 0 ? `, ${count(warn, 'warning')}` : '',
  ].join('')
}

function broken(report: RunReport): string {
  const rules = new Set(mustFindings(report).map(finding => finding.statement)).size
  const parts = [
    failuresByCause(report),
    rules > 0 ? `${count(rules, 'MUST')} ${rules === 1 ? 'is' : 'are'} broken` : '',
    brokenPromises(report) ? 'the known issues no longer hold' : '',
    report.profile && profileFails(report)
      ? `the profile ${report.profile.name} is not passed`
      : '',
    warningsFail(report) ? `${count(report.summary.warn, 'warning')} under --strict` : '',
  ]
  return parts.filter(part => part !== '').join('; ') || 'a case failed'
}

/** Where one mistake failed several cases, how few mistakes there may be. */
function failuresByCause(report: RunReport): string {
  const failures = newFailures(report)
  const causes = groupByCause(report, failures).length
  if (causes === 0 || causes === failures.length) return ''
  return `${count(failures.length, 'failure')}, ${count(causes, 'cause')}`
}

function mustFindings(report: RunReport): Finding[] {
  return [...newFailures(report).flatMap(result => result.findings), ...report.findings].filter(
    finding => finding.level === 'MUST' && finding.about !== 'dispute',
  )
}

function brokenPromises(report: RunReport): boolean {
  return (report.knownIssues?.violations.length ?? 0) > 0
}
