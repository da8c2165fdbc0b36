import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { flaws } from '../fixtures/testing/peers/flaws/index.ts'
import {
  killCounts,
  killedByOf,
  type Numbers,
  numbersOfLastProof,
  playedFirst,
} from './proof/again.ts'
import { loadCases } from './proof/load.ts'
import { keptIn, memoryIn } from './proof/memory.ts'
import {
  alarmsOf,
  type FlawOutcome,
  heldAgain,
  outcomeOf,
  quicklyKilled,
  scoreLine,
} from './proof/outcome.ts'
import { type Parts, pageOf } from './proof/page.ts'
import { openPool, type Pool } from './proof/pool.ts'
import { control, countKills, flawsNamed, hunt, sampleOf } from './proof/prove.ts'
import { scenarioOf } from './proof/select.ts'
import { settings, settingsNamed } from './proof/settings.ts'
import { emptyTrial } from './proof/trial.ts'

/*
 * npm run proof                       all: correct peers, every flaw; writes reports/proof.md and reports/proof.json
 * npm run proof -- --only WORD        flaws whose name contains the word; writes nothing
 * npm run proof -- --sample N [--seed S]   N flaws chosen by the seed; exit code 1 where one survives
 * npm run proof -- --control [--only WORD]   only the correct peers, or those whose setting contains the word; writes nothing
 * --only may be given several times
 * --continue FILE                     keeps each trial in the file, and takes what it holds already: a proof in parts, of one state
 * npm run proof -- --page FILE         writes the page and the numbers of what such a file holds, and says what is missing
 * --search                            looks for what kills each flaw anew, instead of beginning with what killed it in the last proof
 * --jobs N                            processes side by side; by default one for each core
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string' },
    jobs: { type: 'string' },
    continue: { type: 'string' },
    page: { type: 'string' },
    search: { type: 'boolean', default: false },
    control: { type: 'boolean', default: false },
  },
})

const last = numbersOfLastProof()
const loaded = await loadCases()
const killedBy = values.search
  ? {}
  : playedFirst(last.killedBy ?? {}, [...loaded.broker, ...loaded.client])
const memory = values.continue === undefined ? undefined : memoryIn(values.continue)
const pool = openPool(Number(values.jobs ?? availableParallelism()), memory)
const began = performance.now()
const say = (line: string) => void process.stdout.write(`${line}\n`)
try {
  process.exitCode = await main(pool)
} finally {
  pool.close()
}

async function main(pool: Pool): Promise<number> {
  if (values.page !== undefined) return pageInParts(values.page)
  if (values.control) return guilty(await control(pool, settingsNamed(values.only), say))
  if (values.sample !== undefined) return sample(pool, Number(values.sample))
  if (values.only !== undefined)
    return partly(await hunt(pool, flawsNamed(values.only), killedBy, say))
  return whole(pool)
}

async function whole(pool: Pool): Promise<number> {
  const huntAndCount = async () => {
    const outcomes = await hunt(pool, flawsNamed(undefined), killedBy, say)
    await countKills(pool, outcomes, values.search, say)
    return outcomes
  }
  // What waits goes beside what computes, to the end: neither needs the other's answer.
  const [controls, outcomes] = await Promise.all([control(pool, settings, say), huntAndCount()])
  const kills = writeNumbers(outcomes)
  write('proof.md', pageOf({ outcomes, controls, kills, searched: values.search }))
  say(`took ${Math.round((performance.now() - began) / 1000)} s`)
  return Math.max(guilty(controls), partly(outcomes))
}

/** Runs nothing. Scenarios keep what they killed in an earlier proof where this one has not met them. */
async function pageInParts(file: string): Promise<number> {
  const kept = keptIn(file)
  const find = (kind: 'setting' | 'flaw', name: string) =>
    kept.find(({ task }) => task.kind === kind && task.name === name)
  const controls = settings.flatMap(setting => {
    const trial = find('setting', setting.name)?.trial
    return trial ? [{ setting, trial, alarms: alarmsOf(setting, trial) }] : []
  })
  const outcomes = flaws.flatMap(flaw => {
    const trial = find('flaw', flaw.name)?.trial
    if (!trial && flaw.invisible === undefined) return []
    return [outcomeOf(flaw, heldAgain(flaw, trial ?? emptyTrial(flaw.name)))]
  })
  for (const { task, trial } of kept) {
    const met = task.kind === 'scenarios' && outcomes.find(({ flaw }) => flaw.name === task.name)
    if (met) met.catches.push(...outcomeOf(met.flaw, heldAgain(met.flaw, trial)).catches)
  }
  const ran = kept.filter(({ task }) =>
    task.kind === 'setting'
      ? settings.some(({ name }) => name === task.name)
      : task.kind === 'flaw' && flaws.some(({ name }) => name === task.name),
  )
  const states = [...new Set(ran.map(({ state = 'unknown' }) => state))].map(state => {
    const of = (kind: string) =>
      ran.filter(one => (one.state ?? 'unknown') === state && one.task.kind === kind).length
    return { state, settings: of('setting'), flaws: of('flaw') }
  })
  const parts: Parts = {
    states,
    settingsNotRun: settings.map(({ name }) => name).filter(name => !find('setting', name)),
    flawsNotRun: flaws
      .filter(({ name, invisible }) => invisible === undefined && !find('flaw', name))
      .map(({ name }) => name),
  }
  const kills = writeNumbers(outcomes)
  write('proof.md', pageOf({ outcomes, controls, kills, parts, searched: false }))
  say(scoreLine(outcomes))
  return 0
}

/** Keeps what is known of kills, of this proof and of earlier ones; a search begins anew. */
function writeNumbers(outcomes: FlawOutcome[]): Numbers['kills'] {
  const all = [...loaded.broker, ...loaded.client]
  const ids = new Set(all.map(({ id }) => id))
  const earlier = values.search ? {} : (last.killedBy ?? {})
  const still = Object.fromEntries(
    Object.entries(earlier).map(([flaw, cases]) => [flaw, cases.filter(id => ids.has(id))]),
  )
  const known = killedByOf(outcomes, still)
  const kills = killCounts(known, [...new Set(all.map(({ id }) => scenarioOf(id)))])
  const numbers: Numbers = {
    flaws: outcomes.length,
    kills,
    quick: quicklyKilled(outcomes),
    killedBy: known,
  }
  write('proof.json', `${JSON.stringify(numbers, null, 1)}\n`)
  return kills
}

async function sample(pool: Pool, size: number): Promise<number> {
  const seed = values.seed === undefined ? randomBytes(4).readUInt32BE() : Number(values.seed)
  say(`a sample of ${size} flaws, --seed ${seed}`)
  return partly(await hunt(pool, sampleOf(flawsNamed(undefined), size, seed), killedBy, say))
}

/** Says the score; 1 where a flaw that can be seen was not caught at all. */
function partly(outcomes: FlawOutcome[]): number {
  say(scoreLine(outcomes))
  return outcomes.some(({ fate }) => fate === 'survived') ? 1 : 0
}

function guilty(controls: Awaited<ReturnType<typeof control>>): number {
  return controls.some(({ alarms, trial }) => alarms.length > 0 || trial.problem) ? 1 : 0
}

function write(name: string, text: string): void {
  writeFileSync(pathOf(name), text)
  say(`wrote reports/${name}`)
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../reports/${name}`, import.meta.url))
}
