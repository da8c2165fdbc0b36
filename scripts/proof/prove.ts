import { type Flaw, flaws } from '../../fixtures/testing/peers/flaws/index.ts'
import { createRandom } from '../../src/model/random.ts'
import type { Case } from '../../src/scenario/ast.ts'
import type { KilledBy } from './again.ts'
import { barrenReason } from './history.ts'
import { loadCases } from './load.ts'
import { alarmsOf, type FlawOutcome, killsOf, outcomeOf } from './outcome.ts'
import type { Proof } from './page.ts'
import type { Pool } from './pool.ts'
import { isAbout, scenarioOf } from './select.ts'
import type { Setting } from './settings.ts'
import type { Trial } from './trial.ts'
import { isFromTable } from './weigh.ts'

export type Say = (line: string) => void

/** Where fewer settings than these are asked for, all is told that is amiss with them. */
const settingsMax = 40

/** Fewer flaws than these have no need of more processes. */
const flawsMax = 100

/** Correct peers in legal settings. */
export async function control(
  pool: Pool,
  among: readonly Setting[],
  say: Say,
): Promise<Proof['controls']> {
  const tasks = among.map(({ name }) => ({ kind: 'setting' as const, name }))
  const onDone = (trial: Trial, done: number) => {
    const setting = among.find(({ name }) => name === trial.name)!
    const alarms = alarmsOf(setting, trial)
    const unsure = trial.misses.filter(({ verdict }) => verdict === 'inconclusive').length
    say(
      `${done}/${tasks.length} ${trial.name}: ${trial.ran} cases, ${alarms.length} alarms` +
        `${unsure > 0 ? `, ${unsure} inconclusive` : ''} (${timeOf(trial)})`,
    )
    const told = among.length < settingsMax ? trial.misses : alarms.slice(0, 10)
    for (const { id, verdict, reason } of told) say(`  ${verdict} ${id}: ${reason}`)
    if (trial.problem) say(`  ${trial.problem}`)
  }
  // They compute for most of their time and wait for some: one more than there are cores keeps all of these busy.
  const lanes = among.length < settingsMax ? pool.size : pool.size + 1
  const trials = await pool.perform(tasks, { onDone, lanes })
  return among.map((setting, index) => {
    const trial = trials[index]!
    return { setting, trial, alarms: alarmsOf(setting, trial) }
  })
}

/** Each flaw against the suites; what killed it in an earlier proof goes first. */
export async function hunt(
  pool: Pool,
  among: readonly Flaw[],
  killedBy: KilledBy,
  say: Say,
): Promise<FlawOutcome[]> {
  // What is searched for takes longest: it goes first.
  const ordered = [...among].sort((a, b) => Number(a.name in killedBy) - Number(b.name in killedBy))
  const tasks = ordered.map(({ name }) => ({
    kind: 'flaw' as const,
    name,
    first: killedBy[name] ?? [],
  }))
  const onDone = (trial: Trial, done: number) => {
    const flaw = among.find(({ name }) => name === trial.name)!
    const { fate, catches } = outcomeOf(flaw, trial)
    const by = catches[0] ? ` by ${catches[0].id} (${catches.length})` : ''
    const also = fate === 'killed' ? `, ${trial.elsewhere ?? 'in no other setting'}` : ''
    say(
      `${done}/${tasks.length} ${trial.name}: ${fate}${by}${also}, ${trial.ran} cases, ${timeOf(trial)}`,
    )
    if (fate !== 'killed' && trial.problem) say(`  ${trial.problem.slice(0, 400)}`)
  }
  // They wait for what does not come and compute next to nothing: where there are many, more are tried than there are cores.
  const lanes = among.length < flawsMax ? pool.size : pool.size * 3
  const trials = await pool.perform(tasks, { onDone, lanes })
  const byName = new Map(trials.map(trial => [trial.name, trial]))
  return among.map(flaw => outcomeOf(flaw, byName.get(flaw.name)!))
}

/** So many of the flaws that it is about does a scenario meet that has killed nothing so far. */
const metMax = 6

/**
 * Which of the scenarios that killed nothing so far would have caught a flaw that was caught by others already. In a search they then
 * meet every flaw.
 */
