import type { Finding } from '../model/finding.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import {
  caseCounts,
  countOutcomes,
  type Outcome,
  outcomeOf,
  outcomes,
  statementCounts,
} from './counts.ts'
import { escapeHtml } from './escape-html.ts'
import { headline, knownWords, saysOf } from './headline.ts'
import { machineHtml } from './html/machine.ts'
import { style } from './html/style.ts'
import { atEnd } from './reporter.ts'
import { drawRuns } from './runs.ts'
import { count, duration } from './words.ts'

/** Ladders of passing cases are drawn until they take this much; those of the others always. */
const passingLaddersCharsMax = 6_000_000
/** Failures that are unfolded from the start. */
const openMax = 5

/** What is left of both while the page is written. */
type Budget = { chars: number; open: number }

/**
 * One page that asks nothing of the network and runs no script: filters and folds are CSS and `<details>`,
 * and the policy in its head forbids the rest, whatever a peer put into a topic.
 */
export const html = atEnd(report =>
  [
    '<!doctype html>',
    '<html lang="en">',
    head(report),
    '<body>',
    header(report),
    aboutTarget(report),
    knownIssues(report),
    cases(report),
    exploredSection(report),
    statementsTable(report),
    `<footer>mqttspec ${escapeHtml(report.mqttspec)}, ${escapeHtml(report.startedAt)}</footer>`,
    '</body>',
    '</html>',
    '',
  ].join('\n'),
)

