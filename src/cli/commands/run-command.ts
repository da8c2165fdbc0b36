import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RunReport } from '../../model/report.ts'
import { hideWills, showSecrets } from '../../model/secrets.ts'
import type { Version } from '../../model/version.ts'
import type { Traces } from '../../reporters/reporter.ts'
import { awaitEdit, awaitRestart } from '../../run/await-change.ts'
import { profiles } from '../../run/choice/conformance-profiles.ts'
import { runThatNeverBegan } from '../../run/report/run-that-never-began.ts'
import { run } from '../../run/run.ts'
import { UsageError } from '../../run/usage-error.ts'
import { listProfiles, shownWish, type TargetWish } from '../../targets/index.ts'
import type { Reach } from '../../targets/reach.ts'
import { endingOf } from '../error-ending.ts'
import { failedCases } from '../failed-cases.ts'
import { hearInterrupts, tellWhenInterrupted } from '../interrupts.ts'
import type { Io } from '../io.ts'
import { readKnownIssues } from '../known-issues.ts'
import { keepLastReport } from '../last-report.ts'
import { type Outputs, openOutputs } from '../outputs.ts'
import { sharedSeed } from '../shared-seed.ts'
import { writeKnownIssues } from '../write-known-issues.ts'

type Options = {
  target?: string
  upstream?: string
  topicPrefix?: string
  clientIdPrefix?: string
  serial?: string
  transport?: Reach['transports']
  ca?: string
  cert?: string
  key?: string
  insecure?: boolean
  proxyProtocol?: Reach['proxyHeader']
  boardConfig?: string
  image?: string
  bootrom?: string
  mqtt?: Version[]
  tag?: string[]
  profile?: string
  jobs?: number
  strict?: boolean
  reporter?: string[]
  trace?: Traces
  seed?: number
  shard?: { index: number; count: number }
  bail?: boolean
  /** Seconds. */
  timeLimit?: number
  timeoutScale?: number
  knownIssues?: string
  writeKnownIssues?: string
  failed?: string | true
  watch?: boolean
  pcap?: string
  verbose?: boolean
  showSecrets?: boolean
  hideWills?: boolean
}

/**
 * `mqttspec run`: reports are written also when Ctrl-C ends the run early, and when the target cannot be reached. Returns the exit
 * code.
 */
export async function runCommand(words: string[], asked: Options, io: Io): Promise<number> {
  if (asked.watch) return watchRuns(words, asked, io)
  if (asked.failed === undefined) return runOnce(words, asked, io)
  if (words.some(word => !/\.ya?ml$/.test(word))) {
    throw new UsageError('--failed says which cases run; it cannot go with names of others')
  }
  const { ids, report } = await failedCases(asked.failed, io)
  if (ids.length === 0) {
    io.stdout.write(
      `nothing failed in the report of ${report.target.name} of ${report.startedAt}\n`,
    )
    return 0
  }
  return runOnce(
    [...words, ...ownFiles(words, report), ...ids],
    await withTargetOf(report, asked),
    io,
  )
}

