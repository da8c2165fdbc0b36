import { barrenReason, history } from './history.ts'
import { brokersDo, clientsDo, judgedWrongly } from './in-the-field.ts'
import { type Fate, type FlawOutcome, scoreLine } from './outcome.ts'
import { playsSlowCases, type Setting, settings } from './settings.ts'
import type { Miss, Trial } from './trial.ts'

export type Proof = {
  outcomes: FlawOutcome[]
  controls: { setting: Setting; trial: Trial; alarms: Miss[] }[]
  kills: { [scenario: string]: number }
  /** Nothing of an earlier proof was made use of. */
  searched: boolean
  /** Where it was run in parts: of which states they are, and what is missing. */
  parts?: Parts
}

export type Parts = {
  states: { state: string; settings: number; flaws: number }[]
  settingsNotRun: string[]
  flawsNotRun: string[]
}

/** Cases named in a row of the matrix; the rest is a number. */
const shownMax = 3

/** reports/proof.md: what the suites catch, what they leave alone, and what they do not catch. */
export function pageOf(proof: Proof): string {
  return `${[
    '# Proof that the harness is right',
    `Made by \`npm run proof\`: every suite against reference peers of our own (fixtures/testing/peers), correct ones in every legal setting and
ones with a single flaw. A flaw is *killed* only where a finding cites a statement that the flaw breaks; for flaws against a SHOULD a
warning is enough.`,
    playedPart(proof),
    `**${scoreLine(proof.outcomes)}**`,
    ...(proof.parts ? [partsPart(proof.parts)] : []),
    controlPart(proof),
    elsewherePart(proof),
    fieldPart(),
    workPart(proof),
    historyPart(),
    matrixPart('Broker', proof, 'broker'),
    matrixPart('Client', proof, 'client'),
    ...(proof.parts ? [] : [barrenPart(proof)]),
  ].join('\n\n')}\n`
}

/** What was played of the suites, and what was not. */
function playedPart({ searched }: Proof): string {
  const first = searched
    ? 'Each flaw met the suites in stages, what is about it first, until a case killed it'
    : `Each flaw met first the cases that had killed it in an earlier proof, one of each scenario (reports/proof.json); where one of them killed it
again, the rest was not played, so that others may kill it too. Every other flaw met the suites in stages, what is about it first, until a case
killed it`
  return `${first}; one that survives has met every case but the largest and the slowest, and one that cannot
be seen from outside the cases that are about it. A scenario that killed nothing so met ${
    searched ? 'every flaw' : 'up to six flaws that it is about'
  }. Correct peers met one case of each scenario and version; of the tables of packet formats a sixteenth; with the defaults all of them. What waits
for a time of its own (half-open links, Keep Alive, expiry) they met with the defaults and in these settings: ${slowSettings()}.
Flaws at the end of the range of identifiers have a counter that leaps from 1 to 65,300, which is legal, so that the end comes among the first
hundreds of messages.`
}

function slowSettings(): string {
  const some = settings.filter(one => playsSlowCases(one) && Object.keys(one.options).length > 0)
  return some.map(({ name }) => code(name)).join('; ')
}

/** What a proof in parts does not say by itself. */
function partsPart({ states, settingsNotRun, flawsNotRun }: Parts): string {
  const rows = states.map(({ state, settings, flaws }) => [code(state), `${settings}`, `${flaws}`])
  const named = (names: readonly string[]) =>
    names.length === 0 ? 'none' : names.map(code).join(', ')
  return `## Run in parts

The settings and flaws below were not run at one state of the project, but at these commits. Findings are held against what the flaws say
now. Which scenarios kill nothing was not looked for.

${table(['commit', 'settings', 'flaws'], rows)}

Settings not run: ${named(settingsNotRun)}.

