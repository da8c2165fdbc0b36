import { randomBytes } from 'node:crypto'
import { fittedTo } from '../engine/applicable/applicable.ts'
import { runCases } from '../engine/runner.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import type { Case } from '../scenario/ast.ts'
import type { OurNames } from '../targets/profile.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'
import { chooseCases, whyEmpty } from './choice/choose-cases.ts'
import { readSuites } from './choice/choose-suites.ts'
import { defaultTarget } from './choice/default-target.ts'
import { askedTransports, overTransports } from './choice/over-transports.ts'
import { askPrerequisites, prerequisitesFor } from './choice/prerequisites.ts'
import { InterruptedError } from './interrupted-error.ts'
import type { LoadedOptions, RunOptions } from './options.ts'
import { judgeKnownIssues } from './report/judge-known-issues.ts'
import { makeReport } from './report/make-report.ts'
import { killsOfCase, packagedKills } from './report/proof-kills.ts'
import { replayLines } from './report/replay-lines.ts'
import { afterwards, endedEarly, servesOf, troubleOf } from './target/afterwards.ts'
import { learn } from './target/learn.ts'
import { openBehind, openUnlessAborted } from './target/open-targets.ts'
import { defaultTimeLimitMs, limitTime, whyEnded } from './time-limit.ts'
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
  const target = await openUnlessAborted(wish, options, { reach, names: namesOf(options) })
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

/** As `run`, with cases that are loaded and a target that is open already, and that stays open. */
export async function runLoaded(
  written: Case[],
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
  const cases = fittedTo(written, facts)
  const info: RunReport['target'] = {
    name: target.name,
    role: target.role,
    address: target.address,
    ...(facts.product === undefined ? {} : { product: facts.product }),
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
    ...(options.stalls ? { stalls: options.stalls } : {}),
    ...servesOf(target, facts, common),
    ...(await boardChecksOf(target)),
  }
  const asked = options.proceed
    ? { unmet: {}, free: {}, failed: [] }
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
    facts: { ...facts, unmet: asked.unmet, free: asked.free },
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

/** Wall clock and monotonic clock at the start, both in ms. */
type Began = { at: number; clock: number }

/** Client ids are at most 23 letters and digits: six of them tell runs apart. */
function newNonce(): string {
  return `m${(randomBytes(4).readUInt32BE() % 60_466_176).toString(36).padStart(5, '0')}`
}

/** What the user says of our names goes before what the profile says. */
function namesOf({ topicPrefix, clientIdPrefix }: RunOptions): OurNames {
  return {
    ...(topicPrefix === undefined ? {} : { topicPrefix }),
    ...(clientIdPrefix === undefined ? {} : { clientIdPrefix }),
  }
}

/** Only a simulated board's power can be cut at will. */
async function boardChecksOf(target: Target) {
  if (target.profile.settings?.board !== 'simulated') return {}
  const { boardChecks } = await import('../device/board-checks.ts')
  return { boardChecks }
}
