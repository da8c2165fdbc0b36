import t from 'tap'
import { limitValue, limitValues, originOf } from './limits.ts'
import { loadSuites } from './loading/load.ts'

t.test(
  'a limit is what CONNACK told, or what the standard says where it tells nothing',
  async t => {
    t.same(limitValue('receiveMaximum', { receiveMaximum: 7 }), { value: 7 })
    t.same(limitValue('aboveReceiveMaximum', { receiveMaximum: 7 }), { value: 8 })
    t.same(limitValue('receiveMaximum', {}), { value: 65_535 })
    t.same(limitValue('topicAliasMaximum', {}), { value: 0 })
    t.same(limitValue('aboveMaximumQos', { maximumQoS: 1 }), { value: 2 })
    t.equal(limitValue('topic', {}), undefined)
  },
)

t.test('a limit that cannot be had says why', async t => {
  const why = (name: string, announced = {}) => limitValue(name, announced)
  t.same(why('aboveTopicAliasMaximum', { topicAliasMaximum: 65_535 }), {
    missing: 'Topic Alias Maximum is 65535: none is above it',
  })
  t.same(why('aboveReceiveMaximum'), {
    missing: 'Receive Maximum is 65535, since its CONNACK of 5.0 tells none: none is above it',
  })
  t.same(why('maximumPacketSize'), { missing: 'its CONNACK of 5.0 tells no Maximum Packet Size' })
  t.equal(originOf('maximumQoS', { maximumQoS: 1 }), 'its CONNACK of 5.0 says Maximum QoS 1')
  t.notHas(limitValues({}), 'maximumPacketSize')
})

t.test('limits are of 5.0, and of brokers', async t => {
  const problems = (head: string) => {
    const text = [
      'suite: a\ntitle: A',
      head,
      '    steps:\n      - pub.connect: { properties: { topicAliasMaximum: $receiveMaximum } }',
      '      - fence: pub\n',
    ].join('\n')
    return loadSuites([{ path: 'a.yaml', text }])
  }
  const read = problems(
    'role: client\nscenarios:\n  - id: x\n    title: X\n    matrix: { version: [5.0] }',
  )
  t.same(read.problems, [])
  t.same(read.suites[0]?.cases[0]?.limits, ['receiveMaximum'])
  const both = problems('role: client\nscenarios:\n  - id: x\n    title: X').problems
  t.match(both, [
    { code: 'UNBOUND', message: '$receiveMaximum is of MQTT 5.0, and this runs in 3.1.1' },
  ])
})
