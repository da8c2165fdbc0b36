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
import { detailsOf } from './details.ts'
import { headline, knownWords, saysOf } from './headline.ts'
import { machineHtml } from './html/machine.ts'
import { lines, type Markup, html as markup, short } from './html/markup.ts'
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
export const html = atEnd(
  report =>
    page(
      report,
      lines(
        header(report),
        aboutTarget(report),
        knownIssues(report),
        cases(report),
        exploredSection(report),
        statementsTable(report),
      ),
    ).text,
)

function page(report: RunReport, body: Markup): Markup {
  return markup`<!doctype html>
<html lang="en">
${head(report)}
<body>
${body}
<footer>mqttspec ${report.mqttspec}, ${report.startedAt}</footer>
</body>
</html>
`
}

function head({ target }: RunReport): Markup {
  return markup`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mqttspec: ${short(target.name, 100)}</title>
<style>${style}${outcomes.map(hiding)}</style>
</head>`
}

function hiding(outcome: Outcome): Markup {
  return markup`body:has(#show-${outcome}:not(:checked)) .case.${outcome} { display: none }`
}

function header(report: RunReport): Markup {
  const { target } = report
  const state = { 0: 'pass', 4: 'inconclusive' }[report.exitCode] ?? 'fail'
  const facts: [string, string][] = [
    ['target', `${target.name} (${target.role}, ${target.address})`],
    ['behind the proxies', target.behind ? `${target.behind.name} (${target.behind.address})` : ''],
    ['MQTT', target.versions.join(', ')],
    ['cases', caseCounts(report)],
    ['statements', statementCounts(report)],
    [
      'time',
      `${duration(report.durationMs)}, with ${duration(report.sleptMs)} of waits for rules about time, side by side`,
    ],
    ['seed', String(report.seed)],
    ['exit code', String(report.exitCode)],
    ...Object.entries(target.fingerprint).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  ]
  const told = facts.filter(([name, text]) => text !== '' || name !== 'behind the proxies')
  return markup`<header class="${state}">
<h1>${short(target.name, 200)}</h1>
<p class="verdict">${headline(report)}</p>
${definitions(told)}
</header>`
}

function aboutTarget({ findings }: RunReport): Markup | undefined {
  if (findings.length === 0) return undefined
  return section('Claims of the profile that do not hold', lines(...findings.map(findingBlock)))
}

function knownIssues(report: RunReport): Markup | undefined {
  const violations = report.knownIssues?.violations ?? []
  if (violations.length === 0) return undefined
  const items = violations.map(text => markup`<li>${text}</li>`)
  return section('Known issues that no longer hold', markup`<ul>${items}</ul>`)
}

function cases(report: RunReport): Markup {
  const suites = new Map<string, CaseResult[]>()
  for (const result of report.results) {
    if (!suites.has(result.suite)) suites.set(result.suite, [])
    suites.get(result.suite)!.push(result)
  }
  const budget = { chars: passingLaddersCharsMax, open: openMax }
  const blocks = [...suites].map(
    ([suite, own]) =>
      markup`<div class="suite"><h3>${short(suite, 300)} <span>${countsOf(own)}</span></h3>
${own.map(result => caseBlock(result, report, budget))}
</div>`,
  )
  return section('Cases', lines(filters(report), ...blocks))
}

function countsOf(results: CaseResult[]): string {
  return [...countOutcomes(results)].map(([outcome, n]) => `${n} ${outcome}`).join(', ')
}

/** What passed is folded away at first where something did not. */
function filters(report: RunReport): Markup {
  const counts = countOutcomes(report.results)
  const quiet = new Set<Outcome>(['pass', 'skipped'])
  const trouble = [...counts.keys()].some(outcome => !quiet.has(outcome))
  const boxes = [...counts].map(([outcome, n]) => {
    const checked = trouble && quiet.has(outcome) ? '' : ' checked'
    return markup`<label class="${outcome}"><input type="checkbox" id="show-${outcome}"${checked}> ${n} ${outcome}</label>`
  })
  return markup`<p class="filters">${boxes}</p>`
}

