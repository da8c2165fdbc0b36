import { readFileSync } from 'node:fs'
import * as chance from 'fast-check'
import t from 'tap'
import type { BrokerOptions } from '../../fixtures/testing/peers/broker/core.ts'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { brokerFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import { messagesOf } from '../explore/flow.ts'
import { parseFlow } from '../explore/flow-schema.ts'
import { setupsOf } from '../explore/setup.ts'
import { tableOf } from '../explore/table.ts'
import { inProcessBroker } from '../targets/in-process.ts'
import type { Profile } from '../targets/profile.ts'
import { BrokerLane } from './broker-lane.ts'
import { explore } from './explorer.ts'

const file = 'suites/flows/qos2-publish.yaml'
const { flow } = parseFlow(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
const setups = setupsOf(flow ? [flow] : []).filter(({ version }) => version !== '3.1')
const budgets = scaled({ replyMs: 600 }, 1)
const profile: Profile = { name: 'reference', role: 'broker', versions: ['3.1.1', '5.0'] }

function brokerOf(options: BrokerOptions) {
  const broker = createReferenceBroker(options)
  return inProcessBroker(profile, stream => broker.accept(stream))
}

/** Searches for no longer than so many ms, and ends at the first defect. */
async function search(options: BrokerOptions, ms: number, depth: number) {
  const target = brokerOf(options)
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), ms)
  try {
    return await explore({
      setups,
      seed: 1,
      depth,
      kinds: ['lose', 'cut', 'takeover', 'lose-session'],
      signal: ended.signal,
      lanes: 8,
      budgets,
      nonce: 'xtest',
      chance,
      restarts: false,
      endsAt: () => true,
      openLane: async lane => new BrokerLane(target, lane),
    })
  } finally {
    clearTimeout(timer)
  }
}

t.test('nothing is found wrong with a correct broker', async t => {
  const { defects, schedules } = await search({}, 4000, 1)
  t.same(
    defects.map(({ breach }) => breach.message),
    [],
  )
  t.ok(schedules > 50, `${schedules} schedules`)
})

for (const [name, clause] of [
  ['broker-publish-not-resent', /MQTT-4\.4\.0-1|MQTT-4\.3\.3/],
  ['broker-pubrel-not-resent', /MQTT-4\.4\.0-1|MQTT-4\.3\.3/],
  ['broker-qos2-resent-without-dup', /MQTT-3\.3\.1-1/],
  // We close where a packet is malformed, come back, and get it again: without an end, once.
  ['broker-pubrel-resent-with-dup', /MQTT-2\.2\.2-1|MQTT-2\.1\.3-1|MQTT-3\.6\.1-1/],
] as const) {
  t.test(`${name} is found without a scenario, and shrunk`, async t => {
    const { defects } = await search(brokerFlaw(name).apply({}), 30_000, 1)
    const sure = defects.find(({ stable }) => stable)
    t.match(sure?.statement, clause)
    t.ok(sure && sure.atoms.length <= 1, `${sure?.atoms.join(', ')}`)
  })
}

t.test('our own side breaks no rule, whatever goes wrong', async t => {
  const target = brokerOf({})
  for (const setup of setups.filter(({ manner }) => manner.before === 0)) {
    const { signal } = new AbortController()
    const messages = messagesOf(setup.flow)
    const options = { setup, messages, budgets, signal, maxPacketBytes: 1024 }
    let lanes = 0
    const open = () => {
      lanes += 1
      return new BrokerLane(target, {
        ...options,
        nonce: `x${setup.index}n${lanes}`,
        alone: true,
        patient: true,
      })
    }
    const passing = open()
    const { points } = await passing.run([])
    await passing.close()
    const table = tableOf(points, { role: 'client', version: setup.version, restarts: false })
    const some = table.atoms.filter(
      ({ fault }, index) => fault.kind !== 'cut-inside' && index % 31 === 0,
    )
    for (const atom of some) {
      const lane = open()
      await lane.run([atom])
      t.same(
        lane.ourBreaches.map(({ message }) => `${atom.key} ${atom.fault.kind}: ${message}`),
        [],
      )
      await lane.close()
    }
  }
})

t.test('a wait for the expiry of a session ends with the search', async t => {
  const [setup] = setups
  if (!setup) throw new Error('no setup')
  const ended = new AbortController()
  const lane = new BrokerLane(brokerOf({}), {
    setup,
    messages: 1,
    budgets,
    signal: ended.signal,
    maxPacketBytes: 1024,
    nonce: 'xexpiry',
    alone: true,
    patient: true,
  })
  const { points } = await lane.run([])
  const { version } = setup
  const allowed = { role: 'client', version, kinds: ['expire'], restarts: false } as const
  const atom = tableOf(points, allowed).atoms.find(({ point }) => !point.begin)
  const running = lane.run(atom ? [atom] : [])
  const ending = new Promise<string>(resolve => {
    const look = () => {
      const waits = lane.trace.some(({ kind }) => kind === 'wait')
      if (waits) resolve('waits')
      else setImmediate(look)
    }
    look()
  })
  t.equal(await ending, 'waits')
  const began = performance.now()
  ended.abort()
  t.match((await running).lost, /ended before a session had expired/)
  t.ok(performance.now() - began < 3000, 'the wait would have taken 4 s')
  await lane.close()
})
