import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readKnownIssues } from '../src/cli/known-issues.ts'
import { compare, nearBudgets, type Observation } from './stability/compare.ts'
import { startLoad } from './stability/load.ts'
import { runApart } from './stability/one-run.ts'

/*
 * npm run stability -- --target mosquitto --runs 20
 *
 * Runs the same suites again and again while the processor is kept busy, with each of `--jobs` and each of `--scales` in turn, and
 * compares verdicts and broken statements case by case. Exit code 1 where two runs differ. Cases whose answers came near the end of
 * a budget are named too: those would be the first to differ on a slower machine.
 *
 * --runs N        how many, default 20
 * --jobs 1,64     cases side by side, in turn
 * --scales 1,4    --timeout-scale, in turn
 * --load N        processes that compute all the time, default one for each core
 * --side N        runs side by side, each in a process of its own with a target of its own; default one after the other
 * --keep FOLDER   the whole reports, for the ladders of what differs
 * --known-issues FILE   cases that are `intermittent` there may differ
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: 'string', default: 'aedes' },
    runs: { type: 'string', default: '20' },
    jobs: { type: 'string', default: '1,64' },
    scales: { type: 'string', default: '1,4' },
    load: { type: 'string', default: String(availableParallelism()) },
    side: { type: 'string', default: '1' },
    keep: { type: 'string' },
    'known-issues': { type: 'string' },
  },
})
const runs = number(values.runs)
const jobs = values.jobs.split(',').map(number)
const scales = values.scales.split(',').map(number)
const file = values['known-issues']
const known = file === undefined ? undefined : await readKnownIssues(file)
const say = (line: string) => void process.stdout.write(`${line}\n`)

if (values.keep !== undefined) await mkdir(values.keep, { recursive: true })
const load = startLoad(number(values.load))
const observations: Observation[] = []
const told = new Set<string>()
let next = 0
let done = 0
const lane = async () => {
  while (next < runs) {
    const index = next++
    await one({
      suites: positionals,
      target: values.target,
      jobs: jobs[index % jobs.length]!,
      timeoutScale: scales[Math.floor(index / jobs.length) % scales.length]!,
      ...(file === undefined ? {} : { knownIssues: file }),
      ...(values.keep === undefined ? {} : { keep: path.join(values.keep, `${index + 1}.json`) }),
    })
  }
}
try {
  await Promise.all(Array.from({ length: Math.max(1, number(values.side)) }, lane))
} finally {
  load.stop()
}

const { differing, excused, cases } = compare(observations, known?.entries ?? [])
for (const { id, seen } of differing) {
  say(`differs ${id}`)
  for (const { outcome, settings } of seen)
    say(`  ${settings.length} × ${outcome} (${[...new Set(settings)].join('; ')})`)
}
for (const { id, share, setting } of nearBudgets(observations))
  say(`near its budget ${id}: ${Math.round(share * 100)} % (${setting})`)
if (excused > 0) say(`${excused} cases differ by races that ${file} lists`)
say(
  `${runs} runs of ${cases} cases against ${values.target} under load: ${differing.length === 0 ? 'identical' : `${differing.length} differ`}`,
)
process.exitCode = differing.length === 0 ? 0 : 1

async function one(task: Parameters<typeof runApart>[0]): Promise<void> {
  const { observation, summary, durationMs } = await runApart(task)
  const { pass, warn, fail, inconclusive, error } = summary
  say(
    `${++done}/${runs} ${observation.setting}: ${pass} passed, ${warn} warned, ${fail} failed, ` +
      `${inconclusive} inconclusive, ${error} errors, ${(durationMs / 1000).toFixed(1)} s`,
  )
  observations.push(observation)
  for (const { id, seen } of compare(observations, known?.entries ?? []).differing) {
    if (told.has(id)) continue
    told.add(id)
    say(`  ${id}: ${seen.map(({ outcome }) => outcome).join(' | ')}`)
  }
}

function number(word: string): number {
  const value = Number(word)
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`expected a number, got "${word}"`)
  return value
}
