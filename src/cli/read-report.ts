import type { RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'
import { UsageError } from '../run/usage-error.ts'
import { readNamedFile } from '../targets/named-file.ts'

/** What a text can hold. */
const reportBytesMax = 512 * 1024 * 1024 - 1024

/** A report of --reporter json=FILE. Throws UsageError where it is none. */
export async function readReport(file: string): Promise<RunReport> {
  let text: string
  try {
    text = await readNamedFile(file, reportBytesMax)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  try {
    return parseReport(text)
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
}
