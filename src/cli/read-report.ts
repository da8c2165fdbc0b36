import type { RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'
import { UsageError } from '../run/usage-error.ts'
import { readNamedFile } from '../targets/named-file.ts'

/** Of all reports that one command reads: what is made of them takes several times as much, and all must fit into 512 MB. */
const reportBytesMax = 48 * 1024 * 1024
const advice = 'of all reports that are read together 48 MB fit: --trace failed writes smaller ones'

/** What reports that are read together may still have. */
export type ReportRoom = { leftBytes: number }

export function reportRoom(): ReportRoom {
  return { leftBytes: reportBytesMax }
}

/** A report of --reporter json=FILE. Throws UsageError where it is none, or too large. */
export async function readReport(file: string, room = reportRoom()): Promise<RunReport> {
  let text: string
  try {
    text = await readNamedFile(file, room.leftBytes, advice)
    room.leftBytes -= Buffer.byteLength(text)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  try {
    return parseReport(text)
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
}
