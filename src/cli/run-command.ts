import path from 'node:path'
import type { RunReport } from '../model/report.ts'
import type { Version } from '../model/version.ts'
import { InterruptedError } from '../run/interrupted-error.ts'
import { run } from '../run/run.ts'
import { runThatNeverBegan } from '../run/run-that-never-began.ts'
import { UsageError } from '../run/usage-error.ts'
import { shownWish, type TargetWish } from '../targets/index.ts'
import { killAll } from '../targets/processes.ts'
import { TargetError } from '../targets/target-error.ts'
import type { Io } from './io.ts'
import { readKnownIssues } from './known-issues.ts'
import { type Outputs, openOutputs } from './outputs.ts'

type Options = {
  target?: string
  upstream?: string
  serial?: string
  boardConfig?: string
  mqtt?: Version[]
  tag?: string[]
  jobs?: number
  strict?: boolean
  reporter?: string[]
  seed?: number
  shard?: { index: number; count: number }
  bail?: boolean
  timeoutScale?: number
  knownIssues?: string
  verbose?: boolean
}

/**
 * `mqttspec run`: reports are written also when Ctrl-C ends the run early, and when the target cannot be reached. Returns the exit
 * code.
 */
export async function runCommand(words: string[], options: Options, io: Io): Promise<number> {
  const interrupt = new AbortController()
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    verbose: options.verbose ?? false,
    onAlone: () => interrupt.abort(),
  })
  const stopListening = onInterrupt(io, () => interrupt.abort())
  const began = performance.now()
  const ticking = setInterval(() => outputs.tick(performance.now() - began), 100)
  try {
    const report = await runAndTell(words, options, outputs, interrupt.signal)
    outputs.end(report)
    await outputs.close()
    // A verdict that nobody can read is none.
    return outputs.lost.length > 0 && report.exitCode === 0 ? 4 : report.exitCode
  } catch (error) {
    const known = error instanceof TargetError || error instanceof InterruptedError
    if (known) outputs.neverBegan(endedEarly(error, options, performance.now() - began))
    throw error
  } finally {
    clearInterval(ticking)
    stopListening()
    await outputs.close()
  }
}

async function runAndTell(
  words: string[],
  options: Options,
  outputs: Outputs,
  signal: AbortSignal,
): Promise<RunReport> {
  const knownIssues = options.knownIssues ? await readKnownIssues(options.knownIssues) : undefined
  return run({
    suites: words,
    ...targetOf(options),
    ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
    ...(options.mqtt ? { mqtt: options.mqtt } : {}),
    ...(options.tag ? { tags: options.tag } : {}),
    ...jobsOf(options),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.shard ? { shard: options.shard } : {}),
    ...(options.timeoutScale === undefined ? {} : { timeoutScale: options.timeoutScale }),
    ...(knownIssues ? { knownIssues } : {}),
    strict: options.strict ?? false,
    bail: options.bail ?? false,
    replayWith: replayWords(options),
    signal,
    onBegin: head => outputs.begin(head),
    onCaseBegun: id => outputs.caseBegun(id),
    onCaseDone: result => outputs.caseDone(result),
  })
}

function endedEarly(
  error: TargetError | InterruptedError,
  options: Options,
  durationMs: number,
): RunReport {
  const isTarget = error instanceof TargetError
  return runThatNeverBegan({
    target: shownTarget(options) ?? 'the target',
    trouble: isTarget
      ? { says: `${error.code}: ${error.message}`, exitCode: 3 }
      : { says: error.message, exitCode: 4 },
    seed: options.seed,
    shard: options.shard,
    durationMs,
  })
}

/** A real board is the Pico's profile with another word for its adapter: `--serial PORT`. */
function targetOf({ target, serial, boardConfig }: Options): { target?: TargetWish } {
  if (serial === undefined) return target === undefined ? {} : { target }
  if (target !== undefined && target !== 'pico') {
    throw new UsageError(`--serial tests a Pico; it cannot go with --target ${target}`)
  }
  const config = boardConfig === undefined ? [] : ['--config', path.resolve(boardConfig)]
  return { target: { named: 'pico', adapterWords: ['--serial', serial, ...config] } }
}

/** On one board, a client that connects makes all others wait. */
function jobsOf({ jobs, serial }: Options): { jobs?: number } {
  if (jobs !== undefined) return { jobs }
  return serial === undefined ? {} : { jobs: 1 }
}

function replayWords(options: Options): string {
  const target =
    options.serial === undefined ? worded('target', options.target) : [`--serial ${options.serial}`]
  return [...target, ...worded('upstream', options.upstream)].join(' ')
}

function worded(name: string, wish: string | undefined): string[] {
  return wish === undefined ? [] : [`--${name} ${shownWish(wish)}`]
}

function shownTarget({ target }: Options): string | undefined {
  return target === undefined ? undefined : shownWish(target)
}

/** Ctrl-C, a job that is cancelled, a terminal that is closed. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first Ctrl-C ends the run and writes the reports; a second one ends us at once. */
function onInterrupt({ stderr, signals, exit }: Io, interrupt: () => void): () => void {
  let count = 0
  const listener = () => {
    count += 1
    if (count === 1) {
      stderr.write('\nmqttspec: interrupted, writing the reports (again: stop at once)\n')
      return interrupt()
    }
    killAll()
    exit(130)
  }
  for (const signal of endings) signals.on(signal, listener)
  return () => {
    for (const signal of endings) signals.removeListener(signal, listener)
  }
}
