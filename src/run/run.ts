import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Facts } from '../engine/applicable.ts'
import type { Behind } from '../engine/broker-behind.ts'
import { Interrupted } from '../engine/early-end.ts'
import { answersConnect, probeBroker, sanityExchange } from '../engine/probe.ts'
import { runCases } from '../engine/runner.ts'
import { type Budgets, scaled } from '../engine/waiting/budgets.ts'
import { unlessAborted } from '../engine/waiting/unless-aborted.ts'
import type { Finding } from '../model/finding.ts'
import type { KnownIssue } from '../model/known-issues.ts'
import { type CaseResult, type RunReport, type Verdict, verdicts } from '../model/report.ts'
import type { Version } from '../model/version.ts'
import type { Case } from '../scenario/ast.ts'
import { openTarget, shownWish, type TargetWish, WishError } from '../targets/index.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'
import { TargetError } from '../targets/target-error.ts'
import { chooseCases, whyEmpty } from './choose-cases.ts'
import { readSuites } from './choose-suites.ts'
import { defaultTarget } from './default-target.ts'
import { exitCodeOf } from './exit-code.ts'
import { InterruptedError } from './interrupted-error.ts'
import { judgeKnownIssues } from './judge-known-issues.ts'
import { killsOfCase, packagedKills } from './proof-kills.ts'
import { statementOutcomes } from './statement-outcomes.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

export type RunOptions = {
  /** Files, folders, suite or case ids; all that fit the target's role when empty. */
  suites?: string[]
  /** An address, a profile file, a built-in name, or a broker in this process. Default: the embedded broker. */
  target?: TargetWish
  /** The broker behind proxies, where the target is a client. Default: the embedded broker. */
  upstream?: TargetWish
  /** Only these versions. */
  mqtt?: Version[]
  /** Only cases with one of these tags. */
  tags?: string[]
  /** Cases side by side; verdicts do not depend on it. Default 16. */
  jobs?: number
  /** Warnings fail the run. */
  strict?: boolean
  /** Nothing new is begun after the first failure. */
  bail?: boolean
  /** Multiplies every budget. Default 1. */
  timeoutScale?: number
  seed?: number
  /** One part of several: `{ index: 1, count: 4 }`. */
  shard?: { index: number; count: number }
  knownIssues?: { file: string; entries: KnownIssue[] }
  /** Words of the command line that repeat in the replay lines, such as `--target mosquitto`. */
  replayWith?: string
  signal?: AbortSignal
  onBegin?(head: RunHead): void
  onCaseBegun?(id: string): void
  onCaseDone?(result: CaseResult): void
}

export type RunHead = {
  mqttspec: string
  seed: number
  target: RunReport['target']
  cases: { id: string; suite: string }[]
}

/** A whole packet larger than this is taken for an attack, unless a scenario's own messages are larger. */
const maxPacketBytes = 4 * 1024 * 1024

/**
 * Runs suites against a target and returns the report; nothing is written anywhere. Rejects with UsageError (exit 2) for mistakes
 * in suites or options, with TargetError (exit 3) where the target cannot be reached or started.
 */
export async function run(options: RunOptions = {}): Promise<RunReport> {
  const began = { at: Date.now(), clock: performance.now() }
  const { suites, words } = await readSuites(options.suites ?? [])
  const wish =
    options.target ?? defaultTarget(suites, words, (options.suites ?? []).length > words.length)
  const target = await openUnlessAborted(wish, options)
  let behind: BrokerTarget | undefined
  try {
    const cases = chooseCases(suites, words, target, options)
    behind = await openBehind(cases, target, options)
    const empty = cases.length > 0 ? undefined : whyEmpty(suites, options)
    const more = { ...(empty ? { empty } : {}), ...(behind ? { behind } : {}) }
    return await runLoaded(cases, target, { ...options, ...more }, began)
  } finally {
    await Promise.all([target.stop(), behind?.stop()])
  }
}

/** Rejects as soon as `signal` says so; what opens later then is stopped. */
async function openUnlessAborted(
  wish: TargetWish,
  { timeoutScale = 1, signal = new AbortController().signal }: RunOptions,
): Promise<Target> {
  const opening = openTarget(wish, scaled({}, timeoutScale))
  try {
    return await unlessAborted(opening, signal, target => target.stop())
  } catch (error) {
    if (error instanceof Interrupted) throw new InterruptedError()
    throw error instanceof WishError ? new UsageError(error.message) : error
  }
}

