import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CaseResult, RunReport } from '../../model/report.ts'
import { issueOf } from '../../reporters/issue/issue-text.ts'
import { UsageError } from '../../run/usage-error.ts'
import { openCapture } from '../capture-output.ts'
import { lastOf } from '../failed-cases.ts'
import type { Io } from '../io.ts'
import { readReport } from '../read-report.ts'

type Options = { report?: string; out?: string }

/** `mqttspec report issue CASE`: a bug report to paste, with a program that shows the failure; in a folder also its packets. */
export async function issueCommand(word: string, options: Options, io: Io): Promise<number> {
  const report = await readReport(options.report ?? lastOf(io))
  const result = chosen(report, word)
  const issue = issueOf(report, result)
  if (!issue) throw new UsageError(`nothing was found in ${result.id}: it is ${result.verdict}`)
  io.stdout.write(issue.markdown)
  if (options.out === undefined) return 0
  const at = (name: string) => path.join(options.out ?? '', name)
  await mkdir(options.out, { recursive: true })
  await writeFile(at('issue.md'), issue.markdown)
  if (issue.reproducer.kind === 'program') {
    await writeFile(at('reproduce.py'), issue.reproducer.text, { mode: 0o755 })
  }
  if (result.trace.length > 0) {
    const capture = await openCapture(at('packets.pcapng'), (_, why) => {
      throw new UsageError(`cannot write the packets: ${why}`)
    })
    capture.caseDone(result)
    await capture.close()
  }
  return 0
}

/** The case of that id, or the simplest of the cause or the scenario of that name. */
function chosen({ results, causes = [] }: RunReport, word: string): CaseResult {
  const order = causes.flatMap(({ cases }) => cases)
  const cause = causes.find(({ name }) => name === word)?.cases[0]
  const id =
    results.find(one => one.id === word)?.id ??
    cause ??
    order.find(one => one.startsWith(`${word}:`) || one.startsWith(`${word}/`))
  const found = results.find(one => one.id === id)
  if (found) return found
  throw new UsageError(`no case or cause of the report is called "${word}"`)
}
