import { spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { UsageError } from '../../run/usage-error.ts'
import type { Io } from '../io.ts'
import { readReport } from '../read-report.ts'

/** `mqttspec report open`: a page with the report, or one into which a report is dropped, shown by the browser of the system. */
export async function openCommand(
  file: string | undefined,
  output: string | undefined,
  { stdout }: Io,
): Promise<number> {
  const { html, emptyViewer } = await import('../../reporters/html.ts')
  const { defaultOptions } = await import('../../reporters/reporter.ts')
  const page = file === undefined ? emptyViewer() : html(defaultOptions).end(await readReport(file))
  const written =
    output ?? path.join(await mkdtemp(path.join(os.tmpdir(), 'mqttspec-')), 'report.html')
  try {
    await writeFile(written, page)
  } catch (error) {
    throw new UsageError(`cannot write the page ${written}: ${(error as Error).message}`)
  }
  stdout.write(`${written}\n`)
  if (output === undefined) show(written)
  return 0
}

/** What opens a file in the browser. Where there is none, the path that was printed has to do. */
function show(file: string): void {
  const [command, ...args] = {
    darwin: ['open', file],
    win32: ['cmd', '/c', 'start', '', file],
  }[process.platform as string] ?? ['xdg-open', file]
  if (command === undefined) return
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
