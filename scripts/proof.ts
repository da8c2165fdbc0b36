import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { memoryIn } from './proof/memory.ts'
import { type FlawOutcome, quicklyKilled, scoreLine } from './proof/outcome.ts'
import { pageOf } from './proof/page.ts'
import { openPool, type Pool } from './proof/pool.ts'
import { control, countKills, flawsNamed, hunt, sampleOf } from './proof/prove.ts'
import { settings, settingsNamed } from './proof/settings.ts'

/*
 * npm run proof                       all: correct peers, every flaw; writes reports/proof.md and reports/proof.json
 * npm run proof -- --only WORD        flaws whose name contains the word; writes nothing
 * npm run proof -- --sample N [--seed S]   N flaws chosen by the seed; exit code 1 where one survives
 * npm run proof -- --control [--only WORD]   only the correct peers, or those whose setting contains the word; writes nothing
 * --only may be given several times
 * --continue FILE                     keeps each trial in the file, and takes what it holds already: a proof in parts, of one state
 * --jobs N                            processes side by side; by default one for each core
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string' },
    jobs: { type: 'string' },
    continue: { type: 'string' },
    control: { type: 'boolean', default: false },
  },
})

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
  if (values.control) return guilty(await control(pool, settingsNamed(values.only), say))
  if (values.sample !== undefined) return sample(pool, Number(values.sample))
  if (values.only !== undefined) return partly(await hunt(pool, flawsNamed(values.only), say))
  return whole(pool)
}

async function whole(pool: Pool): Promise<number> {
  const controls = await control(pool, settings, say)
  const outcomes = await hunt(pool, flawsNamed(undefined), say)
  const kills = await countKills(pool, outcomes, say)
  write('proof.md', pageOf({ outcomes, controls, kills }))
  const quick = quicklyKilled(outcomes)
  write('proof.json', `${JSON.stringify({ flaws: outcomes.length, kills, quick }, null, 1)}\n`)
  say(`took ${Math.round((performance.now() - began) / 1000)} s`)
  return Math.max(guilty(controls), partly(outcomes))
}

async function sample(pool: Pool, size: number): Promise<number> {
  const seed = values.seed === undefined ? randomBytes(4).readUInt32BE() : Number(values.seed)
  say(`a sample of ${size} flaws, --seed ${seed}`)
  return partly(await hunt(pool, sampleOf(flawsNamed(undefined), size, seed), say))
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
  const file = fileURLToPath(new URL(`../reports/${name}`, import.meta.url))
  writeFileSync(file, text)
  say(`wrote reports/${name}`)
}