export async function countKills(
  pool: Pool,
  outcomes: FlawOutcome[],
  search: boolean,
  say: Say,
): Promise<{ [scenario: string]: number }> {
  const cases = await loadCases()
  const all = [...cases.broker, ...cases.client]
  const names = [...new Set(all.map(({ id }) => scenarioOf(id)))]
  const idle = () => {
    const kills = killsOf(outcomes, names)
    return names.filter(name => kills[name] === 0 && (search || barrenReason(name) === undefined))
  }
  const byName = new Map(outcomes.map(outcome => [outcome.flaw.name, outcome]))
  const meet = async (wanted: (scenario: string) => readonly Flaw[]) => {
    const scenarios = new Map<string, string[]>()
    for (const scenario of idle()) {
      for (const { name } of wanted(scenario)) {
        scenarios.set(name, [...(scenarios.get(name) ?? []), scenario])
      }
    }
    const tasks = [...scenarios].map(([name, some]) => ({
      kind: 'scenarios' as const,
      name,
      scenarios: some,
    }))
    const onDone = (trial: Trial) => {
      const { flaw, catches } = byName.get(trial.name)!
      catches.push(...outcomeOf(flaw, trial).catches)
    }
    // They wait for most of their time, like flaws.
    await pool.perform(tasks, { onDone, lanes: pool.size * 3 })
  }
  const about = new Map(names.map(name => [name, [] as Case[]]))
  for (const kase of all) about.get(scenarioOf(kase.id))?.push(kase)
  const near = nearestOf(outcomes.map(({ flaw }) => flaw))
  say(
    `${idle().length} of ${names.length} scenarios have killed nothing yet; they meet flaws that they are about`,
  )
  await meet(scenario => {
    const flawsNear = near(about.get(scenario)!)
    return search ? flawsNear : flawsNear.slice(0, metMax)
  })
  say(`${idle().length} scenarios have still killed nothing`)
  // A wrong packet from the table shows a flaw of its own kind or none.
  const anyFlaw = (scenario: string) => !about.get(scenario)!.some(isFromTable)
  if (search) await meet(scenario => (anyFlaw(scenario) ? outcomes.map(({ flaw }) => flaw) : []))
  return killsOf(outcomes, names)
}

/**
 * The flaws that the cases of a scenario are about, those of the same side only. What few flaws break says more than what many do: who shares
 * the rarest statement comes first, and of those alike whose words are most like the scenario's: what is wrong with a format is told by them alone.
 */
function nearestOf(among: readonly Flaw[]): (cases: readonly Case[]) => Flaw[] {
  const breakers = new Map<string, number>()
  const marksOf = ({ statements, bug }: Flaw) => [...statements, ...(bug ? [bug] : [])]
  for (const mark of among.flatMap(marksOf)) breakers.set(mark, (breakers.get(mark) ?? 0) + 1)
  return cases => {
    const marks = new Set<string>(cases.flatMap(({ covers, bugs }) => [...covers, ...bugs]))
    const side = cases[0]?.role === 'client' ? 'broker' : 'client'
    const rarest = (flaw: Flaw) =>
      Math.min(...marksOf(flaw).flatMap(mark => (marks.has(mark) ? [breakers.get(mark)!] : [])))
    return among
      .filter(flaw => flaw.peer === side && cases.some(kase => isAbout(kase, flaw)))
      .sort((a, b) => rarest(a) - rarest(b) || alike(b, cases) - alike(a, cases))
  }
}

/** How many words of its own a flaw has in common with the name and title of a scenario. */
function alike({ name, about }: Flaw, cases: readonly Case[]): number {
  const of = wordsOf(`${scenarioOf(cases[0]!.id)} ${cases[0]!.title}`)
  return [...wordsOf(`${name} ${about}`)].filter(word => of.has(word)).length
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[a-z0-9]+/g))
}

/** As many flaws as asked for, chosen by the seed. */
export function sampleOf(among: readonly Flaw[], size: number, seed: number): Flaw[] {
  const random = createRandom(seed)
  const left = among.filter(({ invisible }) => invisible === undefined)
  const chosen: Flaw[] = []
  while (chosen.length < size && left.length > 0) {
    chosen.push(...left.splice(random.int(0, left.length - 1), 1))
  }
  return chosen
}

/** All flaws, or those whose name contains one of the words. */
export function flawsNamed(words: readonly string[] | undefined): Flaw[] {
  return flaws.filter(({ name }) => !words || words.some(word => name.includes(word)))
}

function timeOf({ tookMs, cpuMs }: Trial): string {
  return `${seconds(tookMs)}, ${seconds(cpuMs)} of processor`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