/** The broker behind proxies, where some case has one. Rejects as `openUnlessAborted`. */
async function openBehind(
  cases: Case[],
  target: Target,
  options: RunOptions,
): Promise<BrokerTarget | undefined> {
  const { upstream } = options
  if (upstream !== undefined && target.role === 'broker') {
    const message = '--upstream names the broker behind a proxy, and needs a client as --target'
    throw new UsageError(message)
  }
  if (target.role === 'broker' || !cases.some(({ role }) => role === 'proxy')) return undefined
  const behind = await openUnlessAborted(upstream ?? 'aedes', options)
  if (behind.role === 'broker') return behind
  await behind.stop()
  throw new UsageError(`--upstream names a broker; ${behind.name} is a client`)
}

/** As `run`, with cases that are loaded and a target that is open already, and that stays open. */
export async function runLoaded(
  cases: Case[],
  target: Target,
  options: LoadedOptions = {},
  began: Began = { at: Date.now(), clock: performance.now() },
): Promise<RunReport> {
  const seed = options.seed ?? randomBytes(4).readUInt32BE()
  const budgets = scaled(target.profile.timing ?? {}, options.timeoutScale ?? 1)
  const signal = options.signal ?? new AbortController().signal
  const common = { budgets, nonce: newNonce(), signal, maxPacketBytes }
  const facts = await learn(target, common, options).catch(error => {
    throw signal.aborted ? new InterruptedError() : error
  })
  const info: RunReport['target'] = {
    name: target.name,
    role: target.role,
    address: target.address,
    versions: facts.versions,
    fingerprint: facts.fingerprint,
    ...(facts.behind
      ? { behind: { name: facts.behind.target.name, address: facts.behind.target.address } }
      : {}),
  }
  options.onBegin?.({
    mqttspec: version,
    seed,
    target: info,
    cases: cases.map(kase => ({ id: kase.id, suite: kase.suite })),
  })
  const kills = await packagedKills()
  const { results, problem: lost } = await runCases(cases, {
    ...common,
    facts,
    jobs: options.jobs ?? 16,
    bail: options.bail ?? false,
    cleanUp: target.role === 'broker' && target.restart === undefined,
    replayOf: replayLines(options, seed),
    ...servesOf(target, facts, common),
    ...(await benchOf(target)),
    onStart: kase => options.onCaseBegun?.(kase.id),
    onDone: result => {
      const caught = killsOfCase(kills, result.id)
      if (caught !== undefined) result.kills = caught
      if (options.knownIssues) judgeKnownIssues([result], options.knownIssues.entries)
      options.onCaseDone?.(result)
    },
  })
  const problem = options.empty ?? lost ?? (await afterwards(target, facts, common, results))
  return report({ began, seed, info, facts, results, options, problem })
}

export type LoadedOptions = RunOptions & {
  /** The cases run even where the target would not do for one plain QoS 2 message. */
  proceed?: boolean
  /** Why there are no cases. */
  empty?: string
  /** The broker behind proxies, open already. */
  behind?: BrokerTarget
}

/** Wall clock and monotonic clock at the start, both in ms. */
type Began = { at: number; clock: number }

type Common = { budgets: Budgets; nonce: string; signal: AbortSignal; maxPacketBytes: number }
type Learned = Facts & { findings: Finding[] }

/** Client ids are at most 23 letters and digits: six of them tell runs apart. */
function newNonce(): string {
  return `m${(randomBytes(4).readUInt32BE() % 60_466_176).toString(36).padStart(5, '0')}`
}

async function learn(
  target: Target,
  common: Common,
  { mqtt, proceed = false, behind }: LoadedOptions,
): Promise<Learned> {
  const wanted = (all: Version[]) => (mqtt ? all.filter(v => mqtt.includes(v)) : all)
  if (target.role === 'client') {
    const { board } = target.profile.settings ?? {}
    const fingerprint = board === undefined ? {} : { board }
    const versions = wanted(target.versions)
    return { target, versions, fingerprint, findings: [], ...(await behindOf(behind, common)) }
  }
  const probe = await probeBroker({ target, ...common }).catch(error => {
    if (!proceed) throw error
    return { versions: target.profile.versions, fingerprint: {}, findings: [] }
  })
  const [newest] = [...probe.versions].reverse()
  const insane = newest && !proceed && (await sanityExchange({ target, ...common }, newest))
  if (insane) {
    throw new TargetError(
      'TARGET_UNREACHABLE',
      `${target.name} at ${target.address} accepts connections, but one QoS 2 message did not get through: ${insane}`,
    )
  }
  return {
    target,
    versions: wanted(probe.versions),
    fingerprint: probe.fingerprint,
    findings: probe.findings,
  }
}