/** The suites of one's own from which the cases were, as their replay lines say. */
function ownFiles(words: string[], { results }: RunReport): string[] {
  if (words.length > 0) return []
  const files = results.flatMap(({ replay }) => replay.match(/(?<= )[^' ]+\.ya?ml(?= |$)/g) ?? [])
  return [...new Set(files)]
}

/** The target of the report, where nobody names another. Throws UsageError where it cannot be known. */
async function withTargetOf({ target, results }: RunReport, asked: Options): Promise<Options> {
  if (asked.target !== undefined || asked.serial !== undefined) return asked
  const known = await listProfiles()
  if (known.some(({ name }) => name === target.name)) return { ...asked, target: target.name }
  const told = results
    .map(({ replay }) => / --target (\S+)/.exec(replay)?.[1])
    .find(word => word !== undefined)
  if (told === undefined) return asked
  if (told.includes('…@')) {
    throw new UsageError(`no report holds a password: name the target again, --target ${told}`)
  }
  return { ...asked, target: told }
}

/** Runs, waits for a change, and runs again until somebody interrupts. Returns the exit code of the last run. */
async function watchRuns(words: string[], asked: Options, io: Io): Promise<number> {
  const { watch: _, ...options } = asked
  const files = words.filter(word => /\.ya?ml$/.test(word) || existsSync(word))
  const isElsewhere = /^\w+:\/\//.test(options.target ?? '')
  if (files.length === 0 && !isElsewhere) {
    throw new UsageError('--watch waits for an edit of suite files, or for a broker at an address')
  }
  const { keepSuites } = await import('../../run/choice/choose-suites.ts')
  keepSuites()
  for (;;) {
    const over = new AbortController()
    // From before the run: what is edited while it runs is not in it.
    const edited = awaitEdit(files, over.signal)
    edited.catch(() => undefined)
    const during = hearInterrupts(io).signal
    const code = await runCommand(words, options, io).catch(error => {
      const { exitCode, says } = endingOf(error)
      io.stderr.write(`${says}\n`)
      return exitCode
    })
    const interrupts = hearInterrupts(io)
    try {
      if (during.aborted) return code
      interrupts.signal.addEventListener('abort', () => over.abort(), { once: true })
      const tell = () => io.stderr.write('mqttspec: waiting for a change (Ctrl-C ends)\n')
      const ways = [edited]
      if (isElsewhere) ways.push(awaitRestart(options.target!, over.signal, once(tell)))
      else tell()
      io.stderr.write(`mqttspec: ${await Promise.race(ways)}\n`)
    } catch (error) {
      if (interrupts.signal.aborted) return code
      throw error
    } finally {
      over.abort()
      interrupts.stop()
    }
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

async function runOnce(words: string[], asked: Options, io: Io): Promise<number> {
  const options = asked.shard ? { seed: sharedSeed(io.env), ...asked } : asked
  if (options.showSecrets) showSecrets()
  if (options.hideWills) hideWills()
  const interrupts = hearInterrupts(io)
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    verbose: options.verbose ?? false,
    traces: options.trace,
    ...(options.pcap === undefined ? {} : { pcap: options.pcap }),
    onAlone: () => interrupts.interrupt(),
  })
  tellWhenInterrupted(interrupts.signal, io)
  const began = performance.now()
  const ticking = setInterval(() => outputs.tick(performance.now() - began), 100)
  try {
    const report = await runAndTell(words, options, outputs, interrupts.signal)
    // A tick behind the end would draw the line of progress once more, below it.
    clearInterval(ticking)
    const exitCode = await outputs.finish(report)
    await keepLastReport(report, io)
    if (options.writeKnownIssues !== undefined) {
      const n = await writeKnownIssues(options.writeKnownIssues, report)
      io.stderr.write(`mqttspec: ${n} known issues in ${options.writeKnownIssues}\n`)
    }
    return exitCode
  } catch (error) {
    outputs.neverBegan(endedEarly(error, options, performance.now() - began))
    throw error
  } finally {
    clearInterval(ticking)
    interrupts.stop()
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
    reach: reachOf(options),
    ...(options.topicPrefix === undefined ? {} : { topicPrefix: options.topicPrefix }),
    ...(options.clientIdPrefix === undefined ? {} : { clientIdPrefix: options.clientIdPrefix }),
    ...(options.mqtt ? { mqtt: options.mqtt } : {}),
    ...(options.tag ? { tags: options.tag } : {}),
    ...profileOf(words, options),
    ...jobsOf(options),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.shard ? { shard: options.shard } : {}),
    ...(options.timeoutScale === undefined ? {} : { timeoutScale: options.timeoutScale }),
    ...(options.timeLimit === undefined ? {} : { timeLimitMs: options.timeLimit * 1000 }),
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

function endedEarly(error: unknown, options: Options, durationMs: number): RunReport {
  const { problem, exitCode } = endingOf(error)
  return runThatNeverBegan({
    target: shownTarget(options) ?? 'the target',
    trouble: { says: problem, exitCode },
    seed: options.seed,
    shard: options.shard,
    durationMs,
  })
}

/** A real board is the Pico's profile with another word for its adapter: `--serial PORT`. */
function targetOf(options: Options): { target?: TargetWish } {
  const { target, serial, boardConfig, image, bootrom } = options
  if (image !== undefined || bootrom !== undefined) {
    if (target !== 'pico-emulated')
      throw new UsageError('--image and --bootrom go with --target pico-emulated')
    if (image !== undefined) process.env.PICO_IMAGE = path.resolve(image)
    if (bootrom !== undefined) process.env.PICO_BOOTROM = path.resolve(bootrom)
  }
  if (serial === undefined) return target === undefined ? {} : { target }
  if (target !== undefined && target !== 'pico') {
    throw new UsageError(`--serial tests a Pico; it cannot go with --target ${target}`)
  }
  const config = boardConfig === undefined ? [] : ['--config', path.resolve(boardConfig)]
  return { target: { named: 'pico', adapterWords: ['--serial', serial, ...config] } }
}

/** A named set stands in the place of suites. Throws UsageError where both are named, or no set is called so. */
function profileOf(words: string[], { profile }: Options): { profile?: string } {
  if (profile === undefined) return {}
  if (!Object.hasOwn(profiles, profile)) {
    const known = Object.entries(profiles).map(([name, { about }]) => `  ${name}: ${about}`)
    throw new UsageError(`no profile is called "${profile}"; there are\n${known.join('\n')}`)
  }
  if (words.length > 0) throw new UsageError('--profile names the suites by itself: leave them out')
  return { profile }
}

/** How the target is reached, as far as the command line says it. */
function reachOf({ transport, ca, cert, key, insecure, proxyProtocol }: Options): Reach {
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecure ? { verify: false } : {}),
  }
  return {
    tls,
    ...(transport === undefined ? {} : { transports: transport }),
    ...(proxyProtocol === undefined ? {} : { proxyHeader: proxyProtocol }),
  }
}

/** On one board, a client that connects makes all others wait. */
function jobsOf({ jobs, serial, target }: Options): { jobs?: number } {
  if (jobs !== undefined) return { jobs }
  return serial === undefined && target !== 'pico-emulated' ? {} : { jobs: 1 }
}

function replayWords(options: Options): string {
  const target =
    options.serial === undefined ? worded('target', options.target) : [`--serial ${options.serial}`]
  const { ca, cert, key, insecure, proxyProtocol } = options
  const files = Object.entries({ ca, cert, key, 'proxy-protocol': proxyProtocol })
  const reach = files.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  )
  const taking = insecure ? ['--insecure'] : []
  const prefixes = [
    ...(options.topicPrefix === undefined ? [] : [`--topic-prefix '${options.topicPrefix}'`]),
    ...(options.clientIdPrefix === undefined
      ? []
      : [`--client-id-prefix '${options.clientIdPrefix}'`]),
  ]
  return [
    ...target,
    ...worded('upstream', options.upstream),
    ...prefixes,
    ...reach,
    ...taking,
  ].join(' ')
}

function worded(name: string, wish: string | undefined): string[] {
  return wish === undefined ? [] : [`--${name} ${shownWish(wish)}`]
}

function shownTarget({ target }: Options): string | undefined {
  return target === undefined ? undefined : shownWish(target)
}
