import type { CaseResult, RunReport } from '../model/report.ts'
import { caseCounts, neverBegan, statementCounts } from './counting/counts.ts'
import { type Group, groupAlike, groupByCause } from './counting/groups.ts'
import { drawRuns } from './counting/runs.ts'
import { scoresOf } from './counting/score.ts'
import { atEnd } from './reporter.ts'
import { firstOf } from './room.ts'
import { detailsOf } from './text/details.ts'
import { escapeHtml } from './text/escape-html.ts'
import { headline, isAccepted, knownWords, saysOf } from './text/headline.ts'
import { partSigns, partWords, profileWords } from './text/profile-words.ts'
import { visible } from './text/visible.ts'
import { count, duration } from './text/words.ts'

/** GitHub drops a step summary above 1 MiB whole. */
const bytesMax = 880_000

/** For the summary of a CI step: the verdict first, tables of what went wrong, a folded ladder per failure. */
export const markdown = atEnd(report => markdownPage(report, bytesMax))

/** The same within a size; `changes` stands behind the verdict. */
export function markdownPage(report: RunReport, limitBytes: number, changes = ''): string {
  const page = boundedPage(limitBytes)
  page.add(top(report))
  if (changes !== '') page.add(changes)
  for (const part of [...score(report), ...wrong(report), ...ladders(report), ...rest(report)])
    page.add(part)
  return page.text()
}

/** How much of the standard holds, by version and level. */
function score(report: RunReport): string[] {
  const rows = scoresOf(report).map(({ version, level, met, broken, percent }) => [
    `MQTT ${version}`,
    level,
    `${met} of ${met + broken}`,
    `${percent} %`,
  ])
  return table('Statements that hold, of those tested', ['version', 'level', 'hold', ''], rows)
}

function top(report: RunReport): string {
  const { target } = report
  const sign = { 0: '✅', 4: '❔' }[report.exitCode] ?? '❌'
  const facts = [
    `${safe(target.role)} at ${safe(target.address)}`,
    `MQTT ${target.versions.join(', ')}`,
    ...(target.behind ? [`${safe(target.behind.name)} behind the proxies`] : []),
    `seed ${report.seed}`,
    duration(report.durationMs),
    ...(report.sleptMs > 0 ? [`${duration(report.sleptMs)} of waits for rules about time`] : []),
  ]
  return [
    `## ${sign} ${safe(target.name, 200)}: ${safe(headline(report), 2000)}`,
    '',
    `${caseCounts(report)}. Statements: ${statementCounts(report)}.${provedText(report)}`,
    '',
    `${facts.join(' · ')} · mqttspec ${safe(report.mqttspec, 40)}`,
    '',
  ].join('\n')
}

/** What a pass is worth: how many of them come from cases that were seen to catch flaws. */
function provedText({ results }: RunReport): string {
  const proved = results.filter(({ verdict, kills }) => verdict === 'pass' && kills)
  if (proved.length === 0) return ''
  return ` ${count(proved.length, 'pass', 'passes')} by cases that caught flaws when they were proved.`
}

/** A table for each way to go wrong. Rows are parts of their own, so that a full page ends between two of them. */
function wrong(report: RunReport): string[] {
  const cases = (verdict: CaseResult['verdict']) =>
    report.results.filter(one => one.verdict === verdict && !isAccepted(one) && !neverBegan(one))
  const of = (verdict: CaseResult['verdict']) => groupAlike(cases(verdict))
  const causes = (verdict: 'fail' | 'warn') => groupByCause(report, cases(verdict)).map(causeRow)
  return [
    ...table('Failures by cause', causeHead, causes('fail')),
    ...table('Errors', reasonHead, of('error').map(reasonRow)),
    ...table('Unstable', reasonHead, of('unstable').map(reasonRow)),
    ...table('Inconclusive', reasonHead, of('inconclusive').map(reasonRow)),
    ...table('Warnings by cause', causeHead, causes('warn')),
    ...table(
      'Claims of the profile that do not hold',
      ['clause', 'found', 'expected', 'got'],
      report.findings.map(({ statement, message, expected, got }) => [
        code(statement),
        safe(message),
        safe(expected),
        safe(got),
      ]),
    ),
    ...known(report),
    ...profileTable(report),
  ]
}

/** The parts of a named set, each passed or failed. */
function profileTable({ profile }: RunReport): string[] {
  if (!profile) return []
  const rows = profile.parts.map(part => [
    `${partSigns[part.outcome]} ${part.outcome}`,
    safe(part.title),
    safe(partWords(part)),
  ])
  return table(`Profile ${safe(profileWords(profile))}`, ['', 'part', 'cases'], rows)
}

const causeHead = ['cases', 'clause', 'found', 'the simplest case']
const reasonHead = ['case', 'why']

function causeRow({ first, others, cause }: Group): string[] {
  const { level = 'MUST', statements = [], says = first.reason, fix, heldBack } = cause ?? {}
  const more = heldBack ? `, ${heldBack} not run for it` : ''
  return [
    `${others.length + 1}${more}`,
    `${level} ${statements.map(code).join(', ')}`,
    `${safe(says)}${fix === undefined ? '' : `. Mend it: ${safe(fix)}`}`,
    code(first.id),
  ]
}

