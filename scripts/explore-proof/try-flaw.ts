import { readdirSync, readFileSync } from 'node:fs'
import * as chance from 'fast-check'
import { type BrokerOptions, createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import type { Flaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { scaled } from '../../src/engine/waiting/budgets.ts'
import type { FaultKind } from '../../src/explore/fault.ts'
import { parseFlow } from '../../src/explore/flow-schema.ts'
import { type Setup, setupsOf } from '../../src/explore/setup.ts'
import { BrokerLane } from '../../src/explorer/broker-lane.ts'
import { type Explored, explore } from '../../src/explorer/explorer.ts'
import { inProcessBroker } from '../../src/targets/in-process.ts'
import type { Profile } from '../../src/targets/profile.ts'

const shelf = new URL('../../suites/flows/', import.meta.url)
const flows = readdirSync(shelf)
  .sort()
  .flatMap(name => parseFlow(name, readFileSync(new URL(name, shelf), 'utf8')).flow ?? [])
const setups = setupsOf(flows)
const budgets = scaled({ replyMs: 800 }, 1)
/** Those that show most in the least time. */
const kinds: FaultKind[] = [
  'lose',
  'cut',
  'repeat',
  'takeover',
  'lose-session',
  'hold',
  'refuse-message',
  'leave',
]
let trials = 0

/** What a search without any scenario found: `own` clauses are those that the flaw is said to break. */
export type Trial = {
  flaw: string
  fate: 'killed' | 'unrelated' | 'survived'
  /** Statement, and the shortest schedule. */
  statement: string
  atoms: string[]
  schedules: number
  tookMs: number
}

/** What ends a search that finds nothing. Schedules count on any machine alike; the time is for those that hang. */
export type Limits = {
  schedules: number
  ms: number
  versions: readonly string[]
  /** Only flows whose name contains the word. */
  flow: string
}

export async function tryFlaw(flaw: Flaw, limits: Limits): Promise<Trial> {
  const began = performance.now()
  const own = (statement: string) => flaw.statements.includes(statement)
  const explored = await searchBroker(
    flaw.peer === 'broker' ? flaw.apply({}) : {},
    ({ version }) => spoken(flaw, limits).includes(version),
    limits,
    own,
  )
  const sure = explored.defects.filter(({ stable }) => stable)
  const found = sure.find(({ statement }) => own(statement)) ?? sure[0]
  return {
    flaw: flaw.name,
    fate: !found ? 'survived' : own(found.statement) ? 'killed' : 'unrelated',
    statement: found?.statement ?? '',
    atoms: found?.atoms ?? [],
    schedules: explored.schedules,
    tookMs: Math.round(performance.now() - began),
  }
}

/** What a search says of a broker that does nothing wrong: `alarms` are the sure defects, each with what it broke and how. */
export type Quiet = { setting: string; schedules: number; lost: number; alarms: string[] }

export async function tryCorrect(
  setting: string,
  options: BrokerOptions,
  limits: Limits,
): Promise<Quiet> {
  const fits = ({ version }: Setup) => limits.versions.includes(version)
  const { schedules, defects, lost } = await searchBroker(options, fits, limits, () => false)
  const alarms = defects
    .filter(({ stable }) => stable)
    .map(
      ({ breach, atoms, replay }) => `${breach.statement} ${breach.message}; ${atoms}; ${replay}`,
    )
  return { setting, schedules, lost: lost.times, alarms }
}

/** The versions in which a flaw shows and that are asked for; all of its own where it shows in none of these. */
function spoken({ versions }: Flaw, limits: Limits): readonly string[] {
  const asked = versions.filter(version => limits.versions.includes(version))
  return asked.length > 0 ? asked : versions
}

/** A reference broker in this process, searched until the time is over or one of these statements is found broken. */
async function searchBroker(
  options: BrokerOptions,
  fits: (setup: Setup) => boolean,
  { schedules, ms, flow }: Limits,
  endsAt: (statement: string) => boolean,
): Promise<Explored> {
  const broker = createReferenceBroker(options)
  const profile: Profile = { name: 'reference', role: 'broker', versions: ['3.1', '3.1.1', '5.0'] }
  const target = inProcessBroker(profile, stream => broker.accept(stream))
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), ms)
  trials += 1
  try {
    return await explore({
      setups: setups.filter(
        setup =>
          setup.flow.role === 'client' &&
          setup.flow.id.includes(flow) &&
          fits(setup) &&
          offered(setup, options),
      ),
      seed: 1,
      depth: 3,
      kinds,
      signal: ended.signal,
      schedulesMax: schedules,
      lanes: 16,
      budgets,
      nonce: `p${trials.toString(36).padStart(3, '0')}`,
      chance,
      restarts: false,
      openLane: async lane => new BrokerLane(target, lane),
      endsAt: ({ statement }) => endsAt(statement),
    })
  } finally {
    clearTimeout(timer)
    await broker.close()
  }
}

function offered({ flow, version }: Setup, options: BrokerOptions): boolean {
  if (options.versions && !options.versions.includes(version)) return false
  if (flow.versions && !flow.versions.includes(version)) return false
  return options.retainAvailable !== false || !flow.requires.includes('retained')
}
