import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/parse-report.ts'
import { mergeReports } from '../run/merge.ts'
import { UsageError } from '../run/usage-error.ts'

export type WorkersOptions = {
  workers: number
  /** The command line without what is said here. */
  words: readonly string[]
  seed: number
  /** This machine's part of a larger search. */
  shard: { index: number; count: number } | undefined
  signal: AbortSignal
}

/**
 * One search in several processes: each is a part of it, with a target of its own where we start the target, and their reports are joined
 * as those of several machines are.
 */
export async function exploreInWorkers(options: WorkersOptions): Promise<RunReport> {
  const { workers, shard = { index: 1, count: 1 } } = options
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-explore-'))
  try {
    const parts = await Promise.all(
      Array.from({ length: workers }, (_, at) => {
        const index = (shard.index - 1) * workers + at + 1
        return part(options, path.join(folder, `${index}.json`), index, shard.count * workers)
      }),
    )
    // Among themselves the workers are all parts there are; this machine may still be one of several.
    const own = parts.map((report, at) => ({ ...report, shard: { index: at + 1, count: workers } }))
    const merged = mergeReports(own)
    if (typeof merged === 'string')
      throw new UsageError(`the workers do not fit together: ${merged}`)
    return options.shard ? { ...merged, shard: options.shard } : merged
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function part(
  { words, seed, signal }: WorkersOptions,
  file: string,
  index: number,
  count: number,
): Promise<RunReport> {
  const more = [
    '--seed',
    String(seed),
    '--shard',
    `${index}/${count}`,
    '--reporter',
    `json=${file}`,
    '--trace',
    'all',
  ]
  const entry = process.argv[1] ?? ''
  const child = spawn(process.execPath, [...process.execArgv, entry, ...words, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, JOB_COMPLETION_INDEX: '' },
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said = `${said}${chunk}`.slice(-4000)
  })
  const stop = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  const code = await ended(child)
  signal.removeEventListener('abort', stop)
  try {
    return parseReport(await readFile(file, 'utf8'))
  } catch {
    throw new UsageError(`worker ${index} ended with exit code ${code}: ${said.trim()}`)
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code))
  })
}
