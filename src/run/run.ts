import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Facts } from '../engine/applicable.ts'
import type { Behind } from '../engine/broker-behind.ts'
import { Interrupted } from '../engine/early-end.ts'
import { prerequisitesOf } from '../engine/needs.ts'
import { answersConnect, probeBroker, sanityExchange } from '../engine/probe.ts'
import { runCases } from '../engine/runner.ts'
import { type Budgets, scaled } from '../engine/waiting/budgets.ts'
import { unlessAborted } from '../engine/waiting/unless-aborted.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import type { Version } from '../model/version.ts'
import type { Case } from '../scenario/ast.ts'
import { openTarget, shownWish, type TargetWish, WishError } from '../targets/index.ts'
import type { Reach } from '../targets/reach.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'
import { chooseCases, whyEmpty } from './choose-cases.ts'
import { readSuites } from './choose-suites.ts'
import { defaultTarget } from './default-target.ts'
import { InterruptedError } from './interrupted-error.ts'
import { judgeKnownIssues } from './judge-known-issues.ts'
import { makeReport, type Trouble } from './make-report.ts'
import type { RunOptions } from './options.ts'
import { askedTransports, overTransports } from './over-transports.ts'
import { askPrerequisites, prerequisiteCases } from './prerequisites.ts'
import { killsOfCase, packagedKills } from './proof-kills.ts'
import { defaultTimeLimitMs, limitTime, whyEnded } from './time-limit.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

/** A whole packet larger than this is taken for an attack, unless a scenario's own messages are larger. */
const maxPacketBytes = 4 * 1024 * 1024

/**
 * Runs suites against a target and returns the report; nothing is written anywhere. Rejects with UsageError (exit 2) for mistakes
 * in suites or options, with TargetError (exit 3) where the target cannot be reached or started.
 */
export async function run(options: RunOptions = {}): Promise<RunReport> {
  const limit = limitTime(options.signal, options.timeLimitMs ?? defaultTimeLimitMs)
  try {
    return await runLimited({ ...options, signal: limit.signal })
  } finally {
    limit.release()
  }
}

