import type { Finding } from '../model/finding.ts'
import type { CaseResult, Cause, RunReport } from '../model/report.ts'
import { neverBegan } from './counting/counts.ts'
import { causesIn, groupByCause, shortId } from './counting/groups.ts'
import { drawRuns } from './counting/runs.ts'
import { atEnd } from './reporter.ts'
import { firstOf, type Room, roomOf } from './room.ts'
import { detailsOf } from './text/details.ts'
import { headline, isAccepted, problemDetails, saysOf, warningsFail } from './text/headline.ts'
import { visible } from './text/visible.ts'
import { count } from './text/words.ts'
import { type Element, element, writeXml } from './text/xml.ts'

/**
 * JUnit XML. `failure`: the target broke a rule. `error`: nothing can be said of it (inconclusive, or we or the adapter failed).
 * The format knows no expected failure; one that a ticket accepts is `skipped`, so that CI agrees with the exit code. Nor does it know
 * warnings: their cases pass, and each cause of them is a skipped test of a suite of its own, which all consumers show.
 */
export const junit = atEnd(report => junitText(report, charactersMax))

/** Of texts and outputs together, before what XML adds to them. */
const charactersMax = 16 * 1024 * 1024

export function junitText(report: RunReport, roomChars: number): string {
  const room = roomOf(roomChars)
  const suites = [...bySuite(report, room), ...runSuite(report), ...warningSuite(report)]
  const attributes = {
    name: `mqttspec ${report.target.name}`,
    ...totals(suites.flatMap(suite => suite.cases)),
    time: seconds(report.durationMs),
    timestamp: report.startedAt,
  }
  return writeXml(
    element(
      'testsuites',
      attributes,
      suites.map(suite => suiteElement(suite, report)),
    ),
  )
}

type Outcome =
  | { kind: 'passed' }
  | { kind: 'failure' | 'error'; type: string; message: string; text: string }
  | { kind: 'skipped'; message: string }

type JunitCase = {
  name: string
  ms: number
  outcome: Outcome
  properties: [name: string, value: string][]
  output: string
  place?: CaseResult['place']
}

type JunitSuite = { name: string; cases: JunitCase[] }

function bySuite(report: RunReport, room: Room): JunitSuite[] {
  const suites = new Map<string, JunitCase[]>()
  const causes = new Map(
    causesIn(report).flatMap(cause => cause.cases.map((id): [string, Cause] => [id, cause])),
  )
  for (const result of report.results) {
    if (!suites.has(result.suite)) suites.set(result.suite, [])
    suites.get(result.suite)!.push(junitCase(result, report, causes.get(result.id), room))
  }
  return [...suites].map(([name, cases]) => ({ name, cases }))
}

function junitCase(
  result: CaseResult,
  report: RunReport,
  cause: Cause | undefined,
  room: Room,
): JunitCase {
  const outcome = outcomeOf(result, report)
  const output = outputOf(result, report)
  return {
    // Consumers show the class before it, which is the suite.
    name: shortId(result.id, result.suite),
    ms: result.durationMs,
    outcome: 'text' in outcome ? { ...outcome, text: room.fit(outcome.text) } : outcome,
    properties: [
      ['version', result.version],
      ['verdict', result.verdict],
      ...result.covers.map((ref): [string, string] => ['statement', ref]),
      ...result.bugs.map((bug): [string, string] => ['bug', bug]),
      ...(cause === undefined ? [] : [['cause', cause.name] satisfies [string, string]]),
      ['replay', result.replay],
    ],
    output: output === '' ? '' : room.fit(output),
    place: result.place,
  }
}

function outcomeOf(result: CaseResult, report: RunReport): Outcome {
  const { verdict, reason, known } = result
  if (isAccepted(result)) {
    return { kind: 'skipped', message: `known issue ${known!.ticket}: ${reason}` }
  }
  if (neverBegan(result)) return { kind: 'skipped', message: reason }
  switch (verdict) {
    case 'pass':
      return { kind: 'passed' }
    case 'skipped':
      return { kind: 'skipped', message: reason }
    case 'warn':
      return warningsFail(report) ? failure(result) : { kind: 'passed' }
    case 'fail':
      return failure(result)
    case 'unstable':
    case 'inconclusive':
    case 'error':
      return { kind: 'error', type: verdict, message: reason, text: `${reason}\n${result.replay}` }
  }
}

function failure({ reason, findings, replay }: CaseResult): Outcome {
  return {
    kind: 'failure',
    type: findings[0]?.statement ?? 'fail',
    message: reason,
    text: [...findingTexts(findings), replay].join('\n\n'),
  }
}

function findingTexts(findings: readonly Finding[]): string[] {
  const [first, more] = firstOf(findings, findingsMax, 'finding')
  return [...first.map(findingText), ...more]
}

const findingsMax = 20

