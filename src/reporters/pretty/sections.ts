import type { CaseResult, RunReport } from '../../model/report.ts'
import { caseCounts, neverBegan, statementCounts } from '../counting/counts.ts'
import { type Group, groupAlike, groupByCause, scenarioOf, shortId } from '../counting/groups.ts'
import type { ReporterOptions } from '../reporter.ts'
import { fit, wrap } from '../text/columns.ts'
import { headline, isAccepted, knownWords, problemDetails } from '../text/headline.ts'
import { partWords, profileWords } from '../text/profile-words.ts'
import { visible } from '../text/visible.ts'
import { count, duration } from '../text/words.ts'
import { againLines, drawnCase, findingLines } from './drawn-case.ts'
import { type Paper, sign } from './paper.ts'

/** Failures drawn unless asked for all: past these a page or a file serves better than a terminal. */
const drawnMax = 12
/** Of all that is drawn together, also where somebody asked for all: what comes behind it is counted. */
const charactersMax = 4 * 1024 * 1024

/** All that follows the suites: what went wrong in full, the rest in short, the verdict last. */
export function sections(report: RunReport, page: Paper, options: ReporterOptions): string[] {
  const room = { left: charactersMax }
  const draw = (title: string, groups: Group[]) =>
    drawn(title, groups, { report, page, room }, options)
  return [
    ...draw('Failures', byCause(report, 'fail')),
    ...draw('Errors', groupAlike(ofVerdict(report, 'error'))),
    ...draw('Unstable', groupAlike(ofVerdict(report, 'unstable'))),
    ...draw('Inconclusive', groupAlike(inconclusive(report))),
    ...warnings(report, page),
    ...aboutTarget(report, page),
    ...known(report, page, options),
    ...byReason('Not finished', withoutTurn(report), page),
    ...byReason('Skipped', ofVerdict(report, 'skipped'), page),
    ...summary(report, page),
  ]
}

function ofVerdict(report: RunReport, verdict: CaseResult['verdict']): CaseResult[] {
  return report.results.filter(result => result.verdict === verdict && !isAccepted(result))
}

function byCause(report: RunReport, verdict: 'fail' | 'warn'): Group[] {
  return groupByCause(report, ofVerdict(report, verdict))
}

function inconclusive(report: RunReport): CaseResult[] {
  return ofVerdict(report, 'inconclusive').filter(
    result => !neverBegan(result) && !brokenOff(result, report),
  )
}

/** Where somebody ended the run, what it was in the middle of asks nobody for attention. */
function brokenOff({ verdict, reason }: CaseResult, { problem }: RunReport): boolean {
  const byUser = problem?.startsWith('interrupted') ?? false
  return byUser && verdict === 'inconclusive' && reason.startsWith('interrupted at ')
}

function withoutTurn(report: RunReport): CaseResult[] {
  return report.results.flatMap(result => {
    if (brokenOff(result, report)) return { ...result, reason: 'interrupted in the middle' }
    return neverBegan(result) ? result : []
  })
}

/** What is drawn, on what, and the characters that are left for it. */
type Canvas = { report: RunReport; page: Paper; room: { left: number } }

function drawn(
  title: string,
  groups: Group[],
  { report, page, room }: Canvas,
  { verbose }: ReporterOptions,
): string[] {
  if (groups.length === 0) return []
  const cases: string[][] = []
  for (const group of verbose ? groups : groups.slice(0, drawnMax)) {
    if (room.left <= 0) break
    const lines = drawnCase(group, report.target.name, page)
    room.left -= lines.reduce((sum, line) => sum + line.length, 0)
    cases.push(lines)
  }
  const left = groups.length - cases.length
  const where = verbose
    ? 'the JSON report has them'
    : '--verbose draws them here, --reporter html=FILE on a page'
  return [
    ...section(title, sizeOf(groups), page, causesOf(groups)),
    ...cases.flatMap((lines, index) => (index > 0 ? ['', ...lines] : lines)),
    ...(left > 0 ? ['', `and ${left} more; ${where}`] : []),
  ]
}

function sizeOf(groups: readonly Group[]): number {
  return groups.reduce((sum, { others }) => sum + 1 + others.length, 0)
}

