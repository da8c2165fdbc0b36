import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Case } from '../../src/scenario/ast.ts'
import type { FlawOutcome } from './outcome.ts'
import { scenarioOf } from './select.ts'
import type { Miss } from './trial.ts'
import { isHeavy } from './weigh.ts'

/** What killed each flaw for its own sake in an earlier proof: ids of cases, one of each scenario. */
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
 * What to play first the next time. Cases with thousands of messages are left to the flaws that nothing else kills; a flaw that was
 * not killed this time keeps nothing, so that all is searched again.
 */
export function killedByOf(outcomes: readonly FlawOutcome[], cases: readonly Case[]): KilledBy {
  const heavy = new Set(cases.filter(isHeavy).map(({ id }) => id))
  const killed = outcomes.filter(({ fate }) => fate === 'killed')
  return Object.fromEntries(
    killed.map(({ flaw, catches }) => {
      const ids = oneOfEachScenario(catches.filter(({ own }) => own))
      const light = ids.filter(id => !heavy.has(id))
      return [flaw.name, light.length > 0 ? light : ids.slice(0, 1)]
    }),
  )
}

function oneOfEachScenario(catches: readonly Miss[]): string[] {
  const byScenario = new Map<string, string>()
  for (const { id } of catches) {
    if (!byScenario.has(scenarioOf(id))) byScenario.set(scenarioOf(id), id)
  }
  return [...byScenario.values()]
}
