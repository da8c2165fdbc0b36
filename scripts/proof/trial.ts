import type { BrokerOptions } from '../../fixtures/testing/peers/broker.ts'
import type { ClientOptions } from '../../fixtures/testing/peers/client.ts'
import type { Flaw } from '../../fixtures/testing/peers/flaws/index.ts'
import type { CaseResult } from '../../src/model/report.ts'
import { runLoaded } from '../../src/run/run.ts'
import type { Case } from '../../src/scenario/ast.ts'
import type { Target } from '../../src/targets/target.ts'
import { TargetError } from '../../src/targets/target-error.ts'
import { framedBroker, framedClient, overWebSocket } from './framed-peers.ts'
import { brokerTarget, clientTarget } from './peers.ts'
import { oneOfEach, stagesFor } from './select.ts'
import { otherSettingsFor, playsSlowCases, type Setting } from './settings.ts'
import { isFromTable, isHeavy, isSlow } from './weigh.ts'

/** A case that did not pass, as the proof keeps it: without its trace. */
export type Miss = {
  id: string
  verdict: 'fail' | 'warn' | 'unstable' | 'inconclusive' | 'error'
  /** Statements of its findings, MAY findings left out. */
  statements: string[]
  /** One of these is a statement that the flaw breaks. */
  own: boolean
  reason: string
}

export type Trial = {
  name: string
  /** Cases that were run and not skipped. */
  ran: number
  misses: Miss[]
  /** Why the run could not begin or go on: the target would not even do for a probe. */
  problem?: string
  /** The other setting in which it was killed as well; none where it was not. */
  elsewhere?: string
  tookMs: number
  /** Time of the processor, of the peer and of the harness, which share a process. */
  cpuMs: number
}

/** Cases of one run side by side. A peer in this process takes one new connection in each turn of the loop, so not many. */
const jobs = 12
/** The most for one stage. A flawed peer that hangs hangs in every case: enough is seen by then. */
const trialMaxMs = 240_000

export function emptyTrial(name: string): Trial {
  return { name, ran: 0, misses: [], tookMs: 0, cpuMs: 0 }
}

/**
 * Runs the cases that fit the flaw, stage by stage, until one catches it for its own sake. `first` are those that did so in an
 * earlier proof: where one of them does it again, the search is over.
 */
export async function tryFlaw(
  flaw: Flaw,
  cases: readonly Case[],
  first: readonly string[] = [],
): Promise<Trial> {
  const open = () => flawed(flaw)
  const trial = emptyTrial(flaw.name)
  const met = flaw.frames ? overWebSocket(cases) : cases
  for (const [index, stage] of stagesFor(flaw, met, first).entries()) {
    if (stage.length === 0) continue
    await runStage(trial, open, stage, flaw)
    const catches = trial.misses.filter(miss => isCatch(miss, flaw.warns ?? false))
    // What all that is about the flaw catches by other statements than its own is told so: the rest would only say it again.
    const enough = catches.some(({ own }) => own) || (index > 1 && catches.length > 0)
    if (enough || trial.problem !== undefined) break
  }
  await killElsewhere(trial, flaw, met)
  return trial
}

/** Cases of a trial that are played again in other settings. */
const elsewhereMax = 2

/** Looks for another setting in which what killed the flaw kills it again. */
async function killElsewhere(trial: Trial, flaw: Flaw, cases: readonly Case[]): Promise<void> {
  const kills = trial.misses.filter(miss => miss.own && isCatch(miss, flaw.warns ?? false))
  const ids = new Set(kills.slice(0, elsewhereMax).map(({ id }) => id))
  const again = cases.filter(({ id }) => ids.has(id))
  if (again.length === 0 || flaw.invisible !== undefined) return
  for (const setting of otherSettingsFor(flaw.peer, flaw.name)) {
    const there = emptyTrial(flaw.name)
    await runStage(there, () => flawed(flaw, setting), again, flaw)
    trial.tookMs += there.tookMs
    trial.cpuMs += there.cpuMs
    if (there.misses.some(miss => miss.own && isCatch(miss, flaw.warns ?? false))) {
      trial.elsewhere = setting.name
      return
    }
  }
}

