import * as chance from 'fast-check'
import t from 'tap'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { brokerFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import { parseFlow } from '../explore/flow-schema.ts'
import { setupsOf } from '../explore/setup.ts'
import { inProcessBroker } from '../targets/in-process.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { BehindAll, behindAllOf } from './behind-all.ts'
import { BrokerLane } from './broker-lane.ts'
import { explore } from './explorer.ts'

type Options = Parameters<typeof createReferenceBroker>[0]

function brokerOf(options: Options): BrokerTarget & { close(): Promise<void> } {
  const broker = createReferenceBroker(options)
  const target = inProcessBroker(
    { name: 'slow', role: 'broker', versions: ['3.1.1', '5.0'] },
    stream => broker.accept(stream),
  )
  return Object.assign(target, { close: () => broker.close() })
}

function asker(replyMs: number, hasLeft = () => false) {
  return { nonce: 'xline', version: '3.1.1', budgets: scaled({ replyMs }, 1), hasLeft } as const
}

t.test('it is through when the target has got to what came before it', async t => {
  const target = brokerOf({ storeMs: 40 })
  const behind = new BehindAll(target)
  const [first, second] = [behind.reached(asker(5000)), behind.reached(asker(5000))]
  t.equal(first, second, 'those that ask before it goes out share it')
  t.equal(await first, true)
  t.equal(await behind.reached(asker(5000)), true)
  await target.close()
})

t.test('a target that never acknowledges it is asked once', async t => {
  const target = brokerOf(brokerFlaw('broker-puback-missing').apply({}))
  const behind = new BehindAll(target)
  t.equal(await behind.reached(asker(20)), false)
  const began = performance.now()
  t.equal(await behind.reached(asker(60_000)), false)
  t.ok(performance.now() - began < 10_000)
  await target.close()
})

t.test('whoever leaves does not wait for it', async t => {
  const target = brokerOf(brokerFlaw('broker-puback-missing').apply({}))
  const behind = behindAllOf(target)
  t.equal(behind, behindAllOf(target), 'one for all lanes of a target')
  let left = false
  const flow = [behind.reached(asker(600_000)), behind.reached(asker(600_000, () => left))]
  await new Promise(resolve => setImmediate(resolve))
  while (!left) {
    const later = behind.reached(asker(600_000, () => left))
    await new Promise(resolve => setTimeout(resolve, 20))
    left = true
    behind.leave()
    t.equal(await later, false)
  }
  t.same(await Promise.all(flow), [false, false])
  await target.close()
})

const { flow } = parseFlow(
  'slow.yaml',
  `flow: slow
title: Several messages wait for the store
role: client
peers: { pub: { session: kept }, sub: { session: kept } }
begin:
  - sub.subscribe: { qos: 2 }
steps:
  - pub.publish: { qos: 1, times: 3 }
  - pub.publish: { qos: 2, times: 3 }
`,
)

t.test('a target that is slow where many lanes wait is not told as silent', async t => {
  const target = brokerOf({ storeMs: 8 })
  const { defects, schedules } = await explore({
    setups: setupsOf(flow ? [flow] : []).filter(({ version }) => version !== '3.1'),
    seed: 1,
    depth: 1,
    kinds: ['cut', 'lose'],
    signal: AbortSignal.timeout(6000),
    schedulesMax: 150,
    lanes: 16,
    budgets: scaled({ replyMs: 800 }, 1),
    nonce: 'xslow',
    chance,
    restarts: false,
    openLane: async lane => new BrokerLane(target, lane),
  })
  t.same(
    defects.map(({ breach, stable }) => `${breach.message} ${stable}`),
    [],
  )
  t.ok(schedules >= 50, `${schedules} schedules`)
  await target.close()
})
