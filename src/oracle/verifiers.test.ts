import t from 'tap'
import type { Breach } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { createLedger } from './ledger/ledger.ts'
import { verifiers } from './verifiers.ts'
import { writtenTrace } from './written-trace.ts'

function breachesOf(
  name: string,
  args: { [name: string]: unknown },
  text: string,
  target: TargetRole,
  version: Version,
): Breach[] {
  const ledger = createLedger({ target, version })
  const trace = writtenTrace(version, target, text)
  for (const event of trace) ledger.observe(event)
  return verifiers[name]!.judge({ ledger, trace, args, version, target })
}

/** What a verifier says of a writtenTrace: the `expected` and `got` of each breach. */
function verify(
  name: string,
  args: { [name: string]: unknown },
  text: string,
  target: TargetRole = 'broker',
): string[] {
  const breaches = breachesOf(name, args, text, target, '3.1.1')
  return breaches.map(({ expected, got }) => `${expected}; ${got}`)
}

const scene = `
  1> CONNECT pub kept
  < CONNACK
  2> CONNECT sub kept
  < CONNACK
  > SUBSCRIBE 1 t:2
  < SUBACK 1 codes=2
`
const publish = (id: number, payload: string) => `
  1> PUBLISH ${id} q1 ${payload}
  < PUBACK ${id}
`
const got = (id: number, payload: string) => `
  2< PUBLISH ${id} q1 ${payload}
  > PUBACK ${id}
`
const none = `${scene}${publish(7, 'A')}`
const once = `${none}${got(1, 'A')}`
const twice = `${once}${got(2, 'A')}`
const exchange = (id: number) => `
  2< PUBLISH ${id} q2 A
  > PUBREC ${id}
  < PUBREL ${id}
  > PUBCOMP ${id}
`
/** At QoS 2, where nothing may come twice. */
const repeated = `${scene}
  1> PUBLISH 7 q2 A
  < PUBREC 7
  > PUBREL 7
  < PUBCOMP 7
  ${exchange(1)}${exchange(2)}`

const rows: [name: string, args: object, writtenTrace: string, says: string[]][] = [
  ['exactly-once', {}, none, ['once; never']],
  ['exactly-once', {}, once, []],
  ['exactly-once', {}, repeated, ['once; 2 times']],
  // QoS 1 may come more than once.
  ['exactly-once', {}, twice, []],
  ['exactly-once', { payload: 'A', to: 'sub' }, once, []],
  ['exactly-once', { payload: 'B' }, once, ['once; never']],
  ['exactly-once', { to: 'pub' }, once, ['once; never']],
  ['at-least-once', {}, none, ['once or more; never']],
  ['at-least-once', {}, twice, []],
  ['at-most-once', {}, none, []],
  ['at-most-once', {}, repeated, ['at most once; 2 times']],
  ['at-most-once', {}, twice, []],
  ['delivered', { payload: 'A' }, none, ['once or more; never']],
  ['delivered', { payload: 'A', to: 'sub', times: 2 }, twice, []],
  ['delivered', { payload: 'A', to: 'sub', times: 2 }, once, ['2 times; once']],
  ['delivered', { payload: 'A', min: 1, max: 2 }, twice, []],
  ['delivered', { payload: 'A', max: 1 }, repeated, ['at most once; 2 times']],
  ['not-delivered', { payload: 'A' }, none, []],
  ['not-delivered', { payload: 'A', to: 'sub' }, once, ['never; once']],
  ['not-delivered', { payload: 'A', to: 'pub' }, once, []],
  ['not-delivered', { payload: 'B' }, once, []],
  ['all-acknowledged', {}, none, []],
  ['all-acknowledged', {}, `${scene}1> PUBLISH 7 q1 A`, ['PUBACK; nothing that ends the exchange']],
]

for (const [name, args, text, says] of rows) {
  t.test(`${name} ${JSON.stringify(args)} says ${JSON.stringify(says)}`, async t => {
    t.same(verify(name, { ...args }, text), says)
  })
}

t.test('what came once too often breaks the rule of its QoS', async t => {
  const cited = (name: string, args: object, text: string, target: TargetRole = 'broker') =>
    breachesOf(name, { ...args }, text, target, '5.0').map(({ statement }) => statement)
  t.same(cited('not-delivered', { payload: 'A' }, once), ['5.0:§4.3.2'], 'at QoS 1')
  t.same(cited('exactly-once', {}, repeated), ['5.0:MQTT-4.3.3-10'], 'at QoS 2')
  const late = `${scene}1> PUBLISH 7 q1 A mei=1\n< PUBACK 7\nat 5000\n${got(1, 'A')}`
  t.same(cited('not-delivered', { payload: 'A' }, late), ['5.0:MQTT-3.3.2-5'], 'expired')
  t.same(cited('all-acknowledged', {}, `${scene}1> PUBLISH 7 q1 A`), ['5.0:MQTT-4.3.2-4'])
  const sent = '< CONNECT a kept\n> CONNACK\napp publish m1 q1 A\n< PUBLISH 1 q1 A\n'
  t.same(cited('all-acknowledged', {}, sent, 'client'), ['5.0:MQTT-4.4.0-1'], 'by who sends it')
})