function findingText(finding: Finding): string {
  const { statement, level, message, at } = finding
  const facts = [
    `${level} ${visible(statement, 200)}: ${visible(message)}`,
    `says: ${saysOf(statement) ?? ''}`,
    ...detailsOf(finding).map(([name, text]) => `${name}: ${visible(text)}`),
    at === undefined ? '' : `at: ${visible(at.file)}:${at.line}:${at.column}`,
  ]
  return facts.filter(fact => !/^(\w+: )?$/.test(fact)).join('\n')
}

/** What fails the run and is no case: claims of the profile, known issues that no longer hold, a run that never began. */
function runSuite(report: RunReport): JunitSuite[] {
  const cases = [
    ...report.findings.map(finding => runCase(`target: ${finding.message}`, claimOutcome(finding))),
    ...(report.knownIssues?.violations ?? []).map(text =>
      runCase(`known issues: ${text}`, {
        kind: 'failure',
        type: 'known-issues',
        message: text,
        text,
      }),
    ),
    ...problemCases(report),
  ]
  return cases.length === 0 ? [] : [{ name: 'mqttspec', cases }]
}

function claimOutcome(finding: Finding): Outcome {
  if (finding.level !== 'MUST') return { kind: 'passed' }
  return {
    kind: 'failure',
    type: finding.statement,
    message: finding.message,
    text: findingText(finding),
  }
}

function problemCases(report: RunReport): JunitCase[] {
  const nothing = report.results.length === 0 && report.exitCode !== 0
  if (report.problem === undefined && !nothing) return []
  const message = headline(report)
  const text = [message, ...problemDetails(report)].join('\n')
  return [runCase('the run', { kind: 'error', type: 'run', message, text })]
}

/** What warned, a test for each cause. */
function warningSuite(report: RunReport): JunitSuite[] {
  const warned = report.results.filter(({ verdict }) => verdict === 'warn')
  // Under --strict they have failed already.
  const open = warningsFail(report) ? [] : warned.filter(result => !isAccepted(result))
  const cases = groupByCause(report, open).map(({ first, others, cause }) => {
    const { level = 'SHOULD', statements = [], says = first.reason } = cause ?? {}
    const n = count(others.length + 1, 'case')
    const message = `${n}, such as ${first.id}: ${level} ${statements.join(', ')}: ${says}`
    return runCase(visible(says, 300), { kind: 'skipped', message: visible(message, 1000) })
  })
  return cases.length === 0 ? [] : [{ name: 'warnings', cases }]
}

function runCase(name: string, outcome: Outcome): JunitCase {
  return { name, ms: 0, outcome, properties: [], output: '' }
}

function outputOf(result: CaseResult, report: RunReport): string {
  if (result.verdict === 'pass' || result.verdict === 'skipped') return ''
  const ladder = drawRuns(result, {
    columns: 100,
    ascii: false,
    target: report.target.name,
  })
  // What the failure tells is not told again.
  const isFailure = result.verdict === 'fail' && !isAccepted(result)
  const told = isFailure ? [] : findingTexts(result.findings)
  return [...told, ladder.map(line => line.text).join('\n')]
    .filter(text => text !== '')
    .join('\n\n')
}

function suiteElement({ name, cases }: JunitSuite, { startedAt }: RunReport): Element {
  const time = seconds(cases.reduce((sum, one) => sum + one.ms, 0))
  const attributes = { name, ...totals(cases), time, timestamp: startedAt }
  return element(
    'testsuite',
    attributes,
    cases.map(one => caseElement(name, one)),
  )
}

function caseElement(suite: string, one: JunitCase): Element {
  const place = one.place === undefined ? {} : { file: one.place.file, line: one.place.line }
  const attributes = {
    name: one.name,
    classname: suite.replaceAll('/', '.'),
    time: seconds(one.ms),
    ...place,
  }
  return element('testcase', attributes, [
    ...propertiesElement(one),
    ...outcomeElement(one.outcome),
    ...(one.output === '' ? [] : [element('system-out', {}, one.output)]),
  ])
}

function propertiesElement({ properties }: JunitCase): Element[] {
  if (properties.length === 0) return []
  const each = properties.map(([name, value]) => element('property', { name, value }))
  return [element('properties', {}, each)]
}

function outcomeElement(outcome: Outcome): Element[] {
  switch (outcome.kind) {
    case 'passed':
      return []
    case 'skipped':
      return [element('skipped', { message: outcome.message })]
    case 'failure':
    case 'error': {
      const { kind, type, message, text } = outcome
      return [element(kind, { message, type }, text)]
    }
  }
}

function totals(cases: readonly JunitCase[]): { [name: string]: number } {
  const of = (kind: Outcome['kind']) => cases.filter(one => one.outcome.kind === kind).length
  return {
    tests: cases.length,
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
