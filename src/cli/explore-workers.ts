import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'
import { InterruptedError } from '../run/interrupted-error.ts'
import { mergeReports } from '../run/report/merge.ts'
import { UsageError } from '../run/usage-error.ts'
import { endingText, spawnOwned } from '../targets/process/processes.ts'
import { makeTemporary, removeTemporary } from '../targets/process/temporary.ts'

/** A worker that is interrupted has so long for its report. */
const stopMs = 20_000

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
  const folder = await makeTemporary('explore')
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
    await removeTemporary(folder)
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
  // Owned, so that it ends with us however we end.
  const worker = await spawnOwned(
    [process.execPath, ...process.execArgv, entry, ...words, ...more],
    { env: { JOB_COMPLETION_INDEX: '' } },
  )
  let late: NodeJS.Timeout | undefined
  const stop = () => {
    worker.signal('term')
    late = setTimeout(() => worker.signal('kill'), stopMs)
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const ending = await worker.ended
  signal.removeEventListener('abort', stop)
  clearTimeout(late)
  try {
    return parseReport(await readFile(file, 'utf8'))
  } catch {
    if (signal.aborted) throw new InterruptedError()
    throw new UsageError(`worker ${index} ${endingText(ending)}: ${worker.tail().trim()}`)
  }
}
