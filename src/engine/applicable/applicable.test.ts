import t from 'tap'
import type { Case, Condition, Step } from '../../scenario/ast.ts'
import type { Target } from '../../targets/target.ts'
import { type Facts, notApplicable } from './applicable.ts'

const place = { file: 'suite.yaml', line: 1, column: 1 }

function facts(fingerprint: Facts['fingerprint'] = {}, lacks: string[] = []): Facts {
  const profile = { name: 'x', role: 'broker', versions: ['5.0'], lacks }
  return {
    target: { role: 'broker', name: 'x', profile } as unknown as Target,
    versions: ['5.0'],
    fingerprint,
  }
}

function kase(bodies: object[], requires: Condition[] = []): Case {
  const steps = bodies.map(body => ({ body, place })) as unknown as Step[]
  return {
    suite: 'x/y',
    role: 'client',
    version: '5.0',
    tags: [],
    requires,
    steps,
  } as unknown as Case
}

const publish = (qos: number) => ({
  verb: 'publish',
  packet: { type: 'PUBLISH', fields: { topic: 'a', qos }, place },
})

t.test('a case that publishes at QoS 2 needs it, wherever in its steps', async t => {
  const without = facts({ maximumQoS: 1 })
  const said = 'needs qos2: its CONNACK of 5.0 says Maximum QoS 1'
  t.equal(notApplicable(kase([publish(2)]), without), said)
  t.equal(notApplicable(kase([publish(2)]), facts({}, ['qos2'])), 'needs qos2')
  const nested = { verb: 'repeat', from: 1, times: 2, steps: [{ body: publish(2), place }] }
  t.equal(notApplicable(kase([nested]), without), said)
  t.equal(notApplicable(kase([{ verb: 'fence', actors: ['pub'], qos: 2 }]), without), said)
  t.equal(notApplicable(kase([publish(1)]), without), undefined)
  t.equal(notApplicable(kase([publish(2)]), facts()), undefined)
})

t.test('a case that publishes at QoS 1 needs it, a will too', async t => {
  const without = facts({ maximumQoS: 0 })
  const said = 'needs qos1: its CONNACK of 5.0 says Maximum QoS 0'
  t.equal(notApplicable(kase([publish(1)]), without), said)
  const will = { kind: 'map', map: { topic: 'a', qos: 1 } }
  t.equal(notApplicable(kase([{ verb: 'connect', fields: { will } }]), without), said)
  t.equal(notApplicable(kase([publish(1)]), facts({ maximumQoS: 1 })), undefined)
  t.equal(notApplicable(kase([publish(0)]), without), undefined)
})

t.test('a proxy needs a client before it and a fit broker behind it', async t => {
  const client: Facts = {
    target: { role: 'client', level: 1, profile: { lacks: [] } } as unknown as Target,
    versions: ['5.0'],
    fingerprint: {},
  }
  const behind = (versions: string[], lacks: string[] = []) =>
    ({
      target: { role: 'broker', name: 'b', profile: { lacks } },
      versions,
      fingerprint: {},
    }) as unknown as NonNullable<Facts['behind']>
  const proxied: Case = { ...kase([publish(2)]), role: 'proxy' }
  t.equal(notApplicable(proxied, facts()), 'for a client as target')
  t.equal(notApplicable(proxied, client), 'needs a broker behind the proxy')
  t.match(notApplicable(proxied, { ...client, behind: behind(['3.1.1']) }), /speak MQTT 5\.0/)
  t.match(notApplicable(proxied, { ...client, behind: behind(['5.0'], ['qos2']) }), /no QoS 2/)
  t.equal(notApplicable(proxied, { ...client, behind: behind(['5.0']) }), undefined)
})

t.test('a subscription at QoS 2 needs nothing; a case about Maximum QoS knows', async t => {
  const subscribe = { verb: 'subscribe', subscriptions: [{ kind: 'map', map: { qos: 2 } }] }
  const without = facts({ maximumQoS: 1 })
  t.equal(notApplicable(kase([subscribe]), without), undefined)
  const about: Condition = { kind: 'choice', name: 'maximumQoS', value: 1, place }
  t.equal(notApplicable(kase([publish(2)], [about]), without), undefined)
})

t.test('a limit that CONNACK announced is compared with a range', async t => {
  const most: Condition = { kind: 'limit', name: 'maximumPacketSize', max: 1000, place }
  const needs = (seen: Facts['fingerprint'], condition: Condition) =>
    notApplicable(kase([], [condition]), facts(seen))
  t.equal(needs({ maximumPacketSize: 1000 }, most), undefined)
  t.equal(
    needs({ maximumPacketSize: 1001 }, most),
    'needs maximumPacketSize at most 1000: its CONNACK of 5.0 says Maximum Packet Size 1001',
  )
  t.equal(
    needs({}, most),
    'needs maximumPacketSize at most 1000: its CONNACK of 5.0 tells no Maximum Packet Size',
  )
  const between: Condition = { kind: 'limit', name: 'receiveMaximum', min: 2, max: 9, place }
  t.match(needs({ receiveMaximum: 1 }, between), /^needs receiveMaximum at least 2 and at most 9: /)
  t.match(needs({}, between), /CONNACK of 5.0 tells no Receive Maximum/, 'then it is 65535')
  t.equal(needs({ receiveMaximum: 2 }, between), undefined)
})

t.test('what CONNACK of 5.0 tells binds nobody in 3.1.1', async t => {
  const both: Facts = {
    ...facts({ maximumQoS: 1, retainAvailable: 0 }),
    versions: ['3.1.1', '5.0'],
  }
  const retained: Condition = { kind: 'feature', name: 'retained', place }
  const in5 = kase([publish(1)], [retained])
  t.equal(notApplicable(in5, both), 'needs retained: its CONNACK of 5.0 says Retain Available 0')
  t.equal(notApplicable({ ...in5, version: '3.1.1' }, both), undefined)
  t.equal(notApplicable({ ...kase([publish(2)]), version: '3.1.1' }, both), undefined)
})

t.test('a case that rests on a limit is skipped where that cannot be had', async t => {
  const about: Case = { ...kase([publish(1)]), limits: ['aboveTopicAliasMaximum'] }
  const why = (seen: Facts['fingerprint']) => notApplicable(about, facts(seen))
  t.equal(why({ topicAliasMaximum: 10 }), undefined)
  t.equal(why({ topicAliasMaximum: 65_535 }), 'Topic Alias Maximum is 65535: none is above it')
})

t.test(
  'what the target did not do when it was asked is the reason of those who need it',
  async t => {
    const known = { ...facts(), unmet: { '5.0': { 'qos-1': 'because it failed' } } }
    t.equal(notApplicable(kase([publish(1)]), known), 'because it failed')
    t.equal(notApplicable(kase([publish(0)]), known), undefined)
  },
)

t.test('with a prefix, a case with topics of its own outside of it is not asked', async t => {
  const prefixed = facts()
  Object.assign(prefixed.target.profile, { topicPrefix: 'mine/' })
  t.match(
    notApplicable(kase([publish(0)]), prefixed),
    /its topic a is outside of the prefix mine\//,
  )
  const topic = { kind: 'ref', name: 'topic', place }
  const inside = { verb: 'publish', packet: { type: 'PUBLISH', fields: { topic }, place } }
  t.equal(notApplicable(kase([inside]), prefixed), undefined)
})
