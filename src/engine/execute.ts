import type { BoardChecks } from '../model/board-checks.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'
import { isSystemError, systemErrorText } from '../model/text/system-error.ts'
import type { TraceEvent } from '../model/trace.ts'
import { createJudges } from '../oracle/judges.ts'
import { verifiers } from '../oracle/verifiers.ts'
import type { Case, Step } from '../scenario/ast.ts'
import { lastingMs, stepCount } from '../scenario/checking/length.ts'
import type { Announced } from '../scenario/limits.ts'
import { find } from '../scenario/visit.ts'
import type { Target } from '../targets/target.ts'
import { TargetError } from '../targets/target-error.ts'
import { type Behind, Upstream } from './actors/broker-behind.ts'
import { asOneCommand } from './applicable/one-command.ts'
import { CheckFailed, Inconclusive, Interrupted, Skipped } from './early-end.ts'
import { endSessions, endSessionsBehind } from './end-sessions.ts'
import type { SenderOf } from './excused/other-cases.ts'
import { saysUnavailable } from './excused/unavailable.ts'
import { runSteps } from './run-steps.ts'
import { Scene } from './scene.ts'
import { settle } from './settle.ts'
import type { Liveness } from './survival/liveness.ts'
import { type Ending, verdictOf } from './verdict.ts'
import type { Budgets } from './waiting/budgets.ts'
import { limitCase } from './waiting/case-limit.ts'
import { unlessAborted } from './waiting/unless-aborted.ts'
import { byName } from './wording/by-name.ts'

export type ExecuteOptions = {
  target: Target
  budgets: Budgets
  nonce: string
  signal: AbortSignal
  maxPacketBytes: number
  /** What the broker under test told in its CONNACK of 5.0. */
  announced?: Announced
  boardChecks?: BoardChecks
  liveness?: Liveness
  senderOf?: SenderOf
  /** For proxies. */
  behind?: Behind
  /** Kept sessions of ours are ended at the target when the case is over: somebody else's broker should not keep them. */
  cleanUp: boolean
  replay: string
  /** Ms in which this process stood still, in all. */
  stalledMs?(): number
  /** Called with each event as the report will have it. */
  onEvent?(event: TraceEvent): void
  /** Called once at the beginning. */
  onBegun?(course: Course): void
  /** Called where a broker refused a connection because it has too much to do just now, and the case came to nothing for that. */
  onUnavailable?(): void
  /** Called at the end with the largest share of a budget that an answer took. */
  onEnded?(share: number): void
}

/** How a case that is under way comes along. */
export type Course = {
  /** A number that changes with all that happens in it. */
  progress(): number
  /** Ms in which this process stood still while a rule about time counted: 0 in a case without one. */
  stalledMs(): number
}

/** Runs one case to its verdict. A mistake of ours becomes the verdict `error`. */
export async function executeCase(kase: Case, options: ExecuteOptions): Promise<CaseResult> {
  const target = await targetFor(kase, options).catch(error => {
    if (error instanceof Interrupted) return notBegun
    if (error instanceof TargetError) return `${error.code}: ${error.message}`
    throw error
  })
  if (typeof target === 'string') return notRun(kase, 'inconclusive', target, options.replay)
  const { role } = options.target
  const limitMs = caseLimitMs(kase, options)
  const limit = limitCase(options.signal, limitMs, () => scene.log.lastSeq)
  const scene = new Scene({
    kase,
    target,
    budgets: options.budgets,
    nonce: options.nonce,
    signal: limit.signal,
    judges: createJudges({
      target: role,
      version: kase.version,
      hearsApp: hearsApp(options.target),
      tellsPublished: tellsPublished(options.target),
    }),
    maxPacketBytes: options.maxPacketBytes,
    ...(options.announced ? { announced: options.announced } : {}),
    ...(options.boardChecks ? { boardChecks: options.boardChecks } : {}),
    ...(options.liveness ? { liveness: options.liveness } : {}),
    ...(options.senderOf ? { senderOf: options.senderOf } : {}),
    ...(options.stalledMs ? { stalledMs: options.stalledMs } : {}),
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    ...(kase.role === 'proxy' && options.behind
      ? { upstream: new Upstream(options.behind.target, kase.version) }
      : {}),
  })
  options.onBegun?.({ progress: () => scene.log.lastSeq, stalledMs: () => scene.stalls.ms })
  let ending: Ending
  try {
    ending = await play(scene)
    scene.notes.push(...(scene.upstream?.notes() ?? []))
  } finally {
    await close(scene, options, target)
    limit.release()
  }
  options.onEnded?.(scene.wakeups.tightest)
  const outcome = result(scene, mistakeOf(scene, ending) ?? ending, options.replay)
  if (outcome.verdict !== 'pass' && saysUnavailable(outcome.trace)) options.onUnavailable?.()
  return outcome
}

