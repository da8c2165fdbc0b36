import { html, lines, type Markup, short } from '../../src/reporters/html/markup.ts'
import { saysOf } from '../../src/reporters/text/headline.ts'
import type { Broken, Entry } from '../interop/entry.ts'
import { style } from './style.ts'

/** A file of the site: its path from the root, and what is in it. */
export type SiteFile = { path: string; text: string }

const verdictWords = [
  ['pass', 'passed'],
  ['warn', 'warned'],
  ['fail', 'failed'],
  ['unstable', 'unstable'],
  ['inconclusive', 'without a verdict'],
  ['skipped', 'skipped'],
] as const

/** All files of the site. The same entries make the same files. */
export function siteOf(entries: readonly Entry[]): SiteFile[] {
  const targets = byTarget(entries)
  return [
    { path: 'index.html', text: index(targets) },
    { path: 'style.css', text: style },
    ...(['broker', 'client'] as const).map(role => ({
      path: `${role}s.html`,
      text: statementsPage(
        role,
        targets.filter(([newest]) => newest.role === role),
      ),
    })),
    ...targets.map(own => ({ path: pathOf(own[0]), text: targetPage(own) })),
    ...targets.map(([newest]) => ({ path: badgePath(newest), text: badge(newest) })),
    { path: 'results.json', text: `${JSON.stringify(entries)}\n` },
  ]
}

/** Runs of one target, the newest version first. */
type Runs = [newest: Entry, ...older: Entry[]]

function byTarget(entries: readonly Entry[]): Runs[] {
  const names = [...new Set(entries.map(({ name }) => name))].sort()
  return names.map(name => {
    const own = entries.filter(entry => entry.name === name)
    return own.sort((a, b) => compareVersions(b, a)) as Runs
  })
}

