import t from 'tap'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import { topicOutside } from '../engine/applicable/needs.ts'
import { readSuites } from './choice/choose-suites.ts'
import { runLoaded } from './run.ts'

/* Limits that a broker tells in CONNACK of 5.0 and keeps to where it cannot tell them, and what lies outside of a prefix. */

async function caseOf(file: string, id: string) {
  const { suites } = await readSuites([file])
  const found = suites.flatMap(suite => suite.cases).find(kase => kase.id === id)
  if (!found) throw new Error(`no case is called ${id}`)
  return found
}

async function runOne(file: string, id: string, options: Parameters<typeof brokerTarget>[1]) {
  const target = await brokerTarget('reference-broker', options)
  try {
    const { results } = await runLoaded([await caseOf(file, id)], target, { jobs: 1, seed: 1 })
    return results[0]!
  } finally {
    await target.stop()
  }
}

t.test('a retained message is not asked of a broker of 3.1.1 that has none in 5.0', async t => {
  const id = 'will/messages/retained-will:3.1.1:qos=1'
  const { verdict, reason } = await runOne('suites/broker/wills.yaml', id, () => ({
    retainAvailable: false,
  }))
  t.equal(verdict, 'skipped')
  t.match(reason, /its CONNACK of 5\.0 says Retain Available 0, which 3\.1\.1 cannot announce/)
})

t.test(
  'a CONNECT above the Maximum Packet Size is not sent, as it comes before that is told',
  async t => {
    const id = 'formats/broker/legal/will-content-type-longest:5.0'
    const { verdict, reason } = await runOne('suites/broker/formats/legal.yaml', id, () => ({
      maximumPacketSize: 1000,
    }))
    t.equal(verdict, 'skipped')
    t.match(reason, /its CONNACK of 5\.0 says Maximum Packet Size 1000/)
  },
)

t.test('a fence keeps to Maximum QoS where its case publishes below', async t => {
  const { verdict, reason } = await runOne(
    'suites/broker/topics.yaml',
    'topics/matching/hash:5.0',
    () => ({ maximumQoS: 1 }),
  )
  t.equal(verdict, 'pass', reason)
})

t.test(
  'what stands before a topic of ours puts it outside of the prefix, but for a share',
  async t => {
    const topics = 'suites/broker/topics.yaml'
    t.equal(topicOutside(await caseOf(topics, 'topics/matching/leading-slash:5.0')), '/…')
    t.equal(topicOutside(await caseOf(topics, 'topics/matching/hash:5.0')), undefined)
    const shares = 'suites/broker/shared-subscriptions.yaml'
    const share = 'session/shared-subscriptions/no-local-on-a-share:5.0'
    t.equal(topicOutside(await caseOf(shares, share)), undefined)
  },
)
