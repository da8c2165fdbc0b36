import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { listProfiles } from '../src/targets/index.ts'
import type { Profile } from '../src/targets/profile.ts'
import { type Entry, fileOf } from './interop/entry.ts'
import { interopReport } from './interop/report.ts'
import { entryOfSaved, type Outcome, runTarget } from './interop/run-target.ts'

/**
 * Runs every profile that ships against the suites of its role, one after another, and writes reports/interop.md.
 * `npm run interop -- mosquitto mqttjs --limit 60` runs only these, each for 60 s at most. A target whose program is missing is listed.
 * What each came to is kept in reports/interop, one file for each version, of which the report and the pages of `npm run site` are made.
 * `--saved mosquitto=FILE` takes a report that `run --reporter json=FILE` wrote in place of a run; with some and no names nothing runs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '300' },
    saved: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '16' },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../reports/interop.md', import.meta.url)),
    },
  },
})
const limitS = Number(values.limit)
if (!(limitS > 0)) throw new RangeError(`expected --limit in seconds, got "${values.limit}"`)
const folder = fileURLToPath(new URL('../reports/interop/', import.meta.url))
await mkdir(folder, { recursive: true })

const profiles = (await listProfiles()).sort(
  (a, b) => a.role.localeCompare(b.role) || a.name.localeCompare(b.name),
)
function profileOf(name: string): Profile {
  const profile = profiles.find(one => one.name === name)
  if (!profile) throw new RangeError(`no profile is called ${name}`)
  return profile
}

for (const saved of values.saved) {
  const [name = '', file = ''] = saved.split('=')
  await keepEntry(await entryOfSaved(profileOf(name), file))
}
const all = positionals.length === 0 && values.saved.length === 0
const outcomes: Outcome[] = []
for (const profile of all ? profiles : positionals.map(profileOf)) {
  const outcome = await runAndTell(profile)
  outcomes.push(outcome)
  if (outcome.kind === 'ran') await keepEntry(outcome.entry)
}

async function keepEntry(entry: Entry): Promise<void> {
  await writeFile(folder + fileOf(entry), `${JSON.stringify(entry)}\n`)
}

async function runAndTell(profile: Profile): Promise<Outcome> {
  process.stderr.write(`${profile.name} … `)
  const outcome = await runTarget(profile, { limitS, jobs: values.jobs })
  process.stderr.write(
    outcome.kind === 'ran' ? `${JSON.stringify(outcome.entry.summary)}\n` : `${outcome.why}\n`,
  )
  return outcome
}

const entries = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .sort()
  .map(name => JSON.parse(readFileSync(folder + name, 'utf8')) as Entry)
const absent = outcomes.filter(outcome => outcome.kind !== 'ran')
await mkdir(path.dirname(path.resolve(values.out)), { recursive: true })
await writeFile(values.out, interopReport(entries, absent))
process.stderr.write(`${values.out}\n`)
