import { stringify } from 'yaml'
import type { Finding } from '../model/finding.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import { drawRuns } from './counting/runs.ts'
import { atEnd } from './reporter.ts'
import { firstOf, type Room, roomOf } from './room.ts'
import { headline, isAccepted, saysOf, warningsFail } from './text/headline.ts'
import { visible, visibleLines } from './text/visible.ts'

/**
 * TAP 14. A consumer that knows only `ok` and `not ok` comes to the verdict of the exit code: what fails the run is `not ok`,
 * be it a case, a claim of the target's profile, or a known issue that no longer holds.
 */
export const tap = atEnd(report => tapText(report, charactersMax))

/** Of all diagnostics together. */
const charactersMax = 16 * 1024 * 1024

export function tapText(report: RunReport, roomChars: number): string {
  const room = roomOf(roomChars)
  const points = [
    ...report.results.map(result => casePoint(result, report)),
    ...report.findings.filter(finding => finding.level === 'MUST').map(claimPoint),
    ...promisePoints(report),
  ]
  return [
    'TAP version 14',
    ...(points.length > 0 ? [`1..${points.length}`] : []),
    `# mqttspec ${oneLine(report.mqttspec)} ${oneLine(report.target.name)} seed ${report.seed}`,
    ...points.map(({ ok, text, diagnostics, warning }, index) =>
      [
        `${ok ? 'ok' : 'not ok'} ${index + 1} - ${text}`,
        ...yamlBlock(diagnostics, room),
        ...(warning === undefined ? [] : [`# warning: ${warning}`]),
      ].join('\n'),
    ),
    `# exit ${report.exitCode}: ${oneLine(headline(report))}`,
    ...bailOut(report),
    '',
  ].join('\n')
}

/** `warning`: as a comment, for those who read no diagnostics of what is `ok`. */
type Point = { ok: boolean; text: string; diagnostics?: object; warning?: string }

function casePoint(result: CaseResult, report: RunReport): Point {
  const name = escaped(oneLine(result.id))
  if (isAccepted(result)) {
    const ticket = escaped(oneLine(result.known!.ticket))
    return { ok: false, text: `${name} # TODO ${ticket}`, diagnostics: diagnostics(result, report) }
  }
  switch (result.verdict) {
    case 'pass':
      return { ok: true, text: name }
    case 'skipped':
      return { ok: true, text: `${name} # SKIP ${escaped(oneLine(result.reason))}` }
    case 'warn':
      return {
        ok: !warningsFail(report),
        text: name,
        diagnostics: diagnostics(result, report),
        warning: `${oneLine(result.id)}: ${oneLine(result.reason)}`,
      }
    case 'fail':
    case 'unstable':
    case 'inconclusive':
    case 'error':
      return { ok: false, text: name, diagnostics: diagnostics(result, report) }
  }
}

function claimPoint(finding: Finding): Point {
  return {
    ok: false,
    text: escaped(`target: ${oneLine(finding.message)}`),
    diagnostics: findingData(finding),
  }
}

function promisePoints(report: RunReport): Point[] {
  const { file, violations } = report.knownIssues ?? { file: '', violations: [] }
  if (violations.length === 0) return []
  const [first, more] = firstOf(violations, 100, 'violation')
  return [
    {
      ok: false,
      text: escaped(`the known issues of ${oneLine(file)} hold`),
      diagnostics: { violations: [...first.map(text => visible(text, 1000)), ...more] },
    },
  ]
}

function diagnostics(result: CaseResult, report: RunReport): object {
  const ladder = drawRuns(result, {
    columns: 100,
    ascii: false,
    target: report.target.name,
  })
  const [first, more] = firstOf(result.findings, findingsMax, 'finding')
  return {
    verdict: result.verdict,
    title: visible(result.title),
    // Where findings follow they say the same.
    reason: result.findings.length > 0 ? undefined : visible(result.reason),
    at: { file: visible(result.place.file), line: result.place.line, column: result.place.column },
    durationMs: result.durationMs,
    findings: first.map(findingData),
    ...(more.length > 0 ? { more: more.join() } : {}),
    ...(ladder.length > 0 ? { ladder: ladder.map(line => line.text).join('\n') } : {}),
    again: visible(result.replay),
  }
}

const findingsMax = 20

function findingData(finding: Finding): object {
  const { statement, level, message, expected, got, nearestMiss } = finding
  return {
    statement: visible(statement, 200),
    level,
    says: saysOf(statement),
    message: visible(message),
    expected: visible(expected),
    got: visible(got),
    nearestMiss: nearestMiss === undefined ? undefined : visible(nearestMiss),
  }
}

function yamlBlock(data: object | undefined, room: Room): string[] {
  if (data === undefined) return []
  // No anchors: two equal findings are told twice. No folding: a ladder keeps its lines.
  const text = stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd()
  // It is whole or not at all: half a YAML is none.
  const fitted = room.fit(text)
  const shown = fitted === text ? text : stringify({ diagnostics: fitted }).trimEnd()
  return ['---', ...visibleLines(shown, text.length).split('\n'), '...'].map(line => `  ${line}`)
}

/** A run that never came to its cases must not read as an empty success. */
function bailOut(report: RunReport): string[] {
  const nothing = report.results.length === 0
  return report.problem !== undefined || nothing ? [`Bail out! ${oneLine(headline(report))}`] : []
}

function oneLine(text: string): string {
  return visible(text, 1000)
}

/** `#` would begin a directive, `\` an escape. Source: TAP 14, "Escaping". */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, '\\$&')
}