/** What the broker behind accepts, whatever somebody says of it. */
async function behindOf(
  target: BrokerTarget | undefined,
  common: Common,
): Promise<{ behind?: Behind }> {
  if (!target) return {}
  const probe = await probeBroker({ target, ...common, nonce: `${common.nonce}u` })
  return { behind: { target, versions: probe.versions, fingerprint: probe.fingerprint } }
}

/** How to ask a broker that we could start again whether it still serves. */
function servesOf(target: Target, facts: Facts, common: Common) {
  const [newest] = [...facts.versions].reverse()
  if (target.role !== 'broker' || !target.renew || !newest) return {}
  return { serves: () => answersConnect({ target, ...common }, newest) }
}

/** The target must still work when all is over; if not, the run says so. */
async function afterwards(
  target: Target,
  facts: Facts,
  common: Common,
  results: CaseResult[],
): Promise<string | undefined> {
  const death = target.death()
  if (death) return `the target is dead at the end of the run: ${death.reason}`
  const gone = facts.behind?.target.death()
  if (gone) return `the broker behind is dead at the end of the run: ${gone.reason}`
  const [newest] = [...facts.versions].reverse()
  if (target.role === 'client' || common.signal.aborted || !newest) return undefined
  const insane = await sanityExchange({ target, ...common, nonce: `${common.nonce}z` }, newest)
  if (!insane) return undefined
  const last = results.filter(result => result.verdict === 'fail').at(-1)
  const after = last ? `; the last case that failed was ${last.id}` : ''
  return `after the last case one QoS 2 message does not get through any more: ${insane}${after}`
}

/** What runs a case again, as a line for the shell. */
function replayLines(options: RunOptions, seed: number): (kase: Case) => string {
  const target = targetWords(options)
  const own = (options.suites ?? []).filter(word => /\.ya?ml$/.test(word))
  const files = own.length > 0 ? ` ${own.map(file => path.relative('', file)).join(' ')}` : ''
  return kase => `mqttspec run '${kase.id}'${files}${target} --seed ${seed}`
}

/** In a replay line. A broker in somebody's own process can be had there alone: the words say so. */
function targetWords({ replayWith, target }: RunOptions): string {
  if (replayWith !== undefined) return replayWith === '' ? '' : ` ${replayWith}`
  if (target === undefined) return ''
  if (typeof target === 'string') return ` --target ${shownWish(target)}`
  return 'named' in target ? ` --target ${target.named}` : ' --target IN-PROCESS'
}

function report(parts: {
  began: Began
  seed: number
  info: RunReport['target']
  facts: Learned
  results: CaseResult[]
  options: RunOptions
  problem: string | undefined
}): RunReport {
  const { results, options, facts } = parts
  const known = options.knownIssues
    ? judgeKnownIssues(results, options.knownIssues.entries, true)
    : undefined
  const summary = Object.fromEntries(verdicts.map(verdict => [verdict, 0])) as Record<
    Verdict,
    number
  >
  for (const result of results) summary[result.verdict] += 1
  const whole: RunReport = {
    mqttspec: version,
    schema: 1,
    startedAt: new Date(parts.began.at).toISOString(),
    durationMs: Math.round(performance.now() - parts.began.clock),
    sleptMs: results.reduce((sum, result) => sum + result.sleptMs, 0),
    seed: parts.seed,
    exitCode: 0,
    ...(options.shard ? { shard: options.shard } : {}),
    ...(parts.problem ? { problem: parts.problem } : {}),
    target: parts.info,
    summary,
    findings: facts.findings,
    results,
    statements: statementOutcomes(results, parts.info.role, parts.info.versions),
    ...(known && options.knownIssues
      ? { knownIssues: { file: options.knownIssues.file, ...known } }
      : {}),
  }
  const exitCode = exitCodeOf(whole, options.strict ?? false)
  return { ...whole, exitCode: exitCode === 0 && parts.problem ? 3 : exitCode }
}

/** Only a simulated board's power can be cut at will. */
async function benchOf(target: Target) {
  if (target.profile.settings?.board !== 'simulated') return {}
  const { deviceBench } = await import('../device/device-bench.ts')
  return { bench: deviceBench }
}
