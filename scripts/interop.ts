import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { version } from '../src/run/version.ts'
import { listProfiles } from '../src/targets/index.ts'
import type { Profile } from '../src/targets/profile.ts'
import { type Entry, fileOf } from './interop/entry.ts'
import { interopReport } from './interop/report.ts'
import { type Outcome, runTarget } from './interop/run-target.ts'

/**
 * Runs every profile that ships against the suites of its role, one after another, and writes reports/interop.md.
 * `npm run interop -- mosquitto mqttjs --limit 60` runs only these, each for 60 s at most. A target whose program is missing is listed.
 * What each came to is kept in reports/interop, of which `npm run site` makes pages.
 * `--keep FOLDER` keeps the outcomes there, and takes those of targets that are not named from there.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '300' },
    keep: { type: 'string' },
    jobs: { type: 'string', default: '16' },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../reports/interop.md', import.meta.url)),
    },
  },
})
const limitS = Number(values.limit)
if (!(limitS > 0)) throw new RangeError(`expected --limit in seconds, got "${values.limit}"`)

const { keep } = values
if (keep) await mkdir(keep, { recursive: true })

const profiles = (await listProfiles()).sort(
  (a, b) => a.role.localeCompare(b.role) || a.name.localeCompare(b.name),
)
const missing = positionals.filter(name => !profiles.some(profile => profile.name === name))
if (missing.length > 0) throw new RangeError(`no profile is called ${missing.join(', ')}`)

const outcomes: Outcome[] = []
for (const profile of profiles) {
  const file = keep && path.join(keep, `${profile.name}.json`)
  const wanted = positionals.length === 0 || positionals.includes(profile.name)
  const outcome = wanted
    ? await runAndTell(profile)
    : file && existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome)
      : undefined
  if (!outcome) continue
  if (wanted && file) await writeFile(file, JSON.stringify(outcome))
  outcomes.push(outcome)
  if (wanted && outcome.kind === 'ran' && outcome.entry) await keepEntry(outcome.entry)
}

/** For the site: one for each version of a target. */
async function keepEntry(entry: Entry): Promise<void> {
  const folder = fileURLToPath(new URL('../reports/interop/', import.meta.url))
  await mkdir(folder, { recursive: true })
  await writeFile(folder + fileOf(entry), `${JSON.stringify(entry)}\n`)
}

async function runAndTell(profile: Profile): Promise<Outcome> {
  process.stderr.write(`${profile.name} … `)
  const outcome = await runTarget(profile, { limitS, jobs: values.jobs })
  process.stderr.write(
    outcome.kind === 'ran' ? `${JSON.stringify(outcome.report.summary)}\n` : `${outcome.why}\n`,
  )
  return outcome
}

const text = interopReport(outcomes, { mqttspec: version, node: process.version })
await mkdir(path.dirname(path.resolve(values.out)), { recursive: true })
await writeFile(values.out, text)
process.stderr.write(`${values.out}\n`)