/** What our own side broke and no step declares, or a step declares and did not come about. */
function mistakeOf(scene: Scene, ending: Ending): Ending | undefined {
  const [mistake] = scene.declared.mistakes(ending.kind === 'done', scene.findings)
  if (!mistake) return undefined
  const { file, line, column } = mistake.place
  return { kind: 'mistake', reason: `${file}:${line}:${column}: ${mistake.message}` }
}

/** The longest a case may stand still: its budget, every wait that it asks for, and some time for each step that it repeats. */
function caseLimitMs(kase: Case, options: ExecuteOptions): number {
  const { caseMs, quietMs } = options.budgets
  const waitsMs = lastingMs(kase.steps) + quietMs * 4 + restartMs(kase, options)
  return caseMs + waitsMs + stepCount(kase.steps) * stepMs
}

/** What a target may take to stop and to serve again. */
function restartMs(kase: Case, { target, budgets: { startMs } }: ExecuteOptions): number {
  if (!usesRestart(kase.steps)) return 0
  return startMs + Math.max(startMs, (target.profile.start?.readyS ?? 0) * 1000)
}

/** Beside the budget of a case, which is enough for any but those that repeat a step tens of thousands of times. */
const stepMs = 2

function usesRestart(steps: readonly Step[]): boolean {
  return find(steps, ({ body }) => body.verb === 'target.restart') !== undefined
}

/** A case that restarts the target gets one of its own, so that others are not disturbed. */
async function targetFor(kase: Case, { target, signal }: ExecuteOptions): Promise<Target> {
  if (target.role !== 'broker' || !usesRestart(kase.steps) || !target.instance) return target
  return unlessAborted(target.instance(), signal, late => late.stop())
}

