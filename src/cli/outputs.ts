import path from 'node:path'
import type { CaseResult, RunHead, RunReport } from '../model/report.ts'
import {
  createReporter,
  isReporterName,
  type Reporter,
  type ReporterName,
  reporterNames,
} from '../reporters/index.ts'
import type { Traces } from '../reporters/reporter.ts'
import { UsageError } from '../run/usage-error.ts'
import { type CaptureOutput, openCapture } from './capture-output.ts'
import type { Io, TextStream } from './io.ts'
import { inChunks, openOutputFile } from './output-file.ts'
import { terminalTraits } from './terminal.ts'

type Output = {
  name: ReporterName
  toFile: boolean
  reporter: Reporter
  write(text: string | Iterable<string>): void
  close(): Promise<void>
}

export type Outputs = {
  begin(head: RunHead): void
  caseBegun(id: string): void
  caseDone(result: CaseResult): void
  tick(elapsedMs: number): void
  /** Resolves when all is written: with the exit code of the run, or that of a report that is not whole. A verdict that nobody can read is none. */
  finish(report: RunReport): Promise<number>
  /** As `finish`, for a run that never began: the terminal is told why by an error message instead. */
  neverBegan(report: RunReport): void
  /** Resolves when all is written. */
  close(): Promise<void>
}

export type OutputOptions = {
  io: Io
  verbose: boolean
  /** Of which cases JSON keeps the traces. */
  traces?: Traces | undefined
  /** Where the packets go, for Wireshark. */
  pcap?: string
  /** Nobody reads the terminal any more and no report goes to a file: there is nothing left to run for. */
  onAlone?(): void
}

/**
 * Opens every `name[=file]` before anything runs, so that a file that cannot be written costs nothing. Without any the terminal gets
 * `pretty`; reports that all go to files leave `pretty` on the terminal too. Rejects with UsageError.
 */
export async function openOutputs(wishes: string[], options: OutputOptions): Promise<Outputs> {
  const parsed = complete(wishes.map(parseWish))
  // The reports that are not whole, because the disk was full or the like.
  const lost: string[] = []
  const terminal = watchTerminal(options.io.stdout, why => {
    if (why !== 'EPIPE') lose('stdout', why)
    if (parsed.every(wish => wish.file === undefined)) options.onAlone?.()
  })
  const lose = (where: string, why: string) => {
    lost.push(where)
    options.io.stderr.write(`mqttspec: the report ${where} is not whole: ${why}\n`)
  }
  const outputs: Output[] = []
  let capture: CaptureOutput | undefined
  try {
    for (const wish of parsed) outputs.push(await open(wish, options, terminal, lose))
    if (options.pcap !== undefined) capture = await openCapture(options.pcap, lose)
  } catch (error) {
    for (const output of outputs) await output.close()
    throw error
  }
  const tell = (to: readonly Output[], say: (reporter: Reporter) => string | undefined) => {
    for (const output of to) output.write(say(output.reporter) ?? '')
  }
  let isOver = false
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    if (!isOver) tell(outputs, reporter => reporter.cancel?.())
    for (const output of outputs) await output.close()
    await capture?.close()
  }
  const close = () => {
    closing ??= closeAll()
    return closing
  }
  return {
    begin: head => tell(outputs, reporter => reporter.begin?.(head)),
    caseBegun: id => tell(outputs, reporter => reporter.caseBegun?.(id)),
    caseDone: result => {
      tell(outputs, reporter => reporter.caseDone?.(result))
      capture?.caseDone(result)
    },
    tick: elapsedMs => tell(outputs, reporter => reporter.tick?.(elapsedMs)),
    finish: async report => {
      isOver = true
      eachDespiteErrors(outputs, ({ write, reporter }) =>
        write(reporter.parts?.(report) ?? reporter.end(report)),
      )
      await close()
      return lost.length > 0 && report.exitCode === 0 ? 4 : report.exitCode
    },
    neverBegan: report => {
      if (isOver) return
      const machines = outputs.filter(({ name, toFile }) => toFile || name !== 'pretty')
      eachDespiteErrors(machines, ({ write, reporter }) =>
        write(reporter.parts?.(report) ?? reporter.end(report)),
      )
    },
    close,
  }
}

/** A report that cannot be made must not take the others with it. Throws the first error when all had their turn. */
function eachDespiteErrors(outputs: readonly Output[], act: (output: Output) => void): void {
  const errors: unknown[] = []
  for (const output of outputs) {
    try {
      act(output)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
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

function complete(wishes: Wish[]): Wish[] {
  const toStdout = wishes.filter(wish => wish.file === undefined)
  if (toStdout.length > 1) {
    throw new UsageError(
      `only one reporter can write to the terminal: give ${toStdout[1]?.name} a file (${toStdout[1]?.name}=FILE)`,
    )
  }
  const files = wishes.flatMap(({ file }) => (file === undefined ? [] : [path.resolve(file)]))
  const twice = files.find((file, index) => files.indexOf(file) < index)
  if (twice !== undefined) throw new UsageError(`two reporters cannot write to one file: ${twice}`)
  return toStdout.length === 0 ? [{ name: 'pretty' }, ...wishes] : wishes
}

async function open(
  wish: Wish,
  { io, verbose, traces = 'failed' }: OutputOptions,
  terminal: Terminal,
  lose: (where: string, why: string) => void,
): Promise<Output> {
  const { name, file } = wish
  if (file === undefined) {
    const reporter = await createReporter(name, { ...terminalTraits(io), verbose, traces })
    return { name, toFile: false, reporter, write: terminal.write, close: terminal.drained }
  }
  const reporter = await createReporter(name, { columns: 100, verbose, traces })
  const { write, close } = await openOutputFile(file, why => lose(file, why))
  return { name, toFile: true, reporter, write, close }
}

type Terminal = {
  write(text: string | Iterable<string>): void
  drained(): Promise<void>
}

/** Our stdout. When whoever reads it has seen enough (`| head -1`), nothing more is written and the run goes on. */
function watchTerminal(stdout: TextStream, onGone: (code: string) => void): Terminal {
  let gone = false
  const goes = (error: NodeJS.ErrnoException) => {
    if (gone) return
    gone = true
    onGone(error.code ?? error.message)
  }
  stdout.on('error', goes)
  const written = (text: string) =>
    new Promise<void>(resolve => {
      if (gone) resolve()
      else stdout.write(text, () => resolve())
    })
  // Of a report in parts the next is made when the one before has left.
  let parts = Promise.resolve()
  const inTurn = async (all: Iterable<string>) => {
    for (const part of inChunks(all)) await written(part)
  }
  return {
    write: text => {
      if (typeof text !== 'string') parts = parts.then(() => inTurn(text)).catch(goes)
      else if (text !== '' && !gone) stdout.write(text)
    },
    drained: async () => {
      await parts
      await written('')
    },
  }
}