function caseBlock(result: CaseResult, report: RunReport, budget: Budget): Markup {
  const outcome = outcomeOf(result)
  const name = result.id.startsWith(`${result.suite}/`)
    ? result.id.slice(result.suite.length + 1)
    : result.id
  const open = outcome === 'fail' && budget.open-- > 0
  const left = result.findings.length - 20
  return lines(
    markup`<details class="case ${outcome}"${open ? ' open' : ''}>
<summary><span class="badge">${outcome}</span> <code>${short(name, 300)}</code> 
<span class="title">${short(result.title, 300)}</span>
<span class="time">${duration(result.durationMs)}</span></summary>
${definitions(caseFacts(result))}`,
    ...result.findings.slice(0, 20).map(findingBlock),
    left > 0 ? markup`<p>and ${left} more</p>` : undefined,
    ladder(result, report.target.name, budget),
    markup`<p class="replay"><code>${short(result.replay, 1000)}</code></p>
</details>`,
  )
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

function findingBlock(finding: Finding): Markup {
  const { level, statement, message, at, judge, about } = finding
  const facts: [string, string][] = [
    ['says', saysOf(statement) ?? ''],
    ...detailsOf(finding),
    ['at', at === undefined ? '' : `${at.file}:${at.line}:${at.column}`],
    ['judge', about === undefined ? judge : `${judge}, ${about}`],
  ]
  return markup`<div class="finding ${level}"><p><strong>${level} <code>${short(statement, 200)}</code></strong>
${message}</p>
${definitions(facts.filter(([, text]) => text !== ''))}
</div>`
}

function ladder(result: CaseResult, target: string, budget: Budget): Markup | undefined {
  const isPass = result.verdict === 'pass'
  if (isPass && budget.chars <= 0) return markup`<p>Not drawn: the page would grow too large.</p>`
  const drawn = drawRuns(result, { columns: 130, ascii: false, target, steps: true })
  if (drawn.length === 0) return undefined
  const rows = drawn.map(({ tone, text }) => markup`<span class="${tone}">${text}</span>`)
  const block = markup`<pre class="ladder">${rows}</pre>`
  if (isPass) budget.chars -= block.text.length
  return block
}

/** What a search for faults reached. */
function exploredSection({ explored }: RunReport): Markup | undefined {
  if (!explored) return undefined
  const { schedules, stages, machines } = explored
  const parts = Object.entries(stages).filter(([, times]) => times > 0)
  const said = parts.map(([stage, times]) => `${times} ${stage}`).join(', ')
  return section(
    'Reached',
    lines(markup`<p>${schedules} schedules: ${said}.</p>`, ...machines.map(machineHtml)),
  )
}

function statementsTable({ statements }: RunReport): Markup | undefined {
  if (statements.length === 0) return undefined
  const order = ['broken', 'met', 'untested', 'untestable']
  const sorted = [...statements].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  const rows = sorted.map(
    ({ id, level, outcome, cases }) =>
      markup`<tr class="${outcome}"><td><span class="badge">${outcome}</span></td><td>${level}</td><td><code>${short(id, 200)}</code></td><td>${saysOf(id) ?? ''}</td><td>${cases.length === 0 ? '' : count(cases.length, 'case')}</td></tr>`,
  )
  return section(
    'Statements',
    markup`<table><thead><tr><th>outcome</th><th>level</th><th>clause</th><th>says</th><th>by</th></tr></thead>
${rows}</table>`,
  )
}

function section(title: string, body: Markup): Markup {
  return markup`<section><h2>${title}</h2>
${body}
</section>`
}

function definitions(facts: [name: string, text: string][]): Markup {
  const pairs = facts.map(([name, text]) => markup`<dt>${short(name, 100)}</dt><dd>${text}</dd>`)
  return markup`<dl>${pairs}</dl>`
}