async function runLimited(options: RunOptions): Promise<RunReport> {
  const began = { at: Date.now(), clock: performance.now() }
  const { asked, reach } = askedTransports(options)
  const { suites, words } = await readSuites(asked)
  const wish = options.target ?? defaultTarget(suites, words, asked.length > words.length)
  const target = await openUnlessAborted(wish, options, reach)
  const { topicPrefix, clientIdPrefix } = options
  if (topicPrefix !== undefined) target.profile.topicPrefix = topicPrefix
  if (clientIdPrefix !== undefined) target.profile.clientIdPrefix = clientIdPrefix
  let behind: BrokerTarget | undefined
  try {
    const cases = overTransports(chooseCases(suites, words, target, options), target, reach)
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
  reach: Reach = {},
): Promise<Target> {
  const opening = openTarget(wish, { ...scaled({}, timeoutScale), reach })
  try {
    return await unlessAborted(opening, signal, target => target.stop())
  } catch (error) {
    if (error instanceof Interrupted) throw new InterruptedError(whyEnded(signal))
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
    throw signal.aborted ? new InterruptedError(whyEnded(signal)) : error
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
  const onDone = (result: CaseResult) => {
    const caught = killsOfCase(kills, result.id)
    if (caught !== undefined) result.kills = caught
    if (options.knownIssues) judgeKnownIssues([result], options.knownIssues.entries)
    options.onCaseDone?.(result)
  }
  const running = {
    ...common,
    jobs: options.jobs ?? 16,
    bail: options.bail ?? false,
    cleanUp: target.role === 'broker' && target.restart === undefined,
    replayOf: replayLines(options, seed),
    ...servesOf(target, facts, common),
    ...(await boardChecksOf(target)),
  }
  const asked = options.proceed
    ? { unmet: {}, failed: [] }
    : await askPrerequisites(
        await prerequisitesFor(cases, facts),
        facts.fingerprint,
        async some => {
          const silent = { onStart: () => undefined, onDone: () => undefined }
          const nonce = `${common.nonce}p`
          return (await runCases(some, { ...running, ...silent, facts, nonce, bail: false }))
            .results
        },
      )
  const unasked = asked.failed.filter(({ id }) => !cases.some(kase => kase.id === id))
  for (const result of unasked) onDone(result)
  const { results: chosen, problem: lost } = await runCases(cases, {
    ...running,
    facts: { ...facts, unmet: asked.unmet },
    onStart: kase => options.onCaseBegun?.(kase.id),
    ...(options.onCaseEvent ? { onEvent: options.onCaseEvent } : {}),
    onDone,
  })
  const results = [...unasked, ...chosen]
  const trouble = await troubleOf(options.empty, lost, () =>
    afterwards(target, { ...facts, unmet: asked.unmet }, common, results),
  )
  return makeReport({
    startedAtMs: began.at,
    durationMs: performance.now() - began.clock,
    seed,
    target: info,
    results,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    findings: facts.findings,
    trouble: signal.aborted ? endedEarly(signal) : trouble,
    shard: options.shard,
    knownIssues: options.knownIssues,
    strict: options.strict,
  })
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

/** What is asked of the target first: all of it with a broker, where all is cheap, and with a client what some case needs. */
async function prerequisitesFor(cases: Case[], facts: Facts): Promise<Case[]> {
  const needing = cases.filter(kase => prerequisitesOf(kase).length > 0)
  const versions = facts.versions.filter(version => needing.some(kase => kase.version === version))
  const there = await prerequisiteCases(facts.target.role, versions)
  if (facts.target.role === 'broker') return there
  const wanted = new Set(needing.flatMap(kase => prerequisitesOf(kase).map(String)))
  return there.filter(kase => wanted.has(kase.scenario))
}

async function learn(
  target: Target,
  common: Common,
  { mqtt, proceed = false, behind }: LoadedOptions,
): Promise<Learned> {
  const wanted = (all: Version[]) => (mqtt ? all.filter(v => mqtt.includes(v)) : all)
  if (target.role === 'client') {
    const { board } = target.profile.settings ?? {}
    const fingerprint = { reconnects: target.reconnects, ...(board === undefined ? {} : { board }) }
    const versions = wanted(target.versions)
    return { target, versions, fingerprint, findings: [], ...(await behindOf(behind, common)) }
  }
  const probe = await probeBroker({ target, ...common }).catch(error => {
    if (!proceed) throw error
    return { versions: target.profile.versions, fingerprint: {}, findings: [] }
  })
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
  const again = { target, ...common, nonce: `${common.nonce}z` }
  const last = results.filter(result => result.verdict === 'fail').at(-1)
  const after = last ? `; the last case that failed was ${last.id}` : ''
  // What did not work at the beginning says nothing at the end.
  const highest = newest === '5.0' ? Number(facts.fingerprint.maximumQoS ?? 2) : 2
  if (highest < 2 || facts.unmet?.[newest]?.['qos-2'] !== undefined) {
    return (await answersConnect(again, newest))
      ? undefined
      : `after the last case a plain CONNECT is not answered any more${after}`
  }
  const insane = await sanityExchange(again, newest)
  if (!insane) return undefined
  return `after the last case one QoS 2 message does not get through any more: ${insane}${after}`
}

/** What was judged stays judged; the run as a whole is not whole. */
function endedEarly(signal: AbortSignal): Trouble {
  const says = `${whyEnded(signal)}: cases that had not ended are inconclusive`
  return { says, exitCode: 4 }
}

async function troubleOf(
  empty: string | undefined,
  lost: string | undefined,
  afterwards: () => Promise<string | undefined>,
): Promise<Trouble | undefined> {
  if (empty !== undefined) return { says: empty, exitCode: 4 }
  const says = lost ?? (await afterwards())
  return says === undefined ? undefined : { says, exitCode: 3 }
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

/** Only a simulated board's power can be cut at will. */
async function boardChecksOf(target: Target) {
  if (target.profile.settings?.board !== 'simulated') return {}
  const { boardChecks } = await import('../device/board-checks.ts')
  return { boardChecks }
}