/** How many things there are to mend, where that is fewer than the cases. */
function causesOf(groups: readonly Group[]): string {
  const causes = groups.filter(({ cause }) => cause !== undefined).length
  return causes > 0 && causes < sizeOf(groups) ? `, ${count(causes, 'cause')}` : ''
}

/** Warnings told once each, with the cases that met them. */
function warnings(report: RunReport, page: Paper): string[] {
  const groups = byCause(report, 'warn')
  if (groups.length === 0) return []
  return [
    ...section('Warnings', sizeOf(groups), page, causesOf(groups)),
    ...groups.slice(0, 50).flatMap(({ first, others }) => {
      const more = others.length > 0 ? ` and ${others.length} more like it` : ''
      const id = fit(visible(first.id, 300), page.columns - 4 - more.length, page.more)
      const told = first.findings.filter(finding => finding.level !== 'MAY').slice(0, 3)
      return [
        `${sign('warn', page)} ${id}${page.paint.dim(more)}`,
        ...told.flatMap(finding => findingLines(finding, page, first.place)),
        ...againLines(first, page),
      ]
    }),
    ...(groups.length > 50 ? [`and ${groups.length - 50} more`] : []),
  ]
}

function aboutTarget(report: RunReport, page: Paper): string[] {
  if (report.findings.length === 0) return []
  return [
    ...section('The target does not hold what its profile claims', report.findings.length, page),
    ...report.findings.slice(0, 50).flatMap(finding => findingLines(finding, page)),
  ]
}

function known(report: RunReport, page: Paper, options: ReporterOptions): string[] {
  const cases = report.results.filter(result => result.known !== undefined)
  const violations = report.knownIssues?.violations ?? []
  if (cases.length + violations.length === 0) return []
  const broken = violations.slice(0, 50).flatMap(text => {
    const [first, ...rest] = wrap(visible(text, 500), page.columns - 2, 3)
    return [`${sign('fail', page)} ${first}`, ...rest.map(line => `  ${line}`)]
  })
  return [
    ...section('Known issues', cases.length, page),
    ...byTicket(cases).flatMap(group => knownLines(group, page, options)),
    ...broken,
  ]
}

/** Cases of which the file says the same, the largest group first. */
function byTicket(cases: CaseResult[]): [CaseResult, ...CaseResult[]][] {
  const groups = new Map<string, [CaseResult, ...CaseResult[]]>()
  for (const result of cases) {
    const key = JSON.stringify(result.known)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [result])
    else group.push(result)
  }
  return [...groups.values()].sort((a, b) => b.length - a.length)
}

/** The ticket with its number of cases, and under it the scenarios, or each case where all is to be shown. */
function knownLines(
  group: [CaseResult, ...CaseResult[]],
  page: Paper,
  { verbose }: ReporterOptions,
): string[] {
  const { ticket, outcome } = group[0].known!
  const holds = outcome === 'expected'
  const said = `${visible(ticket, 200)}${holds ? '' : `: ${knownWords[outcome]}`}`
  const head = `${sign(holds ? 'known' : 'fail', page)} ${String(group.length).padStart(4)}  ${fit(said, page.columns - 8, page.more)}`
  const ids = group.map(({ id }) => visible(verbose ? id : scenarioOf(id), 300))
  const names = verbose ? ids : [wordsOf([...new Set(ids)], scenariosMax)]
  const under = names.flatMap(name => wrap(name, page.columns - 8))
  return [head, ...under.map(line => `        ${page.paint.dim(line)}`)]
}

/** Scenarios named under a ticket. */
const scenariosMax = 6

function wordsOf(names: string[], max: number): string {
  const left = names.length - max
  return [...names.slice(0, max), ...(left > 0 ? [`${left} more scenarios`] : [])].join(', ')
}

