import { compareReports } from '../../causes/compare.ts'
import type { RunReport } from '../../model/report.ts'
import { commentText } from '../../reporters/comment.ts'
import { comparisonText } from '../../reporters/counting/comparison.ts'
import type { Traces } from '../../reporters/reporter.ts'
import { mergeReports } from '../../run/report/merge.ts'
import { UsageError } from '../../run/usage-error.ts'
import type { Io } from '../io.ts'
import { openOutputs } from '../outputs.ts'
import { readReport, reportRoom } from '../read-report.ts'

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
  const room = reportRoom()
  const reports: RunReport[] = []
  for (const file of files) reports.push(await readReport(file, room))
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
  return outputs.finish(report)
}

/** `mqttspec report comment FILE`: Markdown for a pull request, with what changed against a base. The exit code is 0. */
export async function commentCommand(
  file: string,
  base: string | undefined,
  io: Io,
): Promise<number> {
  const room = reportRoom()
  const report = await readReport(file, room)
  const before = base === undefined ? undefined : await readReport(base, room)
  io.stdout.write(commentText(report, before))
  return 0
}

/** `mqttspec report diff A B`: what became of each case. Exit code 1 where something is broken that was not. */
export async function diffCommand(before: string, after: string, io: Io): Promise<number> {
  const room = reportRoom()
  const [a, b] = [await readReport(before, room), await readReport(after, room)]
  if (a.target.role !== b.target.role) {
    throw new UsageError(`cannot compare a ${a.target.role} with a ${b.target.role}`)
  }
  io.stdout.write(comparisonText(a, b))
  const { broken, new: fresh } = compareReports(a, b)
  return broken.length + fresh.length > 0 ? 1 : 0
}