/** The flaw in a peer with the defaults, or in one that is set up in another way; what the flaw itself needs goes before. */
function flawed(flaw: Flaw, setting?: Setting): Promise<Target> {
  const { frames } = flaw
  const options = setting?.options ?? {}
  if (flaw.peer === 'broker') {
    return frames
      ? framedBroker(frames, options as BrokerOptions)
      : brokerTarget(flaw.name, () => flaw.apply(options as BrokerOptions))
  }
  return frames
    ? framedClient(frames, options as ClientOptions)
    : clientTarget(flaw.name, () => flaw.apply(options as ClientOptions))
}

/** Runs given cases against a flaw: what else would have caught it. */
export async function tryFlawWith(flaw: Flaw, cases: readonly Case[]): Promise<Trial> {
  const open = () => flawed(flaw)
  const trial = emptyTrial(flaw.name)
  const inVersion = (flaw.frames ? overWebSocket(cases) : cases).filter(({ version }) =>
    (flaw.versions as string[]).includes(version),
  )
  const fitting = [
    ...inVersion.filter(kase => !isHeavy(kase)),
    ...oneOfEach(inVersion.filter(isHeavy)),
  ]
  if (fitting.length > 0) await runStage(trial, open, fitting, flaw)
  return trial
}

/** Runs every scenario against a correct peer; with the defaults every case, with another setting one of each, and what waits in some of them. */
export async function trySetting(setting: Setting, cases: readonly Case[]): Promise<Trial> {
  const trial = emptyTrial(setting.name)
  const isDefault = Object.keys(setting.options).length === 0
  const waits = playsSlowCases(setting)
  const open = () =>
    setting.peer === 'broker'
      ? brokerTarget(setting.name, () => setting.options)
      : clientTarget(setting.name, () => setting.options)
  const light = cases.filter(kase => !isHeavy(kase) && (waits || !isSlow(kase)))
  // How packets are read does not depend on a setting: of the table of formats a few of each suite will do.
  const few = oneOfEach(light).filter((kase, index) => !isFromTable(kase) || index % 16 === 0)
  await runStage(trial, open, isDefault ? light : few)
  return trial
}

/** Whether a miss counts against a peer: MUST fails; a warning does where no more is to be had. */
export function isCatch({ verdict }: Miss, warns: boolean): boolean {
  return verdict === 'fail' || (warns && verdict === 'warn')
}

async function runStage(
  trial: Trial,
  open: () => Promise<Target>,
  cases: Case[],
  flaw?: Flaw,
): Promise<void> {
  const began = performance.now()
  const cpuBefore = process.cpuUsage()
  const target = await open()
  Object.assign(target.profile, { timing })
  // Behind a proxy stands a broker without flaw: what is amiss is the client's.
  const proxied = cases.some(({ role }) => role === 'proxy')
  const behind = proxied ? await brokerTarget('behind', () => ({})) : undefined
  try {
    const { results } = await runLoaded(cases, target, {
      jobs,
      seed: 1,
      signal: AbortSignal.timeout(trialMaxMs),
      // A flawed peer may fail what all else rests on: the cases are to tell why. A correct one is asked as anybody's would be.
      proceed: flaw !== undefined,
      ...(behind ? { behind } : {}),
    })
    trial.ran += results.filter(({ verdict }) => verdict !== 'skipped').length
    trial.misses.push(...results.flatMap(result => missOf(result, flaw)))
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    trial.problem = error.message
  } finally {
    await target.stop()
    await behind?.stop()
    trial.tookMs += Math.round(performance.now() - began)
    const { user, system } = process.cpuUsage(cpuBefore)
    trial.cpuMs += Math.round((user + system) / 1000)
  }
}

/** Peers in this process answer in microseconds; what has not come after these will not come. */
const timing = { replyMs: 800, connectMs: 10_000, reconnectMs: 1500 }

function missOf(result: CaseResult, flaw: Flaw | undefined): Miss[] {
  const { id } = result
  // A breach that comes and goes is one, where the bytes prove it.
  const { verdict, findings, reason } = result.first?.proven
    ? { ...result, ...result.first }
    : result
  if (verdict === 'pass' || verdict === 'skipped') return []
  const told = findings.filter(({ level }) => level !== 'MAY')
  const statements = [...new Set(told.map(({ statement }) => statement))]
  const own = flaw !== undefined && statements.some(one => flaw.statements.includes(one))
  return [{ id, verdict, statements, own, reason: reason.slice(0, 300) }]
}