/** By the numbers in the version, then by the day. */
function compareVersions(a: Entry, b: Entry): number {
  const numbers = ({ version }: Entry) => (version.match(/\d+/g) ?? []).map(Number)
  const [one, other] = [numbers(a), numbers(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a.date < b.date ? -1 : 1
}

function slug(name: string): string {
  return name.replace(/[^\w.-]/g, '_')
}

function pathOf({ name }: Entry): string {
  return `targets/${slug(name)}.html`
}

function badgePath({ name }: Entry): string {
  return `badges/${slug(name)}.json`
}

type Score = { met: number; tested: number; broken: number }

/** MUSTs that hold, of those that were tested; none was tested where that was not kept. */
export function scoreOf({ met, broken }: Entry): Score {
  const musts = broken.filter(({ level }) => level === 'MUST').length
  if (met === undefined) return { met: 0, tested: 0, broken: musts }
  return { met: met.length, tested: met.length + musts, broken: musts }
}

function scoreText({ met, tested, broken }: Score): string {
  if (tested > 0) return `${met}/${tested}`
  return broken > 0 ? `${broken} broken` : 'none broken'
}

function isGood({ met, tested, broken }: Score): boolean {
  return tested === 0 ? broken === 0 : met === tested
}

/** For shields.io/endpoint. */
function badge(entry: Entry): string {
  const { met, tested, broken } = scoreOf(entry)
  const share = tested === 0 ? 0 : met / tested
  const color =
    share === 1 ? 'brightgreen' : share > 0.95 ? 'green' : share > 0.85 ? 'yellow' : 'red'
  const untested = broken > 0 ? `${broken} statements broken` : 'not tested'
  const message = tested === 0 ? untested : `${met}/${tested} statements`
  return `${JSON.stringify({ schemaVersion: 1, label: `MQTT ${entry.mqtt.join(', ')}`, message, color })}\n`
}

function page(title: string, root: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${short(title, 200)}</title>
<link rel="stylesheet" href="${root}style.css">
</head>
<body>
<nav><a href="${root}index.html">Conformance of MQTT brokers and clients</a> <a href="${root}brokers.html">brokers</a> <a href="${root}clients.html">clients</a> <a href="${root}results.json">data</a></nav>
<main>
${body}
</main>
</body>
</html>
`.text
}

function index(targets: Runs[]): string {
  const hasOld = targets.flat().some(({ met }) => met === undefined)
  const body = lines(
    html`<h1>What real MQTT brokers and clients do</h1>`,
    html`<p>Each was run by mqttspec against the suites of its role, alone and from its own profile, and holds for this version and this configuration only. Red is a MUST that was broken, with the packets that show it behind it. What the standard leaves free is shown and not judged.${hasOld ? ' Of some older runs, with fewer cases, only what failed was kept: there the number of statements broken stands alone.' : ''}</p>`,
    ...(['broker', 'client'] as const).flatMap(role => {
      const own = targets.filter(([newest]) => newest.role === role)
      if (own.length === 0) return []
      const title = role === 'broker' ? 'Brokers' : 'Clients'
      return [html`<h2>${title}</h2>`, scores(own), groupsTable(own)]
    }),
  )
  return page('Conformance of MQTT brokers and clients', '', body)
}

function scores(targets: Runs[]): Markup {
  const rows = targets.map(([newest, ...older]) => {
    const score = scoreOf(newest)
    const { met, tested } = score
    const { summary, name, version, mqtt, date, outOfTime } = newest
    const share = tested === 0 ? 0 : Math.floor((100 * met) / tested)
    const state = isGood(score) ? 'good' : 'bad'
    return html`<tr><th scope="row"><a href="${pathOf(newest)}">${short(name, 60)}</a></th><td>${short(version, 40)}${older.length > 0 ? ` (+${older.length})` : ''}</td><td>${mqtt.join(', ')}</td><td class="${state} number">${scoreText(score)}</td><td class="number">${tested === 0 ? '' : `${share} %`}</td><td class="said">${saidOf(summary)}${outOfTime ? '; ended early' : ''}</td><td>${date}</td></tr>`
  })
  return html`<div class="wide"><table><thead><tr><th>target</th><th>version</th><th>MQTT</th><th>statements</th><th></th><th>cases</th><th>day</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

function saidOf(summary: Partial<Entry['summary']>): string {
  return verdictWords
    .filter(([verdict]) => (summary[verdict] ?? 0) > 0)
    .map(([verdict, word]) => `${summary[verdict]} ${word}`)
    .join(', ')
}

/** Groups of cases down, targets across. */
function groupsTable(targets: Runs[]): Markup {
  const groups = [...new Set(targets.flatMap(([{ groups }]) => Object.keys(groups)))].sort()
  const heads = targets.map(
    ([newest]) =>
      html`<th scope="col"><a href="${pathOf(newest)}"><span>${short(newest.name, 30)}</span></a></th>`,
  )
  const rows = groups.map(group => {
    const cells = targets.map(([newest]) => groupCell(newest, group))
    return html`<tr><th scope="row">${short(group, 80)}</th>${cells}</tr>`
  })
  return html`<h3>Groups of cases</h3><div class="wide"><table class="matrix"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function groupCell(entry: Entry, group: string): Markup {
  const counts = entry.groups[group]
  if (!counts) return html`<td></td>`
  const { pass = 0, fail = 0, warn = 0 } = counts
  if (pass + fail + warn === 0) return html`<td class="skipped" title="${saidOf(counts)}">–</td>`
  const state = fail > 0 ? 'bad' : warn > 0 ? 'so-so' : 'good'
  const text = fail > 0 ? `${pass}/${pass + warn + fail}` : String(pass + warn)
  const link = fail > 0 ? `${pathOf(entry)}#broken` : pathOf(entry)
  return html`<td class="${state}" title="${saidOf(counts)}"><a href="${link}">${text}</a></td>`
}

/** Statements down, targets across: every red cell leads to the packets that show it. */
function statementsPage(role: Entry['role'], targets: Runs[]): string {
  const title = role === 'broker' ? 'Brokers by statement' : 'Clients by statement'
  const refs = [
    ...new Set(
      targets.flatMap(([one]) => [
        ...(one.met ?? []),
        ...one.broken.map(({ statement }) => statement),
      ]),
    ),
  ].sort(compareRefs)
  const heads = targets.map(
    ([newest]) =>
      html`<th scope="col"><a href="${pathOf(newest)}"><span>${short(newest.name, 30)}</span></a></th>`,
  )
  const rows = refs.map(ref => {
    const cells = targets.map(([newest]) => statementCell(newest, ref))
    return html`<tr id="${slug(ref)}"><th scope="row"><code>${short(ref, 60)}</code><small>${short(saysOf(ref) ?? '', 300)}</small></th>${cells}</tr>`
  })
  const body =
    targets.length === 0
      ? html`<h1>${title}</h1><p>None was run yet.</p>`
      : html`<h1>${title}</h1><p>● met, ✗ a MUST broken, ! a SHOULD broken; empty where it was not tested.</p><div class="wide"><table class="matrix statements"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`
  return page(title, '', body)
}

function statementCell(entry: Entry, ref: Broken['statement']): Markup {
  const broken = entry.broken.find(({ statement }) => statement === ref)
  if (broken) {
    const [state, sign] = broken.level === 'MUST' ? ['bad', '✗'] : ['so-so', '!']
    return html`<td class="${state}"><a href="${pathOf(entry)}#${slug(ref)}" title="${short(`${entry.name}: ${broken.says}`, 300)}">${sign}</a></td>`
  }
  return entry.met?.includes(ref) ? html`<td class="good">●</td>` : html`<td></td>`
}

function compareRefs(a: string, b: string): number {
  const [one, other] = [a, b].map(ref => (ref.match(/\d+/g) ?? []).map(Number))
  for (let at = 0; at < Math.max(one?.length ?? 0, other?.length ?? 0); at++) {
    const difference = (one?.[at] ?? 0) - (other?.[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}

function targetPage(runs: Runs): string {
  const [newest] = runs
  const { name, version, role, choices, causes, broken, command, mqttspec, date, summary } = newest
  const early = newest.outOfTime ? ' The run ended before all cases had their turn.' : ''
  const score = scoreOf(newest)
  const { met, tested } = score
  const chosen = Object.entries(choices).map(
    ([choice, value]) =>
      html`<tr><th scope="row">${short(choice, 80)}</th><td>${short(String(value), 80)}</td></tr>`,
  )
  const failures = causes.filter(({ verdict }) => verdict === 'fail')
  const body = lines(
    html`<h1>${short(name, 80)} <small>${short(version, 60)}, ${role}</small></h1>`,
    html`<p class="score ${isGood(score) ? 'good' : 'bad'}">${tested === 0 ? `${score.broken} statements broken` : `${met} of ${tested} statements met`}</p>`,
    html`<p>${saidOf(summary)}. On ${date} with mqttspec ${short(mqttspec, 20)}: <code>${short(command, 300)}</code>.${early}</p>`,
    versionsTable(runs),
    chosen.length === 0
      ? undefined
      : html`<h2>Free choices</h2><p>The standard leaves these to it; none is judged.</p><table class="plain"><tbody>${chosen}</tbody></table>`,
    failures.length === 0
      ? undefined
      : html`<h2>Causes of failures</h2><ol>${failures.map(one => html`<li>${short(one.says, 300)} <small>${one.cases} ${one.cases === 1 ? 'case' : 'cases'}</small>${one.fix === undefined ? '' : html`<br><small>To mend: ${short(one.fix, 500)}</small>`}</li>`)}</ol>`,
    html`<h2 id="broken">Statements broken</h2>`,
    broken.length === 0 ? html`<p>None.</p>` : html`${broken.map(one => brokenBlock(one, newest))}`,
  )
  return page(`${name} ${version}: conformance to MQTT`, '../', body)
}

function brokenBlock(one: Broken, { role }: Entry): Markup {
  const { statement, level, says, cases, ladder, title } = one
  const state = level === 'MUST' ? 'bad' : 'so-so'
  return html`<section class="broken ${state}" id="${slug(statement)}">
<h3>${level} <a href="../${role}s.html#${slug(statement)}"><code>${short(statement, 60)}</code></a></h3>
<blockquote>${short(saysOf(statement) ?? '', 500)}</blockquote>
<p><b>${short(says, 600)}</b></p>
<p><small>${short(title, 300)} · <code>${short(one.case, 200)}</code>${cases > 1 ? ` and ${cases - 1} more` : ''}</small></p>
${ladder.length === 0 ? html`<p><small>No packets were kept.</small></p>` : html`<pre>${ladder.map(line => short(line, 300))}</pre>`}
</section>`
}

/** How the versions of a target compare, and what became of each statement from one to the next. */
function versionsTable(runs: Runs): Markup | undefined {
  if (runs.length === 1) return undefined
  const rows = runs.map((run, at) => {
    const before = runs[at + 1]
    const brokenIn = (entry: Entry) => new Set(entry.broken.map(({ statement }) => statement))
    const now = brokenIn(run)
    const then = before ? brokenIn(before) : now
    const fixed = [...then].filter(ref => !now.has(ref))
    const fresh = [...now].filter(ref => !then.has(ref))
    const said = [
      fixed.length > 0 ? `mended ${fixed.join(', ')}` : '',
      fresh.length > 0 ? `broken since: ${fresh.join(', ')}` : '',
    ].filter(text => text !== '')
    return html`<tr><th scope="row">${short(run.version, 40)}</th><td>${run.date}</td><td class="number">${scoreText(scoreOf(run))}</td><td>${saidOf(run.summary)}</td><td><small>${short(said.join('; '), 2000)}</small></td></tr>`
  })
  return html`<h2>Versions</h2><div class="wide"><table><thead><tr><th>version</th><th>day</th><th>statements met</th><th>cases</th><th>against the one before</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
