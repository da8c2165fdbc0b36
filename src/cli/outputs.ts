import { createWriteStream, existsSync, type WriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { CaseResult, RunReport } from '../model/report.ts'
import {
  createReporter,
  isReporterName,
  type Reporter,
  type ReporterName,
  reporterNames,
} from '../reporters/index.ts'
import type { RunHead } from '../run.ts'
import { UsageError } from '../usage-error.ts'

type Output = {
  name: ReporterName
  reporter: Reporter
  write(text: string): void
  close(): Promise<void>
}

export type Outputs = {
  begin(head: RunHead): void
  caseBegun(id: string): void
  caseDone(result: CaseResult): void
  tick(elapsedMs: number): void
  end(report: RunReport): Promise<void>
  close(): Promise<void>
}

/**
 * Opens every `name[=file]` before anything runs, so that a file that cannot be written costs nothing. Without any the terminal gets
 * `pretty`; reports that all go to files leave `pretty` on the terminal too. Rejects with UsageError.
 */
export async function openOutputs(
  wishes: string[],
  options: { verbose: boolean },
): Promise<Outputs> {
  const parsed = wishes.map(parseWish)
  const toStdout = parsed.filter(wish => wish.file === undefined)
  if (toStdout.length > 1) {
    throw new UsageError(
      `only one reporter can write to the terminal: give ${toStdout[1]?.name} a file (${toStdout[1]?.name}=FILE)`,
    )
  }
  if (toStdout.length === 0) parsed.unshift({ name: 'pretty' })
  const outputs: Output[] = []
  for (const wish of parsed) outputs.push(await open(wish, options))
  const tell = (say: (reporter: Reporter) => string | undefined) => {
    for (const output of outputs) output.write(say(output.reporter) ?? '')
  }
  return {
    begin: head => tell(reporter => reporter.begin?.(head)),
    caseBegun: id => tell(reporter => reporter.caseBegun?.(id)),
    caseDone: result => tell(reporter => reporter.caseDone?.(result)),
    tick: elapsedMs => tell(reporter => reporter.tick?.(elapsedMs)),
    end: async report => {
      tell(reporter => reporter.end(report))
    },
    close: async () => {
      for (const output of outputs) await output.close()
    },
  }
}

type Wish = { name: ReporterName; file?: string }

function parseWish(text: string): Wish {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const file = at < 0 ? undefined : text.slice(at + 1)
  if (!isReporterName(name)) {
    throw new UsageError(
      `no reporter is called "${name}": expected one of ${reporterNames.join(', ')}`,
    )
  }
  if (file === '') throw new UsageError(`--reporter ${text} names no file`)
  return file === undefined ? { name } : { name, file }
}

async function open(wish: Wish, options: { verbose: boolean }): Promise<Output> {
  const { stdout } = process
  const terminal = wish.file === undefined && stdout.isTTY === true
  const reporter = await createReporter(wish.name, {
    colour: terminal && !process.env.NO_COLOR,
    live: terminal,
    columns: stdout.columns ?? 100,
    verbose: options.verbose,
  })
  if (wish.file === undefined) {
    return { name: wish.name, reporter, write: text => text && stdout.write(text), close: drained }
  }
  const stream = await openFile(wish.file)
  return {
    name: wish.name,
    reporter,
    write: text => text && stream.write(text),
    close: () => new Promise(resolve => stream.end(() => resolve())),
  }
}

function drained(): Promise<void> {
  return new Promise(resolve => process.stdout.write('', () => resolve()))
}

/** Node's own recursive mkdir never ends where a parent cannot be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await makeFolder(path.dirname(folder))
  await mkdir(folder)
}

async function openFile(file: string): Promise<WriteStream> {
  try {
    await makeFolder(path.resolve(path.dirname(file)))
    const stream = createWriteStream(file)
    await new Promise((resolve, reject) => {
      stream.once('open', resolve)
      stream.once('error', reject)
    })
    // A disk that fills up later must not crash the run; what is missing shows in the file.
    stream.on('error', error => process.stderr.write(`mqttspec: ${file}: ${error.message}\n`))
    return stream
  } catch (error) {
    throw new UsageError(`cannot write the report ${file}: ${(error as Error).message}`)
  }
}
