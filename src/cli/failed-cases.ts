import { existsSync } from 'node:fs'
import type { RunReport } from '../model/report.ts'
import { UsageError } from '../run/usage-error.ts'
import type { Io } from './io.ts'
import { lastReportFile } from './last-report.ts'
import { readReport } from './read-report.ts'

/** The ids of what did not pass in a report, or in the last run in this folder; none where all did. Throws UsageError. */
export async function failedCases(
  file: string | true,
  io: Io,
): Promise<{ ids: string[]; report: RunReport }> {
  const report = await readReport(file === true ? lastOf(io) : file)
  const ids = report.results
    .filter(({ verdict, known }) => isTrouble(verdict) && known?.outcome !== 'expected')
    .map(({ id }) => id)
  return { ids, report }
}

function isTrouble(verdict: RunReport['results'][number]['verdict']): boolean {
  return verdict !== 'pass' && verdict !== 'warn' && verdict !== 'skipped'
}

/** Throws UsageError where there was no run in this folder. */
export function lastOf(io: Io): string {
  const file = lastReportFile(io)
  if (file !== undefined && existsSync(file)) return file
  throw new UsageError(
    'there is no report of an earlier run in this folder: name one, as --reporter json=FILE writes it',
  )
}
