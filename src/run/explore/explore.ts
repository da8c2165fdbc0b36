import { randomBytes } from 'node:crypto'
import { probeBroker } from '../../engine/probe.ts'
import { scaled } from '../../engine/waiting/budgets.ts'
import type { Defect } from '../../explore/defect.ts'
import type { FaultKind } from '../../explore/fault.ts'
import { parseReplayId } from '../../explore/replay-id.ts'
import { type Setup, setupsOf } from '../../explore/setup.ts'
import { BrokerLane } from '../../explorer/broker-lane.ts'
import type { CanaryName } from '../../explorer/canary/canaries.ts'
import { ClientLane } from '../../explorer/client-lane.ts'
import {
  type Explored,
  type ExplorerOptions,
  replayAlone,
  explore as search,
} from '../../explorer/explorer.ts'
import { type Lane, type LaneOptions, withOwnTarget } from '../../explorer/lane.ts'
import type { RunReport, TargetInfo } from '../../model/report.ts'
import type { Version } from '../../model/version.ts'
import { openTarget, shownWish, type TargetWish, WishError } from '../../targets/index.ts'
import type { Target } from '../../targets/target.ts'
import { InterruptedError } from '../interrupted-error.ts'
import { makeReport, type Trouble } from '../report/make-report.ts'
import { UsageError } from '../usage-error.ts'
import { isOfCanary, judgeCanary } from './canary-result.ts'
import { type Corpus, openCorpus } from './corpus.ts'
import { addScenarios } from './explore-scenarios.ts'
import { explorationOf, longResult, resultsOf } from './explored.ts'
import { readFlows } from './flows.ts'
import { MemoryWatch } from './memory-watch.ts'

export type ExploreOptions = {
  /** Ids of flows that ship, or files; all that fit the target when empty. */
  flows?: string[]
  /** An address, a profile file, a built-in name, or a broker in this process. Default: the embedded broker. */
  target?: TargetWish
  /** Only these versions. */
  mqtt?: Version[]
  /** Only these kinds of fault. */
  faults?: FaultKind[]
  /** The most faults of one schedule. Default 3. */
  depth?: number
  /** When the search ends, in ms. Default 60,000. */
  budgetMs?: number
  seed?: number
  /** One part of several: `{ index: 1, count: 4 }`. */
  shard?: { index: number; count: number }
  /** Schedules side by side. Default 24. */
  lanes?: number
  /** Multiplies every time budget of a wait. */
  timeoutScale?: number
  /** Only this schedule, alone: `4711:0:3:1`. */
  replay?: string
  /** Ends after so many schedules, however long that takes. */
  schedules?: number
  /** A folder that keeps what was tried: a second search of the same target goes on from there. */
  corpus?: string
  /**
   * Goes on until it is stopped, unless `budgetMs` says how long: identifiers come to their end and begin anew, and the memory of this process
   * and of a broker that we started is watched.
   */
  long?: boolean
  /** A flaw that is put upon the target: the search ends when it has found it, and exit 4 says that it has not. Nothing else is judged. */
  canary?: CanaryName
  /** Nothing new is begun after the first defect. */
  bail?: boolean
  strict?: boolean
  /** Words of the command line that repeat in the replay lines. */
  replayWith?: string
  signal?: AbortSignal
  onProgress?(state: Progress): void
}

/** What a live line says. */
export type Progress = {
  schedules: number
  perSecond: number
  stage: string
  edges: number
  defects: number
}

const defaultBudgetMs = 60_000
/** A timer knows nothing longer: 24 days. */
const longestMs = 2_147_483_647
/** Two messages on, identifiers begin anew. */
const lastIds = 65_534
const defaultLanes = 24
/** Each starts brokers of its own. */
const restartingLanes = 4

/**
 * Searches a target for faults and returns the report; nothing is written anywhere. Rejects with UsageError (exit 2) for mistakes in
 * flows or options, with TargetError (exit 3) where the target cannot be reached or started.
 */