async function play(scene: Scene): Promise<Ending> {
  try {
    await runSteps(scene, stepsFor(scene))
    const unreached = scene.declared.unreached()
    if (unreached) throw new Skipped(unreached)
    await settle(scene)
    verify(scene)
    return { kind: 'done' }
  } catch (error) {
    // Whatever it was, it may be the abort's doing. What was proven before stays.
    if (scene.signal.aborted) return interrupted(scene)
    if (error instanceof CheckFailed) {
      scene.find(error.finding)
      return { kind: 'failed' }
    }
    if (error instanceof Inconclusive) return { kind: 'inconclusive', reason: error.message }
    if (error instanceof Interrupted) return interrupted(scene)
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message }
    if (error instanceof TargetError) {
      return { kind: 'inconclusive', reason: `${error.code}: ${error.message}` }
    }
    // A poor machine is no bug of ours, and no target's.
    if (isSystemError(error)) return { kind: 'inconclusive', reason: systemErrorText(error) }
    return {
      kind: 'error',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

function interrupted(scene: Scene): Ending {
  return { kind: 'inconclusive', reason: `interrupted at \`${lastStep(scene)}\`` }
}

/** A program at level 0 is told everything at its start. */
function stepsFor({ kase, target }: Scene): Step[] {
  if (target.role !== 'client' || target.level === 1) return kase.steps
  const fitted = asOneCommand(kase.steps)
  if (fitted.kind === 'not drivable') throw new Skipped(`not drivable: ${fitted.why}`)
  return fitted.steps
}

function hearsApp(target: Target): boolean {
  return target.role === 'client' && target.level === 1
}

function tellsPublished(target: Target): boolean {
  return target.role !== 'client' || target.can.includes('told-published')
}

function verify(scene: Scene): void {
  for (const { name, args, place } of scene.kase.verify) {
    const verifier = verifiers[name]
    if (!verifier) throw new RangeError(`no verifier is called ${name}`)
    scene.place = place
    const plain = Object.fromEntries(
      Object.entries(args).map(([key, value]) => [key, scene.env.plain(value)]),
    )
    const breaches = verifier.judge({
      ledger: scene.judges.ledger,
      trace: scene.log.events(),
      args: plain,
      version: scene.kase.version,
      target: scene.target.role,
      hearsApp: hearsApp(scene.target),
    })
    // Where the client did all it had to towards the proxy, what went wrong from end to end was the broker's doing.
    const innocent = scene.findings.every(({ level }) => level === 'MAY')
    if (scene.upstream && innocent && breaches[0]) {
      throw new Inconclusive(scene.upstream.blamedFor(breaches[0].message))
    }
    for (const breach of breaches) scene.find(breach)
  }
}

async function close(scene: Scene, options: ExecuteOptions, target: Target): Promise<void> {
  // A client that comes back by itself dials our port until it is stopped. Given up before, that port may be another case's by then.
  await Promise.allSettled([...scene.apps.values()].map(app => app.handle.stop()))
  for (const listener of scene.listeners.values()) listener.close()
  for (const actor of scene.actors.values()) actor.destroy()
  for (const proxy of scene.proxies.values()) proxy.destroy()
  if (scene.upstream && !scene.upstream.target.restart) await endSessionsBehind(scene)
  if (target !== options.target) await target.stop()
  else if (options.cleanUp && target.role === 'broker') await endSessions(scene)
}

function lastStep(scene: Scene): string {
  const events = scene.log.events()
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]
    if (event?.kind === 'step') return event.text
  }
  return 'none'
}

function result(scene: Scene, ending: Ending, replay: string): CaseResult {
  const { kase } = scene
  const findings = scene.findings.map(finding => told(scene, finding))
  const { verdict, reason } = verdictOf(ending, findings)
  const { tightest } = scene.wakeups
  return {
    ...described(kase),
    verdict,
    reason: scene.redactor.text(reason),
    durationMs: scene.log.nowMs,
    sleptMs: scene.sleptMs,
    ...(tightest >= tight ? { budgetUsed: Math.round(tightest * 100) / 100 } : {}),
    covers: kase.covers,
    bugs: kase.bugs,
    findings,
    ...(scene.notes.length > 0 ? { notes: scene.notes } : {}),
    ...(scene.powerCuts > 0 ? { powerCuts: scene.powerCuts } : {}),
    replay,
    place: kase.place,
    trace: scene.log.events(),
  }
}

/** Texts of a finding as they may be told, with the target by its name, and no longer than anybody reads. */
function told({ redactor, target }: Scene, finding: Finding): Finding {
  const told = (text: string) => byName(redactor.text(text), target.name).slice(0, charactersMax)
  return {
    ...finding,
    message: told(finding.message),
    expected: told(finding.expected),
    got: told(finding.got),
    ...(finding.nearestMiss === undefined ? {} : { nearestMiss: told(finding.nearestMiss) }),
  }
}

const charactersMax = 2000

/** From this share of a budget on the report says how much of it was used. */
const tight = 0.5

export const notBegun = 'interrupted before it began'

/** A case that was not run, and why. */
export function notRun(
  kase: Case,
  verdict: 'skipped' | 'inconclusive',
  reason: string,
  replay: string,
): CaseResult {
  return {
    ...described(kase),
    verdict,
    reason,
    durationMs: 0,
    sleptMs: 0,
    covers: kase.covers,
    bugs: kase.bugs,
    findings: [],
    replay,
    place: kase.place,
    trace: [],
  }
}

function described({ id, suite, title, about, version, transport }: Case) {
  return {
    id,
    suite,
    title,
    ...(about ? { about } : {}),
    version,
    ...(transport === undefined ? {} : { transport }),
  }
}
