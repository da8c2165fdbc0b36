import { primaryFinding } from '../causes/primary.ts'
import type { RunReport } from '../model/report.ts'
import { type Group, groupByCause } from './counting/groups.ts'
import { atEnd } from './reporter.ts'
import { headline, isAccepted } from './text/headline.ts'
import { visible } from './text/visible.ts'
import { count } from './text/words.ts'

/**
 * Annotations for a GitHub job: one for each cause, at the line of the suite that met it. GitHub shows ten errors and ten warnings of a
 * step and drops the rest, so no more are written; the last line says what is left out.
 */
export const github = atEnd(report => {
  const failures = groupsOf(report, 'fail')
  const warnings = groupsOf(report, 'warn')
  const beyond = (all: readonly unknown[]) => Math.max(0, all.length - shownMax)
  const told = troubles(report)
  const causes = beyond(failures) + beyond(warnings)
  return [
    ...failures.slice(0, shownMax).map(group => annotation('error', group)),
    ...warnings.slice(0, shownMax).map(group => annotation('warning', group)),
    ...told.slice(0, shownMax).map(text => `::error title=mqttspec::${data(text)}`),
    `${report.exitCode === 0 ? 'ok' : 'not ok'}: ${oneLine(headline(report))}`,
    ...(causes > 0 ? [`${count(causes, 'more cause')} in the other reports`] : []),
    ...(beyond(told) > 0 ? [`${count(beyond(told), 'more error')} of the run in the others`] : []),
    '',
  ].join('\n')
})

/** As many as GitHub shows of a kind. */
const shownMax = 10

function groupsOf(report: RunReport, verdict: 'fail' | 'warn'): Group[] {
  const open = report.results.filter(one => one.verdict === verdict && !isAccepted(one))
  return groupByCause(report, open)
}

function annotation(kind: 'error' | 'warning', { first, others }: Group): string {
  const finding = primaryFinding(first)
  const { file, line, column } = finding?.at ?? first.place
  const more = others.length > 0 ? `, and ${count(others.length, 'case')} like it` : ''
  const title = finding ? `${finding.level} ${finding.statement}` : first.verdict
  const place = { file, line, col: column, title }
  const properties = Object.entries(place).map(([name, value]) => `${name}=${property(value)}`)
  const text = [finding?.message ?? first.reason, `${first.id}${more}`, `again: ${first.replay}`]
  return `::${kind} ${properties.join(',')}::${text.map(data).join('%0A')}`
}

/** What fails a run and is no case. */
function troubles({ problem, knownIssues, findings }: RunReport): string[] {
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(knownIssues?.violations ?? []),
    ...findings.filter(({ level }) => level === 'MUST').map(({ message }) => message),
  ]
}

function oneLine(text: string): string {
  return visible(text, 500).replace(/^:+/, '')
}

function data(text: string): string {
  return visible(text, 1000).replaceAll('%', '%25')
}

function property(value: string | number): string {
  return data(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
