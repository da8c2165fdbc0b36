import type { RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/parse-report.ts'
import type { Traces } from '../reporters/reporter.ts'
import { mergeReports } from '../run/merge.ts'
import { UsageError } from '../run/usage-error.ts'
import { readNamedFile } from '../targets/named-file.ts'
import type { Io } from './io.ts'
import { openOutputs } from './outputs.ts'

/** `mqttspec report convert FILE`: the same report in other forms. The exit code is the report's own. */
export async function convertCommand(
  file: string,
  reporters: string[],
  traces: Traces | undefined,
  io: Io,
): Promise<number> {
  return write(await readReport(file), reporters, traces, io)
}

/** `mqttspec report merge FILE…`: the parts of a sharded run as one; a missing part is an error. */
export async function mergeCommand(
  files: string[],
  reporters: string[],
  traces: Traces | undefined,
  io: Io,
): Promise<number> {
  const reports: RunReport[] = []
  for (const file of files) reports.push(await readReport(file))
  const merged = mergeReports(reports)
  if (typeof merged === 'string') throw new UsageError(`cannot merge these reports: ${merged}`)
  return write(merged, reporters, traces, io)
}

async function write(
  report: RunReport,
  reporters: string[],
  traces: Traces | undefined,
  io: Io,
): Promise<number> {
  const outputs = await openOutputs(reporters, { io, verbose: false, traces })
  outputs.end(report)
  await outputs.close()
  return outputs.lost.length > 0 && report.exitCode === 0 ? 4 : report.exitCode
}

/** What a text can hold. */
const reportBytesMax = 512 * 1024 * 1024 - 1024

/** Rejects with UsageError where it is no report. */
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
