import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { RunReport } from '../model/report.ts'
import { createReporter } from '../reporters/index.ts'
import type { Io } from './io.ts'

/** Where the report of the last run in this folder is kept, for `--failed` and `report issue`. Undefined where nobody has a home. */
export function lastReportFile({ env }: Io, cwd = process.cwd()): string | undefined {
  const cache = env.XDG_CACHE_HOME || (env.HOME ? path.join(env.HOME, '.cache') : undefined)
  if (cache === undefined || cache === '') return undefined
  const folder = createHash('sha256').update(cwd).digest('hex').slice(0, 16)
  return path.join(cache, 'mqttspec', `last-${folder}.json.gz`)
}

/** Keeps a report for later. That it cannot be kept is no reason to fail a run. */
export async function keepLastReport(report: RunReport, io: Io): Promise<void> {
  const file = lastReportFile(io)
  if (file === undefined || report.results.length === 0) return
  try {
    const json = await createReporter('json', { traces: 'failed' })
    await mkdir(path.dirname(file), { recursive: true })
    // Another run in this folder may be reading it.
    const fresh = `${file}.${process.pid}`
    await writeFile(fresh, gzipSync(json.end(report)), { mode: 0o600 })
    await rename(fresh, file)
  } catch {
    // A disk that is full or read-only.
  }
}
