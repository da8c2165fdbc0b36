import type { Flaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { scenarioOf } from './select.ts'
import type { Setting } from './settings.ts'
import { isCatch, type Miss, type Trial } from './trial.ts'

/**
 * `killed`: a finding cites a statement that it breaks. `unrelated`: caught, but for something else.
 * `refused`: no verdict, the peer would not do even for the probe before the first case.
 */
export type Fate = 'killed' | 'unrelated' | 'refused' | 'survived' | 'invisible'

export type FlawOutcome = { flaw: Flaw; fate: Fate; catches: Miss[]; trial: Trial }

export function outcomeOf(flaw: Flaw, trial: Trial): FlawOutcome {
  const catches = trial.misses.filter(miss => isCatch(miss, flaw.warns ?? false))
  // Cases that are about the flaw first: they tell best why it was caught.
  catches.sort((a, b) => Number(b.own) - Number(a.own))
  return { flaw, fate: fateOf(flaw, trial, catches), catches, trial }
}

/** A trial of an earlier state, held against the statements that the flaw breaks by what is known now. */
export function heldAgain(flaw: Flaw, trial: Trial): Trial {
  const misses = trial.misses.map(miss => ({
    ...miss,
    own: miss.statements.some(one => flaw.statements.includes(one)),
  }))
  return { ...trial, misses }
}

function fateOf(flaw: Flaw, trial: Trial, catches: Miss[]): Fate {
  if (flaw.invisible !== undefined) return 'invisible'
  if (catches.some(({ own }) => own)) return 'killed'
  if (catches.length > 0) return 'unrelated'
  return trial.problem === undefined ? 'survived' : 'refused'
}

/** What a correct peer was found guilty of. With `warns`, warnings are no alarm; a case without a verdict is none of its own. */
export function alarmsOf(setting: Setting, trial: Trial): Miss[] {
  return trial.misses.filter(
    ({ verdict }) => verdict !== 'inconclusive' && !(setting.warns && verdict === 'warn'),
  )
}

/** `231 flaws: 226 killed, 2 by an unrelated clause, 3 invisible – 98.7 %`. */
export function scoreLine(outcomes: readonly FlawOutcome[]): string {
  const count = (fate: Fate) => outcomes.filter(outcome => outcome.fate === fate).length
  const killed = count('killed')
  const parts = [
    `${killed} killed`,
    `${count('unrelated')} by an unrelated clause`,
    ...(count('refused') > 0 ? [`${count('refused')} refused before the first case`] : []),
    `${count('invisible')} invisible`,
    `${count('survived')} survived`,
  ]
  return `${outcomes.length} flaws: ${parts.join(', ')} – ${percent(outcomes)} %`
}

/** Of the flaws that can be seen, those that were killed for what they are. */
function percent(outcomes: readonly FlawOutcome[]): string {
  const visible = outcomes.filter(({ fate }) => fate !== 'invisible')
  const killed = visible.filter(({ fate }) => fate === 'killed')
  return ((100 * killed.length) / Math.max(1, visible.length)).toFixed(1)
}

/** Flaws that were killed within seconds: of these `npm test` takes its sample, and each of them has to be killed again. */
export function quicklyKilled(outcomes: readonly FlawOutcome[]): string[] {
  const quick = outcomes.filter(({ fate, trial }) => fate === 'killed' && trial.tookMs < 5000)
  return quick.map(({ flaw }) => flaw.name)
}

/** How many flaws each scenario killed for their own sake, by any of its cases; those that killed none with 0. */
export function killsOf(
  outcomes: readonly FlawOutcome[],
  scenarios: readonly string[],
): { [scenario: string]: number } {
  const kills = new Map(scenarios.map(scenario => [scenario, new Set<string>()]))
  for (const { flaw, catches } of outcomes) {
    for (const { id, own } of catches) if (own) kills.get(scenarioOf(id))?.add(flaw.name)
  }
  const sorted = [...kills].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([scenario, names]) => [scenario, names.size]))
}