function byReason(title: string, results: CaseResult[], page: Paper): string[] {
  const byReason = new Map<string, CaseResult[]>()
  for (const result of results) {
    const same = byReason.get(result.reason)
    if (same === undefined) byReason.set(result.reason, [result])
    else same.push(result)
  }
  if (byReason.size === 0) return []
  const reasons = [...byReason].sort((a, b) => b[1].length - a[1].length)
  const lines = reasons.slice(0, 30).map(([reason, cases]) => {
    const only = cases.length === 1 ? ` (${shortId(cases[0]!.id, cases[0]!.suite)})` : ''
    const text = visible(`${reason}${only}`, 300)
    return `${String(cases.length).padStart(5)}  ${fit(text, page.columns - 7, page.more)}`
  })
  const rest = reasons.length > 30 ? [`       and ${reasons.length - 30} more reasons`] : []
  return [...section(title, results.length, page), ...lines, ...rest]
}

function summary(report: RunReport, page: Paper): string[] {
  const { paint } = page
  const facts: [string, string][] = [
    ['cases', caseCounts(report)],
    ['statements', statementCounts(report)],
    ...causeCounts(report),
    ...profileCounts(report),
    ...powerCuts(report),
    ...exploredWords(report),
    ['time', `${duration(report.durationMs)}, ${waitWords(report)}`],
  ]
  const colour = { 0: paint.green, 4: paint.magenta }[report.exitCode] ?? paint.red
  const verdict = wrap(visible(headline(report), 2000), page.columns - 2)
  const mark = sign(
    report.exitCode === 0 ? 'pass' : report.exitCode === 4 ? 'inconclusive' : 'fail',
    page,
  )
  return [
    '',
    ...facts.flatMap(([name, text]) =>
      wrap(text, page.columns - 12).map(
        (line, index) => (index === 0 ? name : '').padEnd(12) + line,
      ),
    ),
    '',
    ...verdict.map((line, index) => `${index === 0 ? mark : ' '} ${paint.bold(colour(line))}`),
    ...problemDetails(report).flatMap(line =>
      wrap(visible(line, 2000), page.columns - 2).map(part => `  ${part}`),
    ),
  ]
}

/** A named set: each part on a line of its own. */
function profileCounts({ profile }: RunReport): [string, string][] {
  if (!profile) return []
  return [
    ['profile', profileWords(profile)],
    ...profile.parts.map((part): [string, string] => [
      `  ${part.outcome}`,
      `${part.title}: ${partWords(part)}`,
    ]),
  ]
}

/** How many things there are to mend. */
function causeCounts(report: RunReport): [string, string][] {
  const told = (['fail', 'warn'] as const).flatMap(verdict => {
    const groups = byCause(report, verdict)
    const what = verdict === 'fail' ? 'failure' : 'warning'
    return groups.length === 0 ? [] : `${groups.length} of ${count(sizeOf(groups), what)}`
  })
  const some = report.results.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
  return told.length === 0 || some.length === 1 ? [] : [['causes', told.join(', ')]]
}

/** Cases wait side by side, so that all waits together may be longer than the run. */
function waitWords({ sleptMs }: RunReport): string {
  return sleptMs === 0
    ? 'nothing slept'
    : `with ${duration(sleptMs)} of waits for rules about time, side by side`
}

/** How often a board's power was cut, and what kind of board that was. */
function powerCuts({ results, target }: RunReport): [string, string][] {
  const cuts = results.reduce((sum, result) => sum + (result.powerCuts ?? 0), 0)
  if (cuts === 0) return []
  const board = visible(String(target.fingerprint.board ?? ''), 40)
  return [['power cuts', [`${cuts} tried`, board].filter(Boolean).join(', ')]]
}

/** What a search for faults tried, and how much of the state machines it reached. */
function exploredWords({ explored, durationMs }: RunReport): [string, string][] {
  if (!explored) return []
  const { schedules, stages, machines } = explored
  const edges = machines.flatMap(machine => machine.edges)
  const taken = edges.filter(({ times }) => times > 0).length
  const parts = Object.entries(stages).filter(([, times]) => times > 0)
  const perSecond = Math.round((schedules * 1000) / Math.max(1, durationMs))
  return [
    [
      'schedules',
      `${schedules} (${parts.map(([stage, times]) => `${times} ${stage}`).join(', ')}), ${perSecond} a second`,
    ],
    ['reached', `${taken} of ${edges.length} edges of the state machines`],
  ]
}

function section(title: string, n: number, page: Paper, more = ''): string[] {
  return ['', page.paint.bold(`${title} (${n}${more})`), '']
}
