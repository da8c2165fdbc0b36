import { flaws } from '../../fixtures/testing/peers/flaws/index.ts'
import { loadCases } from './load.ts'
import { scenarioOf } from './select.ts'
import { settings } from './settings.ts'
import { type Trial, tryFlaw, tryFlawWith, trySetting } from './trial.ts'

/*
 * One process of the pool: takes tasks from its parent, one at a time, until the parent lets go of it. A peer that breaks takes
 * this process with it, and its parent begins another.
 */
export type Task =
  | { kind: 'setting'; name: string }
  /** `first` killed it in an earlier proof. */
  | { kind: 'flaw'; name: string; first?: readonly string[] }
  /** The flaw against the named scenarios only. */
  | { kind: 'scenarios'; name: string; scenarios: string[] }

export type Answer = { trial: Trial }

const cases = await loadCases()

async function perform(task: Task): Promise<Trial> {
  if (task.kind === 'setting') {
    const setting = settings.find(({ name }) => name === task.name)!
    return trySetting(setting, cases[setting.peer])
  }
  const flaw = flaws.find(({ name }) => name === task.name)!
  if (task.kind === 'flaw') return tryFlaw(flaw, cases[flaw.peer], task.first)
  const wanted = new Set(task.scenarios)
  return tryFlawWith(
    flaw,
    cases[flaw.peer].filter(({ id }) => wanted.has(scenarioOf(id))),
  )
}

process.on('message', (task: Task) => {
  void perform(task).then(trial => process.send?.({ trial } satisfies Answer))
})
process.once('disconnect', () => process.exit(0))
process.send?.('ready')
