import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Case } from '../../src/scenario/ast.ts'
import type { FlawOutcome } from './outcome.ts'
import { scenarioOf } from './select.ts'
import type { Miss } from './trial.ts'
import { isHeavy, isSlow } from './weigh.ts'

/** What killed each flaw for its own sake in earlier proofs: ids of cases, one of each scenario. */
export type KilledBy = { readonly [flaw: string]: readonly string[] }

/** reports/proof.json. */
export type Numbers = {
  flaws: number
  /** How many flaws each scenario killed; those that killed none with 0. */
  kills: { [scenario: string]: number }
  /** Flaws that were killed within seconds: of these `npm test` takes its sample. */
  quick: string[]
  killedBy: KilledBy
}

export function numbersOfLastProof(): Numbers {
  const file = fileURLToPath(new URL('../../reports/proof.json', import.meta.url))
  return JSON.parse(readFileSync(file, 'utf8')) as Numbers
}

/**
 * What is known of kills behind this proof, together with what an earlier one knew. A flaw that was not killed this time keeps nothing, so
 * that all is searched again.
 */
export function killedByOf(outcomes: readonly FlawOutcome[], earlier: KilledBy): KilledBy {
  const killed = outcomes.filter(({ fate }) => fate === 'killed')
  return Object.fromEntries(
    killed.map(({ flaw, catches }) => {
      const now = catches.filter(({ own }) => own).map(({ id }: Miss) => id)
      return [flaw.name, oneOfEachScenario([...now, ...(earlier[flaw.name] ?? [])])]
    }),
  )
}

function oneOfEachScenario(ids: readonly string[]): string[] {
  const byScenario = new Map<string, string>()
  for (const id of ids) {
    if (!byScenario.has(scenarioOf(id))) byScenario.set(scenarioOf(id), id)
  }
  return [...byScenario.values()]
}

/**
 * What to play first: for each flaw one case that killed it, quick ones before those that wait and those with thousands of messages; and
 * for each scenario one flaw that it killed, so that every scenario is seen to fail again. The rest would only say it twice.
 */
export function playedFirst(killedBy: KilledBy, cases: readonly Case[]): KilledBy {
  const weight = new Map(
    cases.map(kase => [kase.id, (isHeavy(kase) ? 2 : 0) + (isSlow(kase) ? 1 : 0)]),
  )
  const known = Object.entries(killedBy).map(([flaw, ids]): [string, string[]] => {
    const still = ids.filter(id => weight.has(id))
    return [flaw, still.sort((a, b) => weight.get(a)! - weight.get(b)!)]
  })
  const chosen = new Map(known.map(([flaw, ids]) => [flaw, ids.slice(0, 1)]))
  const seen = new Set([...chosen.values()].flat().map(scenarioOf))
  // Flaws that few scenarios kill first: those that many kill would be given all of them.
  for (const [flaw, ids] of known.sort(([, a], [, b]) => a.length - b.length)) {
    for (const id of ids) {
      if (seen.has(scenarioOf(id))) continue
      seen.add(scenarioOf(id))
      chosen.get(flaw)!.push(id)
    }
  }
  return Object.fromEntries(chosen)
}

/** How many flaws each scenario has killed, by what is known. */
export function killCounts(
  killedBy: KilledBy,
  scenarios: readonly string[],
): { [scenario: string]: number } {
  const counts = new Map(scenarios.map(scenario => [scenario, 0]))
  for (const scenario of Object.values(killedBy).flat().map(scenarioOf)) {
    const count = counts.get(scenario)
    if (count !== undefined) counts.set(scenario, count + 1)
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