function reasonRow(group: Group): string[] {
  return [caseCell(group), safe(group.first.reason)]
}

function caseCell({ first, others }: Group): string {
  return `${code(first.id)}${others.length > 0 ? ` and ${others.length} more` : ''}`
}

function known(report: RunReport): string[] {
  const rows = report.results
    .filter(result => result.known !== undefined)
    .map(({ id, known }) => [code(id), link(known!.ticket), knownWords[known!.outcome]])
  const violations = report.knownIssues?.violations ?? []
  return [
    ...table('Known issues', ['case', 'ticket', 'now'], rows),
    ...violations.map(text => `- ❌ ${safe(text)}\n`),
  ]
}

function ladders(report: RunReport): Part[] {
  const open = report.results.filter(one => !isAccepted(one))
  const failed = groupByCause(
    report,
    open.filter(one => one.verdict === 'fail'),
  )
  const unstable = groupAlike(open.filter(one => one.verdict === 'unstable'))
  const parts = [...failed, ...unstable].map(group => () => ladderOf(group, report.target.name))
  return parts.length === 0 ? [] : ['\n### On the wire\n\n', ...parts]
}

const findingsMax = 5

function ladderOf({ first, others }: Group, target: string): string {
  const lines = drawRuns(first, { columns: 110, ascii: false, target })
  const more = others.length > 0 ? ` and ${count(others.length, 'case')} like it` : ''
  const [told, untold] = firstOf(first.findings, findingsMax, 'finding')
  const facts = told.flatMap(finding => [
    `${finding.level} ${visible(finding.statement, 100)} ${visible(finding.message, 500)}`,
    ...detailsOf(finding).map(([name, text]) => `  ${name.padEnd(9)}${visible(text, 500)}`),
  ])
  const body = [
    ...facts,
    ...untold,
    '',
    ...lines.map(line => line.text),
    '',
    `again: ${first.replay}`,
  ]
  // Inside <pre> only HTML is read, no markdown, until the closing tag.
  return [
    `<details><summary>${code(first.id)}${more}: ${safe(first.title, 300)}</summary>`,
    '',
    `<pre>${body.map(line => escapeHtml(line, 1000)).join('\n')}</pre>`,
    '',
    '</details>',
    '',
    '',
  ].join('\n')
}

function reasonTable(title: string, results: CaseResult[]): string[] {
  const reasons = new Map<string, number>()
  for (const { reason } of results) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const rows = [...reasons].map(([reason, n]) => [String(n), safe(reason)])
  return table(title, ['cases', 'why'], rows)
}

function rest(report: RunReport): string[] {
  const broken = report.statements.filter(({ outcome }) => outcome === 'broken')
  return [
    ...reasonTable('Not begun', report.results.filter(neverBegan)),
    ...reasonTable(
      'Skipped',
      report.results.filter(({ verdict }) => verdict === 'skipped'),
    ),
    ...table(
      'Statements broken',
      ['clause', 'which says', 'cases'],
      broken.map(({ id, level, cases }) => [
        `${level} ${code(id)}`,
        safe(saysOf(id) ?? ''),
        String(cases.length),
      ]),
    ),
  ]
}

function table(title: string, head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return []
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`
  return [
    `\n### ${title}\n\n${line(head)}${line(head.map(() => '---'))}${line(rows[0]!)}`,
    ...rows.slice(1).map(line),
  ]
}

/** Text in which markdown and HTML find nothing of theirs: every sign either gives a meaning is a reference. */
function safe(text: string, maxChars = 500): string {
  return visible(text, maxChars).replace(
    /[&<>"'`|*_~[\]()#\\$@!{}]|:(?=\S)/g,
    char => `&#${char.charCodeAt(0)};`,
  )
}

function code(text: string): string {
  return `<code>${safe(text, 300)}</code>`
}

/** A ticket is a link where it is plainly a web address. */
function link(ticket: string): string {
  return /^https:\/\/[\w./#?=&%-]{1,500}$/.test(ticket) ? `<${ticket}>` : safe(ticket)
}

/** A piece of the page; a function where it would be a waste to write what finds no room. */
type Part = string | (() => string)

/** Takes parts until the page is full, then says how many it left out. */
function boundedPage(limit: number) {
  const parts: string[] = []
  let bytes = 0
  let left = 0

  const addText = (text: string) => {
    bytes += Buffer.byteLength(text)
    if (bytes > limit) left++
    else parts.push(text)
  }

  return {
    add(part: Part) {
      if (left > 0) left++
      else addText(typeof part === 'string' ? part : part())
    },
    text() {
      const note = `\nThis page is full: ${count(left, 'more row or ladder', 'more rows and ladders')}`
      return parts.join('') + (left > 0 ? `${note} in the other reports.\n` : '')
    },
  }
}
