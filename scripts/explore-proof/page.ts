import { readFileSync } from 'node:fs'
import type { Flaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { beyondReach } from './beyond-reach.ts'
import type { Quiet, Trial } from './try-flaw.ts'

/** The tables of reports/explore.md, of what runs of this script printed: a line of JSON for each flaw and each setting. */
export function pageOf(files: readonly string[], flaws: readonly Flaw[]): string {
  const lines = files
    .flatMap(file => readFileSync(file, 'utf8').split('\n'))
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Trial | Quiet)
  const trials = new Map(
    lines.flatMap(line => ('flaw' in line ? [[line.flaw, line] as const] : [])),
  )
  const quiet = lines.flatMap(line => ('setting' in line ? [line] : []))
  return [trialTable(trials, flaws), beyondTable(flaws), quietTable(quiet)].join('\n')
}

const fates = {
  killed: 'own clause',
  unrelated: 'another clause',
  survived: 'not found',
} as const satisfies Record<Trial['fate'], string>

function trialTable(trials: ReadonlyMap<string, Trial>, flaws: readonly Flaw[]): string {
  const all = [...trials.values()]
  const count = (fate: Trial['fate']) => all.filter(trial => trial.fate === fate).length
  const inReach = flaws.filter(
    ({ name, invisible }) => !invisible && beyondReach(name) === undefined,
  )
  const rows = [...all]
    .sort((a, b) => order(a) - order(b) || a.flaw.localeCompare(b.flaw))
    .map(({ flaw, fate, statement, atoms, schedules }) => {
      const how = fate === 'survived' ? '' : atoms.join(', then ') || 'nothing went wrong'
      return `| ${flaw} | ${fates[fate]} | ${statement} | ${how} | ${schedules} |`
    })
  return `${all.length} of ${inReach.length} flaws in reach were searched: ${count('killed')} found by their own clause, ${count('unrelated')} by another, ${count('survived')} not.

| flaw | found by | statement | shortest schedule | schedules |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function order({ fate }: Trial): number {
  return Object.keys(fates).indexOf(fate)
}

function beyondTable(flaws: readonly Flaw[]): string {
  const reasons = new Map<string, string[]>()
  for (const { name } of flaws) {
    const why = beyondReach(name)
    if (why !== undefined) reasons.set(why, [...(reasons.get(why) ?? []), name])
  }
  const rows = [...reasons].map(([why, names]) => `| ${why} | ${names.join(', ')} |`)
  return `| scenarios catch it, and a search does not: it … | flaws |
|---|---|
${rows.join('\n')}
`
}

function quietTable(quiet: readonly Quiet[]): string {
  const sum = quiet.reduce((all, { schedules }) => all + schedules, 0)
  const rows = quiet.map(
    ({ setting, schedules, alarms }) => `| ${setting} | ${schedules} | ${alarms.join('; ')} |`,
  )
  return `| setting of a correct broker | schedules (${sum}) | alarms |
|---|---|---|
${rows.join('\n')}
`
}