function head({ target }: RunReport): string {
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
  return [
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>mqttspec: ${escapeHtml(target.name, 100)}</title>`,
    `<style>${style}${outcomes.map(hiding).join('\n')}</style>`,
    '</head>',
  ].join('\n')
}

function hiding(outcome: Outcome): string {
  return `body:has(#show-${outcome}:not(:checked)) .case.${outcome} { display: none }`
}

function header(report: RunReport): string {
  const { target } = report
  const state = { 0: 'pass', 4: 'inconclusive' }[report.exitCode] ?? 'fail'
  const facts = [
    ['target', `${target.name} (${target.role}, ${target.address})`],
    ...(target.behind
      ? [['behind the proxies', `${target.behind.name} (${target.behind.address})`]]
      : []),
    ['MQTT', target.versions.join(', ')],
    ['cases', caseCounts(report)],
    ['statements', statementCounts(report)],
    [
      'time',
      `${duration(report.durationMs)}, with ${duration(report.sleptMs)} of waits for rules about time, side by side`,
    ],
    ['seed', String(report.seed)],
    ['exit code', String(report.exitCode)],
    ...Object.entries(target.fingerprint).map(([name, value]) => [name, String(value)]),
  ]
  return [
    `<header class="${state}">`,
    `<h1>${escapeHtml(target.name, 200)}</h1>`,
    `<p class="verdict">${escapeHtml(headline(report))}</p>`,
    definitions(facts as [string, string][]),
    '</header>',
  ].join('\n')
}

function aboutTarget({ findings }: RunReport): string {
  if (findings.length === 0) return ''
  return section('Claims of the profile that do not hold', findings.map(findingBlock).join('\n'))
}

function knownIssues(report: RunReport): string {
  const violations = report.knownIssues?.violations ?? []
  if (violations.length === 0) return ''
  const items = violations.map(text => `<li>${escapeHtml(text)}</li>`)
  return section('Known issues that no longer hold', `<ul>${items.join('\n')}</ul>`)
}

function cases(report: RunReport): string {
  const suites = new Map<string, CaseResult[]>()
  for (const result of report.results) {
    if (!suites.has(result.suite)) suites.set(result.suite, [])
    suites.get(result.suite)!.push(result)
  }
  const budget = { chars: passingLaddersCharsMax, open: openMax }
  const blocks = [...suites].map(([suite, own]) =>
    [
      `<div class="suite"><h3>${escapeHtml(suite, 300)} <span>${countsOf(own)}</span></h3>`,
      ...own.map(result => caseBlock(result, report, budget)),
      '</div>',
    ].join('\n'),
  )
  return section('Cases', [filters(report), ...blocks].join('\n'))
}

function countsOf(results: CaseResult[]): string {
  return [...countOutcomes(results)].map(([outcome, n]) => `${n} ${outcome}`).join(', ')
}

/** What passed is folded away at first where something did not. */
function filters(report: RunReport): string {
  const counts = countOutcomes(report.results)
  const quiet = new Set<Outcome>(['pass', 'skipped'])
  const trouble = [...counts.keys()].some(outcome => !quiet.has(outcome))
  const boxes = [...counts].map(([outcome, n]) => {
    const checked = trouble && quiet.has(outcome) ? '' : ' checked'
    const box = `<input type="checkbox" id="show-${outcome}"${checked}>`
    return `<label class="${outcome}">${box} ${n} ${outcome}</label>`
  })
  return `<p class="filters">${boxes.join('\n')}</p>`
}

function caseBlock(result: CaseResult, report: RunReport, budget: Budget): string {
  const outcome = outcomeOf(result)
  const short = result.id.startsWith(`${result.suite}/`)
    ? result.id.slice(result.suite.length + 1)
    : result.id
  const open = outcome === 'fail' && budget.open-- > 0
  return [
    `<details class="case ${outcome}"${open ? ' open' : ''}>`,
    `<summary><span class="badge">${outcome}</span> <code>${escapeHtml(short, 300)}</code> `,
    `<span class="title">${escapeHtml(result.title, 300)}</span>`,
    `<span class="time">${duration(result.durationMs)}</span></summary>`,
    definitions(caseFacts(result)),
    ...result.findings.slice(0, 20).map(findingBlock),
    ...(result.findings.length > 20 ? [`<p>and ${result.findings.length - 20} more</p>`] : []),
    ladder(result, report.target.name, budget),
    `<p class="replay"><code>${escapeHtml(result.replay, 1000)}</code></p>`,
    '</details>',
  ].join('\n')
}

function caseFacts(result: CaseResult): [string, string][] {
  const { known, place } = result
  const facts: [string, string][] = [
    ['why', result.reason],
    ['known', known === undefined ? '' : `${known.ticket}: ${knownWords[known.outcome]}`],
    ['about', result.about ?? ''],
    ['covers', result.covers.join(', ')],
    ['bugs', result.bugs.join(', ')],
    ['caught', result.kills ? `${count(result.kills, 'flaw')} of the proof` : ''],
    ['at', `${place.file}:${place.line}:${place.column}`],
  ]
  return facts.filter(([, text]) => text !== '')
}

function findingBlock(finding: Finding): string {
  const { level, statement, message, expected, got, nearestMiss, at, judge, about } = finding
  const facts: [string, string][] = [
    ['says', saysOf(statement) ?? ''],
    ['expected', expected],
    ['got', got],
    ['nearest', nearestMiss ?? ''],
    ['at', at === undefined ? '' : `${at.file}:${at.line}:${at.column}`],
    ['judge', about === undefined ? judge : `${judge}, ${about}`],
  ]
  return [
    `<div class="finding ${level}"><p><strong>${level} <code>${escapeHtml(statement, 200)}</code></strong>`,
    `${escapeHtml(message)}</p>`,
    definitions(facts.filter(([, text]) => text !== '')),
    '</div>',
  ].join('\n')
}

function ladder(result: CaseResult, target: string, budget: Budget): string {
  const isPass = result.verdict === 'pass'
  if (isPass && budget.chars <= 0) return '<p>Not drawn: the page would grow too large.</p>'
  const lines = drawRuns(result, {
    columns: 130,
    ascii: false,
    target,
    steps: true,
  })
  if (lines.length === 0) return ''
  const drawn = lines.map(line => `<span class="${line.tone}">${escapeHtml(line.text)}</span>`)
  const block = `<pre class="ladder">${drawn.join('\n')}</pre>`
  if (isPass) budget.chars -= block.length
  return block
}

function statementsTable({ statements }: RunReport): string {
  if (statements.length === 0) return ''
  const order = ['broken', 'met', 'untested', 'untestable']
  const sorted = [...statements].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  const rows = sorted.map(
    ({ id, level, outcome, cases }) =>
      `<tr class="${outcome}"><td><span class="badge">${outcome}</span></td><td>${level}</td>` +
      `<td><code>${escapeHtml(id, 200)}</code></td><td>${escapeHtml(saysOf(id) ?? '')}</td>` +
      `<td>${cases.length === 0 ? '' : count(cases.length, 'case')}</td></tr>`,
  )
  const head = '<tr><th>outcome</th><th>level</th><th>clause</th><th>says</th><th>by</th></tr>'
  return section('Statements', `<table><thead>${head}</thead>\n${rows.join('\n')}</table>`)
}

/** What a search for faults reached. */
function exploredSection({ explored }: RunReport): string {
  if (!explored) return ''
  const { schedules, stages, machines } = explored
  const parts = Object.entries(stages).filter(([, times]) => times > 0)
  const said = parts.map(([stage, times]) => `${times} ${stage}`).join(', ')
  return section(
    'Reached',
    [`<p>${schedules} schedules: ${escapeHtml(said)}.</p>`, ...machines.map(machineHtml)].join(
      '\n',
    ),
  )
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>\n${body}\n</section>`
}

function definitions(facts: [name: string, text: string][]): string {
  const pairs = facts.map(
    ([name, text]) => `<dt>${escapeHtml(name, 100)}</dt><dd>${escapeHtml(text)}</dd>`,
  )
  return `<dl>${pairs.join('\n')}</dl>`
}