/** What reached nobody's right hands as a retained message, and which rule says so in each version. */
const retained = (text: string) => `2< PUBLISH 9 q1 ${text} retain\n> PUBACK 9\n`
const given = (id: number, words: string) => `1> PUBLISH ${id} ${words}\n< PUBACK ${id}\n`
const retainedRows: [title: string, payload: string, text: string, cited: [string, string]][] = [
  [
    'not published as retained',
    'A',
    `${given(7, 'q1 A')}${retained('A')}`,
    ['3.3.1-12', '3.3.1-8'],
  ],
  ['empty', '', `${given(7, 'q1 retain')}${retained('')}`, ['3.3.1-11', '3.3.1-7']],
  [
    'removed by an empty one',
    'A',
    `${given(7, 'q1 A retain')}${given(8, 'q1 retain')}${retained('A')}`,
    ['3.3.1-10', '3.3.1-6'],
  ],
  [
    'replaced',
    'A',
    `${given(7, 'q1 A retain')}${given(8, 'q1 B retain')}${retained('A')}${given(9, 'q1 retain')}`,
    ['3.3.1-5', '3.3.1-5'],
  ],
  [
    'replaced at QoS 0',
    'A',
    `${given(7, 'q1 A retain')}1> PUBLISH q0 B retain\n${retained('A')}`,
    ['3.3.1-7', '3.3.1-5'],
  ],
  [
    'a will that is none',
    'W',
    `4> CONNECT ill fresh will=W\n< CONNACK\ncut 4\n${retained('W')}`,
    ['3.1.2-16', '3.1.2-14'],
  ],
]

t.test('what is retained against a rule breaks that rule', async t => {
  for (const [title, payload, text, [v3, v5]] of retainedRows) {
    for (const [version, id] of [
      ['3.1.1', v3],
      ['5.0', v5],
    ] as const) {
      const args = { payload, to: 'sub' }
      const found = breachesOf('not-delivered', args, `${scene}${text}`, 'broker', version)
      t.same(
        found.map(({ statement }) => statement),
        [`${version}:MQTT-${id}`],
        `${title}, ${version}`,
      )
    }
  }
})

t.test('a will is one too many by its own rules', async t => {
  const cited = (text: string) =>
    breachesOf('not-delivered', { payload: 'W' }, `${scene}${text}`, 'broker', '5.0').map(
      ({ statement }) => statement,
    )
  const will = '4> CONNECT ill kept will=W delay=2\n< CONNACK\n'
  t.same(
    cited(`${will}> DISCONNECT\ncut 4\n${got(1, 'W')}`),
    ['5.0:MQTT-3.14.4-3'],
    'taken back by DISCONNECT',
  )
  t.same(
    cited(`${will}cut 4\n5> CONNECT ill kept\n< CONNACK sp\n${got(1, 'W')}`),
    ['5.0:MQTT-3.1.3-9'],
    'its client was back in time',
  )
})

t.test('a message of a share that went on after a refusal', async t => {
  const shared = `
    1> CONNECT pub kept
    < CONNACK
    2> CONNECT one kept
    < CONNACK
    > SUBSCRIBE 1 $share/g/t:1
    < SUBACK 1 codes=1
    3> CONNECT two kept
    < CONNACK
    > SUBSCRIBE 1 $share/g/t:1
    < SUBACK 1 codes=1
    ${publish(7, 'A')}
    2< PUBLISH 1 q1 A
    `
  const cited = (text: string) =>
    breachesOf('not-delivered', { payload: 'A', to: 'two' }, text, 'broker', '5.0').map(
      ({ statement }) => statement,
    )
  const two = '\n3< PUBLISH 1 q1 A\n> PUBACK 1\n'
  t.same(cited(`${shared}> PUBACK 1 code=0x83${two}`), ['5.0:MQTT-4.8.2-6'])
  t.same(cited(`${shared}cut 2${two}`), ['5.0:MQTT-4.8.2-5'])
})