export async function explore(options: ExploreOptions = {}): Promise<RunReport> {
  const began = { at: Date.now(), clock: performance.now() }
  const replay = options.replay === undefined ? undefined : parseReplayId(options.replay)
  if (options.replay !== undefined && !replay) {
    throw new UsageError(`${options.replay} is no replay id; one looks like 4711:0:3:1`)
  }
  if (options.canary !== undefined && (options.shard || options.corpus !== undefined)) {
    throw new UsageError('a canary is searched for as a whole: neither in parts nor with a corpus')
  }
  const flows = await readFlows(options.flows ?? [])
  const target = await open(options)
  let corpus: Corpus | undefined
  try {
    const seed = replay?.seed ?? options.seed ?? randomBytes(4).readUInt32BE()
    const info = await infoOf(target, options).catch(error => {
      throw options.signal?.aborted ? new InterruptedError() : error
    })
    const all = setupsOf(flows.all)
    const fitting = all.filter(
      setup => flows.chosen.includes(setup.flow) && fits(setup, target, info.versions),
    )
    const setups = replay ? fitting.filter(({ index }) => index === replay.schedule.setup) : fitting
    if (replay && setups.length === 0) {
      throw new UsageError(`${options.replay} names a flow that ${target.name} cannot be asked`)
    }
    const part = options.shard ? `${options.shard.index}-of-${options.shard.count}` : '1-of-1'
    corpus =
      options.corpus === undefined ? undefined : await openCorpus(options.corpus, target.name, part)
    const parts = { seed, setups, target, began: began.clock, corpus }
    const memory = options.long ? watchMemory(target) : undefined
    const explored = await searchFor(options, parts, one =>
      replay ? replayAlone(one, replay.schedule) : search(one),
    ).finally(() => memory?.stop())
    const { canary } = options
    const judged = canary === undefined ? undefined : judgeCanary(canary, explored, setups)
    // A scenario would be run without the canary.
    if (!judged) await addScenarios(explored.defects, setups, target, options.signal)
    return makeReport({
      startedAtMs: began.at,
      durationMs: performance.now() - began.clock,
      seed,
      target: info,
      results: [
        ...(judged?.results ??
          resultsOf(explored, setups, (defect, setup) => replayLine(options, defect, setup))),
        ...(memory ? longResult(memory.stop(), explored, setups) : []),
      ],
      trouble: troubleOf(explored, setups) ?? judged?.trouble,
      shard: options.shard,
      strict: options.strict,
      explored: explorationOf(explored, setups),
    })
  } finally {
    corpus?.close()
    await target.stop()
  }
}

async function open({ target = 'aedes', timeoutScale = 1 }: ExploreOptions): Promise<Target> {
  return openTarget(target, scaled({}, timeoutScale)).catch(error => {
    throw error instanceof WishError ? new UsageError(error.message) : error
  })
}

async function infoOf(target: Target, { mqtt, signal }: ExploreOptions): Promise<TargetInfo> {
  const wanted = (all: Version[]) => (mqtt ? all.filter(version => mqtt.includes(version)) : all)
  const { name, role, address } = target
  if (target.role === 'client') {
    return { name, role, address, versions: wanted(target.versions), fingerprint: {} }
  }
  const probe = await probeBroker({
    target,
    budgets: scaled(target.profile.timing ?? {}, 1),
    nonce: nonceOf(),
    signal: signal ?? new AbortController().signal,
    maxPacketBytes: 1024 * 1024,
  })
  return {
    name,
    role,
    address,
    versions: wanted(probe.versions),
    fingerprint: probe.fingerprint,
  }
}

function fits({ flow, version }: Setup, target: Target, versions: Version[]): boolean {
  const role = target.role === 'broker' ? 'client' : 'broker'
  const lacks = target.profile.lacks ?? []
  return (
    flow.role === role &&
    versions.includes(version) &&
    (flow.versions?.includes(version) ?? true) &&
    !flow.requires.some(feature => lacks.includes(feature))
  )
}

type Parts = {
  seed: number
  setups: Setup[]
  target: Target
  began: number
  corpus: Corpus | undefined
}

