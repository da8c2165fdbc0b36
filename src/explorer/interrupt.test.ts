import { readFileSync } from 'node:fs'
import * as chance from 'fast-check'
import t from 'tap'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { brokerFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { type Budgets, scaled } from '../engine/waiting/budgets.ts'
import { parseFlow } from '../explore/flow-schema.ts'
import { setupsOf } from '../explore/setup.ts'
import { inProcessBroker } from '../targets/in-process.ts'
import type { Profile } from '../targets/profile.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { BrokerLane } from './broker-lane.ts'
import { explore } from './explorer.ts'
import type { Lane } from './lane.ts'

const file = 'suites/flows/qos2-publish.yaml'
const { flow } = parseFlow(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
const setups = setupsOf(flow ? [flow] : [])
  .filter(({ version }) => version === '3.1.1')
  .slice(0, 2)
const profile: Profile = { name: 'reference', role: 'broker', versions: ['3.1.1'] }
const budgets = scaled({ replyMs: 600 }, 1)
/** Nobody waits so long in a test: what ends by a budget does not end. */
const endless = scaled({ replyMs: 600_000, connectMs: 600_000 }, 1)

function wrongBroker(): BrokerTarget {
  const options = brokerFlaw('broker-qos2-resent-without-dup').apply({})
  const broker = createReferenceBroker(options)
  return inProcessBroker(profile, stream => broker.accept(stream))
}

/** Accepts connections and says nothing, whatever it is told. */
function silentBroker(): BrokerTarget {
  return inProcessBroker(profile, stream => {
    stream.on('error', () => undefined).resume()
  })
}

/**
 * Interrupts at the n-th thing that happens: a lane is opened, closed, or has run a schedule. Tells how many schedules were begun behind it,
 * which of the failures are sure, and how many things happened before.
 */
async function interruptedAt(moment: number, target: BrokerTarget, patience: Budgets) {
  const interrupt = new AbortController()
  let happened = 0
  let begunBehind = 0
  const happens = () => {
    if (++happened === moment) interrupt.abort()
  }
  const { defects } = await explore({
    setups,
    seed: 1,
    depth: 1,
    kinds: ['cut'],
    signal: interrupt.signal,
    interrupt: interrupt.signal,
    schedulesMax: 80,
    lanes: 4,
    budgets: patience,
    nonce: `xend${moment}`,
    chance,
    restarts: false,
    openLane: async options => {
      const lane: Lane = new BrokerLane(target, options)
      happens()
      return {
        setup: lane.setup,
        get isNew() {
          return lane.isNew
        },
        get isSpent() {
          return lane.isSpent
        },
        interrupt: () => lane.interrupt(),
        run: async atoms => {
          const outcome = lane.run(atoms)
          if (interrupt.signal.aborted && (await outcome).lost === undefined) begunBehind += 1
          happens()
          return outcome
        },
        close: async () => {
          await lane.close()
          happens()
        },
      }
    },
  })
  const sure = defects.filter(({ stable }) => stable).map(({ statement }) => statement)
  return { sure, begunBehind, happened }
}

t.test('an interrupt ends a search at any moment, and nothing is tried after it', async t => {
  const whole = await interruptedAt(Number.POSITIVE_INFINITY, wrongBroker(), budgets)
  t.match(whole.sure, [/MQTT-3\.3\.1-1/])
  const step = Math.max(1, Math.floor(whole.happened / 8))
  const wrong: string[] = []
  for (let moment = 1; moment <= whole.happened; moment += step) {
    const { sure, begunBehind } = await interruptedAt(moment, wrongBroker(), budgets)
    const more = sure.filter(statement => !whole.sure.includes(statement))
    if (begunBehind > 0) wrong.push(`${moment}: ${begunBehind} schedules behind it`)
    if (more.length > 0) wrong.push(`${moment}: ${more.join(', ')}`)
  }
  t.ok(whole.happened > 50, `${whole.happened} moments`)
  t.same(wrong, [])
})

t.test('an interrupt does not wait for a target that says nothing', async t => {
  for (const moment of [1, 2]) {
    const { sure } = await interruptedAt(moment, silentBroker(), endless)
    t.same(sure, [], `at moment ${moment}`)
  }
})
