import { fileURLToPath } from 'node:url'
import { brokerFlaw, clientFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { executeCase } from '../../src/engine/execute.ts'
import { defaultBudgets, scaled } from '../../src/engine/waiting/budgets.ts'
import type { CaseResult } from '../../src/model/report.ts'
import type { TraceEvent } from '../../src/model/trace.ts'
import { readSuites } from '../../src/run/choice/choose-suites.ts'
import { runLoaded } from '../../src/run/run.ts'
import { TimeLimitReached } from '../../src/run/time-limit.ts'
import type { Case } from '../../src/scenario/ast.ts'
import { openTarget } from '../../src/targets/index.ts'
import type { BrokerTarget, ClientTarget, Target } from '../../src/targets/target.ts'
import { brokerTarget, clientTarget } from '../proof/peers.ts'

/*
 * A run that is ended at one moment after the other, a moment being an event of its traces. Two peers are asked: of a correct one no
 * moment may find anything, and a wrong one no moment may acquit.
 */

export const roles = ['broker', 'client', 'command', 'proxy', 'device'] as const
export type Role = (typeof roles)[number]

/**
 * What ends a run before its time. `abort` ends single cases, without all that a run does behind them to be sure of a failure: what a case
 * itself makes of it.
 */
export const endings = ['abort', 'signal', 'time limit', 'loss'] as const
export type Ending = (typeof endings)[number]

export type Moment = { role: Role; peer: 'correct' | 'wrong'; ending: Ending; event: number }

/** Cases in which packets are lost and sessions resumed, so that there is much to settle; the wrong peer breaks each of them. */
const asked: Record<Role, readonly string[]> = {
  broker: ['qos2/broker-sends/pubrec-lost:3.1.1', 'qos2/broker-sends/publish-lost:5.0'],
  client: ['qos2/client-sends/pubrec-lost:3.1.1', 'qos2/client-sends/publish-lost:5.0'],
  command: ['qos2/client-sends/undisturbed:3.1.1', 'qos2/client-sends/undisturbed:5.0'],
  proxy: ['proxy/client-sends/pubrec-lost:3.1.1', 'proxy/client-sends/publish-lost:5.0'],
  device: [
    'device/board-faults/power-cut-while-publishing-and-obeying',
    'device/board-faults/torn-slot',
  ],
}

/** What the wrong peer does; of a device there is none. */
const flaws: Record<Role, string | undefined> = {
  broker: 'broker-qos2-resent-without-dup',
  client: 'client-qos2-resent-without-dup',
  command: 'client-publish-before-connect',
  proxy: 'client-qos2-resent-without-dup',
  device: undefined,
}

/** What the whole run or one that ended early says: its results, how many events there were, and the steps that it began after its end. */
type Said = { results: CaseResult[]; events: number; wentOn: string[] }

/** Runs the cases of a role against a peer, to their end or to that event. */
async function runUntil({ role, peer, ending, event }: Moment): Promise<Said> {
  const end = new AbortController()
  const stage = await open(role, peer)
  const cases = await casesOf(role)
  const wentOn: string[] = []
  let events = 0
  const onEvent = (seen: TraceEvent) => {
    if (seen.kind === 'step' && end.signal.aborted) wentOn.push(seen.text)
    if (++events !== event) return
    if (ending === 'loss') stage.lose()
    else end.abort(ending === 'time limit' ? new TimeLimitReached(60_000) : undefined)
  }
  const act = ending === 'abort' ? executeAll : runAll
  try {
    return { results: await act(cases, stage, end.signal, onEvent), events, wentOn }
  } catch (error) {
    if ((error as Error).name !== 'InterruptedError') throw error
    return { results: [], events, wentOn }
  } finally {
    await stage.stop()
  }
}

type Act = (
  cases: Case[],
  stage: Stage,
  signal: AbortSignal,
  onEvent: (event: TraceEvent) => void,
) => Promise<CaseResult[]>

const timeoutScale = 0.2

const runAll: Act = async (cases, { target, behind }, signal, onEvent) => {
  const { results } = await runLoaded(cases, target, {
    proceed: true,
    jobs: 2,
    seed: 1,
    timeoutScale,
    signal,
    onCaseEvent: (_, event) => onEvent(event),
    ...(behind ? { behind } : {}),
  })
  return results
}

let nonces = 0

const executeAll: Act = (cases, { target, behind }, signal, onEvent) =>
  Promise.all(
    cases.map(kase =>
      executeCase(kase, {
        target,
        budgets: scaled({}, timeoutScale),
        nonce: `moment${++nonces}`,
        signal,
        maxPacketBytes: 1024 * 1024,
        cleanUp: false,
        replay: '',
        onEvent,
        ...(behind ? { behind: { target: behind, versions: [], fingerprint: {} } } : {}),
      }),
    ),
  )

/** What is wrong with a run that was ended, against the whole one; nothing where it tells the truth. */
function untruths(whole: Said, early: Said): string[] {
  const steps = early.wentOn.map(text => `it went on with ${text}`)
  const told = early.results.flatMap(({ id, verdict, reason, findings }) => {
    const then = whole.results.find(one => one.id === id)
    const known = new Set(then?.findings.map(({ statement }) => statement))
    const invented = findings.filter(found => found.level !== 'MAY' && !known.has(found.statement))
    if (invented.length > 0) return [`${id}: ${invented[0]?.statement} ${invented[0]?.message}`]
    const isTrue = verdict === 'inconclusive' || verdict === then?.verdict
    return isTrue ? [] : [`${id} ${verdict}: ${reason}`]
  })
  return [...steps, ...told]
}

/** Ends runs of a role and a peer at every so many moments and tells what was wrong. */
export async function endEverywhere(
  who: Pick<Moment, 'role' | 'peer' | 'ending'>,
  every: number,
): Promise<{ whole: Said; moments: number; wrong: string[] }> {
  const whole = await decided(who)
  const wrong: string[] = []
  let moments = 0
  for (let event = 1; event <= whole.events; event += every) {
    moments += 1
    const early = await runUntil({ ...who, event })
    wrong.push(...untruths(whole, early).map(what => `at event ${event}: ${what}`))
  }
  return { whole, moments, wrong }
}

/** So often the whole run is played. */
const playsMax = 3

/** The whole run. Waits are short here: a busy machine may leave a case undecided, which tells nothing to compare with. */
async function decided(who: Pick<Moment, 'role' | 'peer' | 'ending'>): Promise<Said> {
  for (let plays = 1; ; plays++) {
    const whole = await runUntil({ ...who, event: Number.POSITIVE_INFINITY })
    const isDecided = whole.results.every(({ verdict }) => verdict !== 'inconclusive')
    if (isDecided || plays === playsMax) return whole
  }
}

type Stage = { target: Target; behind?: BrokerTarget; lose(): void; stop(): Promise<void> }

async function open(role: Role, peer: Moment['peer']): Promise<Stage> {
  if (role === 'device') return staged(await openTarget('pico', defaultBudgets))
  const flaw = peer === 'wrong' ? flaws[role] : undefined
  if (role === 'broker') {
    const wrong = flaw === undefined ? undefined : brokerFlaw(flaw)
    return staged(await brokerTarget('broker', () => wrong?.apply({}) ?? {}))
  }
  const wrong = flaw === undefined ? undefined : clientFlaw(flaw)
  const client = await clientTarget('client', () => wrong?.apply({}) ?? {})
  if (role === 'client') return staged(client)
  if (role === 'command') return staged(asCommand(client))
  return staged(client, await brokerTarget('behind', () => ({})))
}

/** A target that can be lost: it ends at once, and says so. */
function staged(target: Target, behind?: BrokerTarget): Stage {
  let isLost = false
  const stop = async () => {
    await Promise.all([target.stop(), behind?.stop()])
  }
  const death: Target['death'] = () => (isLost ? { reason: 'it was lost' } : target.death())
  return {
    target: withDeath(target, death),
    ...(behind ? { behind } : {}),
    lose: () => {
      isLost = true
      void target.stop()
    },
    stop,
  }
}

/** A target may be of a class: what it is stands in no copy of its own fields. */
function withDeath(target: Target, death: Target['death']): Target {
  return new Proxy(target, {
    get: (of, name) => {
      if (name === 'death') return death
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

/** A client that is told all at once and says nothing of what its application saw, as a program at level 0 is. */
function asCommand(client: ClientTarget): ClientTarget {
  return {
    ...client,
    level: 0,
    open: async name => {
      const app = await client.open(name)
      let connection: { [name: string]: unknown } | undefined
      return {
        ...app,
        onEvent: () => undefined,
        ping: async () => undefined,
        command: async (word, fields) => {
          if (word === 'connect') {
            connection = fields
            return { ok: true }
          }
          if (!connection) return { ok: false, error: 'connect comes first' }
          app.onEvent(({ event }) => {
            if (event === 'connected') void app.command(word, fields).catch(() => undefined)
          })
          return app.command('connect', connection)
        },
      }
    },
  }
}

/** Only the suites that are asked are read: all of them take seconds. */
const suites: Record<Role, string> = {
  broker: 'broker/qos2-sender',
  client: 'client/qos2-sender',
  command: 'client/qos2-sender',
  proxy: 'proxy/qos2-sender',
  device: 'device/board-faults',
}

const loaded = new Map<Role, Promise<Case[]>>()

function casesOf(role: Role): Promise<Case[]> {
  const known = loaded.get(role) ?? load(role)
  loaded.set(role, known)
  return known
}

async function load(role: Role): Promise<Case[]> {
  const file = fileURLToPath(new URL(`../../suites/${suites[role]}.yaml`, import.meta.url))
  const cases = (await readSuites([file])).suites.flatMap(suite => suite.cases)
  return asked[role].map(id => {
    const found = cases.find(kase => kase.id.startsWith(id))
    if (!found) throw new Error(`no case is called ${id}`)
    return found
  })
}