t.test('in-order compares first copies with the order of publication', async t => {
  const both = `${scene}${publish(7, 'A')}${publish(8, 'B')}`
  t.same(verify('in-order', {}, `${both}${got(1, 'A')}${got(2, 'B')}${got(1, 'A')}`), [])
  t.same(verify('in-order', { to: 'sub' }, `${both}${got(1, 'B')}${got(2, 'A')}`), [
    '"A", then "B"; "B", then "A"',
  ])
})

t.test('with a client under test the application is the receiver', async t => {
  const text = '< CONNECT a kept\n> CONNACK\n> PUBLISH 7 q1 A\n< PUBACK 7\n'
  t.same(verify('exactly-once', {}, `${text}app delivered A`, 'client'), [])
  t.same(verify('exactly-once', {}, text, 'client'), ['once; never'])
})

t.test('and what it publishes is received by us', async t => {
  const text = '< CONNECT a kept\n> CONNACK\napp publish m1 q1 A\n'
  t.same(verify('delivered', { payload: 'A' }, `${text}< PUBLISH 1 q1 A`, 'client'), [])
  t.same(verify('delivered', { payload: 'A' }, text, 'client'), ['once or more; never'])
})

t.test(
  'whose exchange ends with our acknowledgement, whatever its application is told',
  async t => {
    const connected = '< CONNECT a kept\n> CONNACK\napp publish m1 q1 A\napp publish m2 q2 B\n'
    const sent = `${connected}< PUBLISH 1 q1 A\n< PUBLISH 2 q2 B\n`
    t.same(verify('all-acknowledged', {}, sent, 'client'), [
      'PUBACK; nothing that ends the exchange',
      'PUBREC and PUBCOMP; nothing that ends the exchange',
    ])
    const ended = `${sent}> PUBACK 1\n> PUBREC 2\n< PUBREL 2\n> PUBCOMP 2\n`
    t.same(verify('all-acknowledged', {}, ended, 'client'), [])
  },
)

t.test('and nothing more is demanded once its library has refused it', async t => {
  const asked = '< CONNECT a kept\n> CONNACK\napp publish m1 q2 A\n'
  const refused = `${asked}app published m1 failed\n`
  t.same(verify('exactly-once', {}, asked, 'client'), ['once; never'])
  t.same(verify('exactly-once', {}, refused, 'client'), [])
  t.same(verify('all-acknowledged', {}, refused, 'client'), [])
  const twice = `${refused}< PUBLISH 1 q2 A\n< PUBREL 1\n< PUBLISH 2 q2 A\n`
  t.same(verify('exactly-once', {}, twice, 'client'), ['once; 2 times'])
})

t.test('a message that a long case let go of still counts once', async t => {
  let text = scene
  for (let index = 0; index < 4200; index++) {
    text += publish(1 + (index % 1000), `M${index}`) + got(1 + (index % 1000), `M${index}`)
  }
  t.same(verify('delivered', { payload: 'M0', times: 1 }, text), [])
  t.same(verify('delivered', { payload: 'M0', times: 2 }, text), ['2 times; once'])
  t.same(verify('not-delivered', { payload: 'M0' }, text), ['never; once'])
  const ledger = createLedger({ target: 'broker', version: '3.1.1' })
  for (const event of writtenTrace('3.1.1', 'broker', text)) ledger.observe(event)
  t.ok(ledger.messages().length < 4200, `${ledger.messages().length} are kept`)
})

t.test('every verifier and argument has a title of one line', async t => {
  for (const { title, args } of Object.values(verifiers)) {
    for (const text of [title, ...Object.values(args).map(arg => arg.title)]) {
      t.ok(text.length > 10 && !text.includes('\n'), text)
    }
  }
})

t.test(
  'a delivery too many cites the rule of its level, or why it should not have come',
  async t => {
    const cited = (text: string, version: '3.1.1' | '5.0' = '5.0') => {
      const ledger = createLedger({ target: 'broker', version })
      const trace = writtenTrace(version, 'broker', text)
      for (const event of trace) ledger.observe(event)
      const args = { payload: 'A', to: 'sub' }
      const input = { ledger, trace, args, version, target: 'broker' } as const
      return verifiers['not-delivered']!.judge(input).map(({ statement }) => statement)
    }
    t.same(cited(once), ['5.0:§4.3.2'], 'QoS 1')
    t.same(cited(repeated), ['5.0:MQTT-4.3.3-10'], 'QoS 2')
    t.same(cited(repeated, '3.1.1'), ['3.1.1:MQTT-4.3.3-2'])
    const expired = `${scene}
    1> PUBLISH 7 q1 A mei=1
    < PUBACK 7
    at 3000
    ${got(1, 'A')}`
    t.same(cited(expired), ['5.0:MQTT-3.3.2-5'], 'expired')
  },
)
