import { type Flaw, flaws } from '../../fixtures/testing/peers/flaws/index.ts'
import type { StatementRef } from '../../src/model/finding.ts'
import type { Suite } from '../../src/scenario/ast.ts'
import { type Account, accountsOf, type Covering, type Kind } from '../../src/standard/coverage.ts'
import { unseenReasons } from '../../src/standard/statements/unseen.ts'
import { type Statement, statements } from '../../src/standard/statements.ts'

/** How many flaws each scenario killed when the proof was last made. */
type Proof = { kills: { [scenario: string]: number } }

export function coveringOf(suites: readonly Suite[]): Covering[] {
  return suites.flatMap(({ cases }) =>
    cases.map(({ id, role, covers }) => ({
      id,
      tests: role === 'client' ? ('broker' as const) : ('client' as const),
      covers,
    })),
  )
}

/** Every statement by section: the scenarios that test it, the flaws that break it, and how many flaws those scenarios have killed. */
export function coveragePage(suites: readonly Suite[], { kills }: Proof): string {
  const account = accountsOf(coveringOf(suites))
  const versions = ['3.1.1', '5.0'] as const
  const kinds = ['broker', 'client'] as const
  return `${[
    '# Statements of the standard, and what tests them',
    '',
    '<!-- Made by scripts/coverage-page.ts (npm run generate) from the suites, the flaws and reports/proof.json. Do not edit. -->',
    '',
    'Each statement has, for brokers and for clients, scenarios that test it, or a reason out of a closed list why none can, or is open.',
    'The number behind a scenario is how many flaws it killed in the last proof; flaws are those that say they break the statement.',
    '',
    '| | covered | with a reason | open |',
    '| --- | ---: | ---: | ---: |',
    ...versions.flatMap(version =>
      kinds.map(kind => {
        const all = [...statements.values()].filter(one => one.version === version)
        const count = (what: Account['kind']) =>
          all.filter(one => account(one, kind).kind === what).length
        return `| MQTT ${version}, ${kind}s | ${count('covered')} | ${count('unseen')} | ${count('open')} |`
      }),
    ),
    '',
    'Reasons:',
    '',
    ...Object.entries(unseenReasons).map(([name, text]) => `- *${name}*: ${text}`),
    ...versions.flatMap(version => [
      '',
      `## MQTT ${version}`,
      ...chapters(version, account, kills),
    ]),
  ].join('\n')}\n`
}

type AccountOf = (statement: Statement, of: Kind) => Account

function chapters(version: string, account: AccountOf, kills: Proof['kills']): string[] {
  const bySection = new Map<string, Statement[]>()
  for (const one of statements.values()) {
    if (one.version !== version) continue
    const section = one.section.split('.').slice(0, 2).join('.')
    bySection.set(section, [...(bySection.get(section) ?? []), one])
  }
  return [...bySection].flatMap(([section, list]) => [
    '',
    `### §${section}`,
    '',
    '| statement | says | brokers | clients | broken by |',
    '| --- | --- | --- | --- | --- |',
    ...list.map(
      one =>
        `| ${one.id} | ${one.says.replaceAll('|', '\\|')} | ${cell(account(one, 'broker'), kills)} | ${cell(account(one, 'client'), kills)} | ${brokenBy(one.ref)} |`,
    ),
  ])
}

const shownMax = 4

function cell(account: Account, kills: Proof['kills']): string {
  switch (account.kind) {
    case 'covered': {
      const ranked = account.scenarios.sort(
        (a, b) => (kills[b] ?? 0) - (kills[a] ?? 0) || (a < b ? -1 : 1),
      )
      const shown = ranked.slice(0, shownMax).map(name => `\`${name}\` ${kills[name] ?? 0}`)
      return [...shown, ...more(ranked.length)].join(', ')
    }
    case 'unseen':
      return `*${account.unseen.reason}*: ${account.unseen.why}`
    case 'other side':
      return '–'
    case 'open':
      return '**open**'
  }
}

function brokenBy(ref: StatementRef): string {
  const found = flaws.filter(({ statements }: Flaw) => statements.includes(ref))
  return [...found.slice(0, shownMax).map(({ name }) => `\`${name}\``), ...more(found.length)].join(
    ', ',
  )
}

function more(count: number): string[] {
  return count > shownMax ? [`and ${count - shownMax} more`] : []
}