async function searchFor(
  options: ExploreOptions,
  { seed, setups, target, began, corpus }: Parts,
  how: (options: ExplorerOptions) => Promise<Explored>,
): Promise<Explored> {
  const restarts = options.faults?.includes('restart') === true && keepsSessions(target)
  const ended = new AbortController()
  const end = () => ended.abort()
  options.signal?.addEventListener('abort', end, { once: true })
  if (options.signal?.aborted) end()
  // Whoever says how many schedules wants all of them.
  const longest = options.schedules === undefined && !options.long ? defaultBudgetMs : longestMs
  const timer = setTimeout(end, options.budgetMs ?? longest)
  try {
    return await how({
      setups,
      seed,
      depth: options.depth ?? 3,
      ...(options.faults ? { kinds: options.faults } : {}),
      ...(options.shard ? { shard: options.shard } : {}),
      signal: ended.signal,
      interrupt: options.signal,
      ...(options.schedules === undefined ? {} : { schedulesMax: options.schedules }),
      ...(corpus ? { corpus } : {}),
      lanes: options.lanes ?? (restarts ? restartingLanes : defaultLanes),
      budgets: scaled(target.profile.timing ?? {}, options.timeoutScale ?? 1),
      nonce: nonceOf(),
      chance: await import('fast-check'),
      restarts,
      power: target.role === 'client' && target.can.includes('power'),
      ...endOf(options),
      openLane: lane =>
        openLane(
          target,
          {
            ...lane,
            ...(options.long ? { idsFrom: lastIds } : {}),
            ...(options.canary ? { canary: options.canary } : {}),
          },
          restarts,
        ),
      onDone: progress(options, began),
    })
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', end)
  }
}

function watchMemory(target: Target): MemoryWatch {
  return new MemoryWatch(
    new Map([
      ['mqttspec', () => process.pid],
      [target.name, () => (target.role === 'broker' ? target.processId : undefined)],
    ]),
  )
}

/** The defect behind which nothing new is begun. */
function endOf({ bail, canary }: ExploreOptions): Pick<ExplorerOptions, 'endsAt'> {
  if (canary !== undefined) return { endsAt: defect => isOfCanary(defect, canary) }
  return bail ? { endsAt: () => true } : {}
}

/** We can stop it and start it again, and it says that its sessions outlive that. */
function keepsSessions(target: Target): boolean {
  return (
    target.role === 'broker' && target.profile.durable === true && target.instance !== undefined
  )
}

/** What is restarted disturbs nobody else: each lane has a broker of its own then. */
async function openLane(target: Target, lane: LaneOptions, restarts: boolean): Promise<Lane> {
  if (target.role === 'client') return new ClientLane(target, lane)
  const own = restarts ? await target.instance?.() : undefined
  if (!own) return new BrokerLane(target, lane)
  return withOwnTarget(new BrokerLane(own, lane), () => own.stop())
}

/** How often somebody hears how far a search has come, in ms: to count what was reached takes longer than a schedule. */
const tellEveryMs = 100

function progress({ onProgress }: ExploreOptions, began: number): (state: Explored) => void {
  if (!onProgress) return () => undefined
  let told = 0
  return state => {
    const now = performance.now()
    if (now - told < tellEveryMs) return
    told = now
    onProgress(progressOf(state, began))
  }
}

function progressOf({ schedules, search: one, defects }: Explored, began: number): Progress {
  const edges = new Set([...one.taken.values()].flatMap(taken => [...taken.keys()]))
  return {
    schedules,
    perSecond: Math.round((schedules * 1000) / Math.max(1, performance.now() - began)),
    stage: one.stageName,
    edges: edges.size,
    defects: defects.filter(({ stable }) => stable).length,
  }
}

function troubleOf({ schedules, lost }: Explored, setups: readonly Setup[]): Trouble | undefined {
  if (setups.length === 0) return { says: 'no flow fits this target', exitCode: 4 }
  if (schedules > 0) return undefined
  const why = lost.reason === '' ? 'the time was over' : lost.reason
  return { says: `nothing was reached: ${why}`, exitCode: 4 }
}

function replayLine(options: ExploreOptions, { replay }: Defect, { flow }: Setup): string {
  const own = (options.flows ?? []).filter(word => /\.ya?ml$/.test(word))
  const words = own.length > 0 ? own.join(' ') : flow.id
  // Which faults there are decides what their numbers mean.
  const faults = options.faults ? ` --faults ${options.faults.join(',')}` : ''
  return `mqttspec explore ${words}${targetWords(options)}${faults}${options.long ? ' --long' : ''} --replay ${replay}`
}

function targetWords({ replayWith, target }: ExploreOptions): string {
  if (replayWith !== undefined) return replayWith === '' ? '' : ` ${replayWith}`
  if (target === undefined) return ''
  return typeof target === 'string' ? ` --target ${shownWish(target)}` : ' --target IN-PROCESS'
}

/** Client ids are at most 23 letters and digits: six of them tell runs apart. */
function nonceOf(): string {
  return `x${(randomBytes(4).readUInt32BE() % 60_466_176).toString(36).padStart(5, '0')}`
}
