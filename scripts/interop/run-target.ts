import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from '../../src/model/report.ts'
import { parseReport } from '../../src/reporters/reading/parse-report.ts'
import type { Profile } from '../../src/targets/profile.ts'
import { type Entry, entryOf } from './entry.ts'
import { versionOf } from './versions.ts'

export type Outcome = {
  name: string
  role: Profile['role']
  about: string
  install: string
  /** The command that does the same again. */
  command: string
  /** The day of the run, and its limit. */
  date: string
  limitS: number
} & (
  | { kind: 'ran'; entry: Entry }
  /** `missing`: the program is not on this machine. */
  | { kind: 'missing' | 'broken'; why: string }
)

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How long a run that was told to end may take to write its report. */
const graceS = 30

/** Runs all that fits the role of one profile in a process of its own, which is ended when its time is over. */
export async function runTarget(
  profile: Profile,
  { limitS, jobs }: { limitS: number; jobs: string },
): Promise<Outcome> {
  const { name, role } = profile
  const words = ['run', '--target', name, '--jobs', jobs, '--seed', '1']
  const about = {
    name,
    role,
    about: profile.about ?? '',
    install: (profile.install ?? '').trim().replaceAll('$here', `fixtures/targets/${role}s`),
    command: `mqttspec ${words.join(' ')}`,
    date: new Date().toISOString().slice(0, 10),
    limitS,
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-interop-'))
  const file = path.join(folder, 'report.json')
  try {
    const ended = await mqttspec([...words, '--reporter', `json=${file}`], limitS)
    const report = await readReport(file)
    if (report && report.results.length > 0) {
      const version = await versionOf(name, root)
      const { outOfTime } = ended
      const { command, date } = about
      const entry = entryOf(report, { name, role, version, date, command, outOfTime })
      return { ...about, kind: 'ran', entry }
    }
    // A target that cannot be reached leaves a report that says so, too.
    const said = report?.problem ?? ended.said
    const missing = /PROGRAM_MISSING|BUILD_FAILED|not found|No such file|jarfile|PYTHON/.test(said)
    const why = firstLine(said) || `it ended with code ${ended.code} and no report`
    return { ...about, kind: missing ? 'missing' : 'broken', why }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Ended = { code: number | null; said: string; outOfTime: boolean }

function mqttspec(words: string[], limitS: number): Promise<Ended> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--import=tsx', 'src/cli/bin.ts', ...words], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    let outOfTime = false
    child.stderr.on('data', text => {
      said = (said + text).slice(-20_000)
    })
    const soft = setTimeout(() => {
      outOfTime = true
      child.kill('SIGTERM')
    }, limitS * 1000)
    const hard = setTimeout(() => child.kill('SIGKILL'), (limitS + graceS) * 1000)
    child.on('error', error => {
      said += error.message
    })
    child.on('close', code => {
      clearTimeout(soft)
      clearTimeout(hard)
      resolve({ code, said, outOfTime })
    })
  })
}

/** What a report that was saved before says of a target. */
export async function entryOfSaved(profile: Profile, file: string): Promise<Entry> {
  const { name, role } = profile
  const report = await readReport(file)
  if (!report || report.results.length === 0) throw new Error(`${file} holds no results`)
  const product = /(\d+\.\d+[\w.+-]*)/.exec(report.target.product ?? '')?.[1]
  return entryOf(report, {
    name,
    role,
    version: product ?? (await versionOf(name, root)),
    date: report.startedAt.slice(0, 10),
    command: `mqttspec run --target ${name} --seed ${report.seed}`,
    outOfTime: report.problem?.startsWith('interrupted') ?? false,
  })
}

async function readReport(file: string): Promise<RunReport | undefined> {
  try {
    return parseReport(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Without our own prefix, and without where on this machine something is. */
function firstLine(text: string): string {
  const line = text.split('\n').find(each => each.trim() !== '') ?? ''
  return line
    .replace(/^mqttspec: /, '')
    .replaceAll(root, '')
    .replace(/\/(tmp|home|root|usr|opt|work)\/[^\s`'"]*\//g, '')
    .slice(0, 200)
}