Flaws not run: ${named(flawsNotRun)}.`
}

function controlPart({ controls }: Proof): string {
  const wrong = controls.filter(({ alarms }) => alarms.length > 0)
  const cases = controls.reduce((sum, { trial }) => sum + trial.ran, 0)
  const unsure = controls.flatMap(({ trial }) => trial.misses).filter(isUnsure).length
  const head = `## Correct peers\n\n${controls.length} settings, ${cases} cases, ${
    wrong.length === 0 ? 'no finding' : `findings in ${wrong.length} settings`
  }${unsure > 0 ? `, ${unsure} cases without a verdict` : ''}.`
  if (wrong.length === 0) return head
  const rows = wrong.flatMap(({ setting, alarms }) =>
    alarms.slice(0, 5).map(({ id, verdict, reason }) => [setting.name, code(id), verdict, reason]),
  )
  return `${head}\n\n${table(['setting', 'case', 'verdict', 'why'], rows)}`
}

/** Whether flaws are seen in more than one setting. */
function elsewherePart({ outcomes }: Proof): string {
  const killed = outcomes.filter(({ fate }) => fate === 'killed')
  const alone = killed.filter(({ trial }) => trial.elsewhere === undefined)
  const names = alone.map(({ flaw }) => code(flaw.name)).join(', ')
  return `## In a second setting\n\nWhat killed a flaw was played again in a peer with the same flaw that is set up in another legal way: ${
    killed.length - alone.length
  } of ${killed.length} flaws were killed there as well.${
    alone.length > 0 ? ` Not so, in four other settings each: ${names}.` : ''
  }`
}

function isUnsure({ verdict }: Miss): boolean {
  return verdict === 'inconclusive'
}

function fieldPart(): string {
  const rows = [...brokersDo, ...clientsDo, ...judgedWrongly].map(
    ({ does, settings = [], tests = [] }) => [
      does,
      [...settings, ...tests.map(([file, words]) => `${code(file)}: ${words}`)].join('<br>'),
    ],
  )
  return `## Seen in the field\n\n${table(['what was seen', 'setting or test that holds it'], rows)}`
}

const titles: [Fate, string][] = [
  ['survived', 'Not caught'],
  ['refused', 'Refused by the probe, before the first case'],
  ['unrelated', 'Caught by cases about something else'],
  ['invisible', 'Not visible from outside'],
]

function workPart({ outcomes }: Proof): string {
  const parts = titles.flatMap(([fate, title]) => {
    const rows = outcomes.filter(outcome => outcome.fate === fate).map(why)
    return rows.length > 0 ? [`### ${title}\n\n${table(['flaw', 'is', 'so'], rows)}`] : []
  })
  return ['## What is not killed', ...parts].join('\n\n')
}

function why({ flaw, trial, catches }: FlawOutcome): string[] {
  const unsure = trial.misses.filter(({ verdict }) => verdict !== 'fail').length
  const so =
    flaw.invisible ??
    trial.problem ??
    (catches.length > 0
      ? `breaks ${statementsOf(flaw.statements)}; caught ${shown(catches)}`
      : `breaks ${statementsOf(flaw.statements)}, ${flaw.bug ?? 'no class'}; ${trial.ran} cases, ${unsure} of them warned or without a verdict`)
  return [code(flaw.name), flaw.about, so]
}

function historyPart(): string {
  if (history.length === 0) return ''
  const rows = history.map(({ flaw, before, added }) => [code(flaw), before, added])
  return `## Not caught at first\n\n${table(['flaw', 'why it was not', 'what was done'], rows)}`
}

function matrixPart(title: string, { outcomes }: Proof, peer: 'broker' | 'client'): string {
  const rows = outcomes
    .filter(({ flaw, fate }) => flaw.peer === peer && fate !== 'invisible')
    .map(({ flaw, fate, catches }) => [
      code(flaw.name),
      [flaw.bug ?? '', statementsOf(flaw.statements)].filter(Boolean).join(' '),
      fate,
      shown(catches),
    ])
  return `## ${title}: flaw by flaw\n\n${table(['flaw', 'breaks', 'fate', 'caught by'], rows)}`
}

/** The first cases with the statements they cited, and how many more there are. */
function shown(catches: readonly Miss[]): string {
  const first = catches
    .slice(0, shownMax)
    .map(({ id, statements }) => `${code(id)} ${statementsOf(statements)}`)
  const more = catches.length - first.length
  return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join('<br>')
}

function statementsOf(statements: readonly string[]): string {
  const first = statements.slice(0, 3).join(', ')
  return statements.length > 3 ? `${first} …` : first
}

function barrenPart({ kills }: Proof): string {
  const names = Object.keys(kills).filter(name => kills[name] === 0)
  const rows = names.map(name => [code(name), barrenReason(name) ?? 'work to do'])
  const head = `## Scenarios that kill nothing\n\n${names.length} of ${Object.keys(kills).length}.`
  return rows.length === 0 ? head : `${head}\n\n${table(['scenario', 'why'], rows)}`
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 600)
}

function code(text: string): string {
  return `\`${text}\``
}
