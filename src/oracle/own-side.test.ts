import t from 'tap'
import type { Packet, Properties } from '../model/packet.ts'
import type { Party, TraceBody, TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { encode } from '../wire/codec.ts'
import { DeclaredBreaches } from './declared-breaches.ts'
import { createOwnSide, reactionTo } from './own-side.ts'

const id = 1
const on = { connection: 1, actor: 'pub' }

/** The trace of one connection, with real bytes. `>` is ours. */
function traceOf(version: Version, target: TargetRole, packets: [Party, Packet][]): TraceEvent[] {
  const bodies: TraceBody[] = [
    { kind: 'open', ...on, by: target === 'broker' ? 'harness' : 'target', version },
    ...packets.map(
      ([from, packet]): TraceBody => ({
        kind: 'packet',
        ...on,
        from,
        packet,
        bytes: encode(packet, version),
      }),
    ),
  ]
  return bodies.map((body, seq) => ({ ...body, seq, at: seq }))
}

const connect: Packet = {
  type: 'CONNECT',
  protocolName: 'MQTT',
  protocolLevel: 5,
  clientId: 'c',
  clean: true,
  keepAliveS: 60,
  properties: {},
}
const connack = (properties = {}): Packet => ({
  type: 'CONNACK',
  sessionPresent: false,
  code: 0,
  properties,
})
const publish = (fields: Partial<Packet & { type: 'PUBLISH' }>): Packet => ({
  type: 'PUBLISH',
  topic: 't',
  qos: 1,
  dup: false,
  retain: false,
  id,
  payload: new Uint8Array(3),
  properties: {},
  ...fields,
})
const subscribe = (filter: string, properties = {}): Packet => ({
  type: 'SUBSCRIBE',
  id: 9,
  subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
  properties,
})

function broken(events: TraceEvent[], version: Version, target: TargetRole) {
  const own = createOwnSide({ target, version })
  return events.flatMap(event => own.observe(event))
}

t.test('our client keeps to every limit that CONNACK tells', async t => {
  const cases: [object, Packet, string][] = [
    [{ maximumQoS: 0 }, publish({}), '5.0:MQTT-3.2.2-11'],
    [{ retainAvailable: 0 }, publish({ retain: true }), '5.0:MQTT-3.2.2-14'],
    [{ maximumPacketSize: 10 }, publish({ payload: new Uint8Array(20) }), '5.0:MQTT-3.2.2-15'],
    [{}, publish({ properties: { topicAlias: 1 } }), '5.0:MQTT-3.2.2-18'],
    [{ topicAliasMaximum: 2 }, publish({ properties: { topicAlias: 3 } }), '5.0:MQTT-3.2.2-17'],
    [{ wildcardSubscriptionAvailable: 0 }, subscribe('a/#'), '5.0:§3.2.2.3.11'],
    [{ sharedSubscriptionAvailable: 0 }, subscribe('$share/g/a'), '5.0:§3.2.2.3.13'],
    [
      { subscriptionIdentifiersAvailable: 0 },
      subscribe('a', { subscriptionIdentifiers: [1] }),
      '5.0:§3.2.2.3.12',
    ],
  ]
  for (const [told, packet, statement] of cases) {
    const found = broken(
      traceOf('5.0', 'broker', [
        ['harness', connect],
        ['target', connack(told)],
        ['harness', packet],
      ]),
      '5.0',
      'broker',
    )
    t.same(
      found.map(one => one.statement),
      [statement],
      JSON.stringify(told),
    )
    t.ok(found[0]?.limit, 'it is a limit that was told')
  }
})

t.test('Receive Maximum counts what our client has in flight', async t => {
  const events = traceOf('5.0', 'broker', [
    ['harness', connect],
    ['target', connack({ receiveMaximum: 1 })],
    ['harness', publish({ id: 1 })],
    ['harness', publish({ id: 2, payload: new Uint8Array(4) })],
  ])
  t.same(
    broken(events, '5.0', 'broker').map(one => one.statement),
    ['5.0:MQTT-3.3.4-7'],
  )
})

t.test('our broker keeps to what CONNECT tells', async t => {
  const told: [Properties, Packet, string][] = [
    [{ maximumPacketSize: 10 }, publish({ payload: new Uint8Array(20) }), '5.0:MQTT-3.1.2-24'],
    [{}, publish({ properties: { topicAlias: 1 } }), '5.0:MQTT-3.1.2-27'],
    [
      { requestProblemInformation: 0 },
      { type: 'SUBACK', id: 9, codes: [0], properties: { reasonString: 'no' } },
      '5.0:MQTT-3.1.2-29',
    ],
    [
      {},
      { type: 'DISCONNECT', code: 0x8b, properties: { sessionExpiryInterval: 1 } },
      '5.0:MQTT-3.14.2-2',
    ],
  ]
  for (const [properties, packet, statement] of told) {
    const events = traceOf('5.0', 'client', [
      ['target', { ...connect, properties }],
      ['harness', connack()],
      ['target', subscribe('t')],
      ['harness', packet],
    ])
    t.match(
      broken(events, '5.0', 'client').map(one => one.statement),
      [statement],
      JSON.stringify(properties),
    )
    const isTold = statement !== '5.0:MQTT-3.14.2-2'
    t.equal(broken(events, '5.0', 'client')[0]?.limit !== undefined, isTold, statement)
  }
  const unasked = traceOf('5.0', 'client', [
    ['target', connect],
    ['harness', connack({ responseInformation: 'r' })],
  ])
  t.same(
    broken(unasked, '5.0', 'client').map(one => one.statement),
    ['5.0:MQTT-3.1.2-28'],
  )
})

t.test('bytes sent on purpose are judged as the packets they are', async t => {
  const [open, ...rest] = traceOf('3.1.1', 'broker', [
    ['harness', { ...connect, protocolLevel: 4 }],
  ])
  const raw: TraceEvent = {
    kind: 'bytes',
    ...on,
    from: 'harness',
    bytes: new Uint8Array([0x31, 0x03, 0x00, 0x01, 0x23]),
    why: 'raw',
    seq: 9,
    at: 9,
  }
  const own = createOwnSide({ target: 'broker', version: '3.1.1' })
  for (const event of [open!, ...rest]) own.observe(event)
  t.same(
    own.observe(raw).map(one => one.statement),
    ['3.1.1:MQTT-3.3.2-2'],
  )
  t.equal(own.brokenOn(1)?.statement, '3.1.1:MQTT-3.3.2-2')
})

t.test('a correct exchange and a cut break nothing', async t => {
  const events = traceOf('5.0', 'broker', [
    ['harness', connect],
    ['target', connack()],
    ['harness', publish({ qos: 2 })],
  ])
  const cut: TraceEvent = { kind: 'close', ...on, by: 'harness', how: 'rst', seq: 9, at: 9 }
  t.same(broken([...events, cut], '5.0', 'broker'), [])
})

t.test('a target may close on what a statement forbids, and on nothing else', async t => {
  const repeat = broken(
    traceOf('3.1.1', 'broker', [
      ['harness', { ...connect, protocolLevel: 4, clean: false }],
      ['target', connack()],
      ['harness', publish({ qos: 2 })],
      ['harness', publish({ qos: 2 })],
    ]),
    '3.1.1',
    'broker',
  )
  t.equal(repeat[0]?.statement, '3.1.1:MQTT-3.3.1-1')
  t.equal(reactionTo(repeat[0]!), 'may close')
  const unknown = broken(
    traceOf('5.0', 'broker', [
      ['harness', connect],
      ['target', connack()],
      ['harness', { type: 'PUBREL', id: 77, code: 0, properties: {} }],
    ]),
    '5.0',
    'broker',
  )
  t.equal(reactionTo(unknown[0]!), 'must not close', 'PUBCOMP 0x92 is the answer')
  const stray = broken(
    traceOf('5.0', 'client', [
      ['target', connect],
      ['harness', connack()],
      ['harness', { type: 'PUBACK', id: 77, code: 0, properties: {} }],
    ]),
    '5.0',
    'client',
  )
  t.equal(reactionTo(stray[0]!), 'should not close', 'nothing answers a PUBACK')
})

t.test('what is broken has to be declared, and what is declared has to come about', async t => {
  const place = { file: 'suites/x.yaml', line: 7, column: 9 }
  const step = (breaks: string[]) =>
    ({ kind: 'step', seq: 0, at: 0, index: 7, text: 'pub.send', place, breaks }) as never
  const [breach] = broken(traceOf('5.0', 'broker', [['harness', publish({})]]), '5.0', 'broker')
  const agreed = new DeclaredBreaches()
  agreed.begin(step(['5.0:MQTT-3.1.0-1']))
  t.ok(agreed.take([breach!]))
  t.same(agreed.mistakes(true), [])

  const other = new DeclaredBreaches()
  other.begin(step(['5.0:MQTT-3.3.1-1']))
  t.notOk(other.take([breach!]))
  other.note(breach!)
  const [undeclared, absent] = other.mistakes(true)
  t.match(undeclared?.message, /broke 5\.0:MQTT-3\.1\.0-1.*no `breaks` says so/)
  t.match(absent?.message, /`breaks: 5\.0:MQTT-3\.3\.1-1` did not come about/)
  t.same(absent?.place, place)
  t.equal(other.mistakes(false).length, 1, 'a case that ended early owes nothing')
})

t.test('a DISCONNECT that is malformed is none: what goes out behind it is no breach', async t => {
  const raw = (hex: string): TraceBody => ({
    kind: 'bytes',
    ...on,
    from: 'harness',
    bytes: Buffer.from(hex, 'hex'),
    why: 'raw',
  })
  const ping: Packet = { type: 'PINGREQ' }
  const pingreq: TraceBody = {
    kind: 'packet',
    ...on,
    from: 'harness',
    packet: ping,
    bytes: encode(ping, '3.1.1'),
  }
  const statementsBehind = (disconnect: string) => {
    const before = traceOf('3.1.1', 'broker', [
      ['harness', { ...connect, protocolLevel: 4 } as Packet],
      ['target', connack()],
    ])
    const after = [raw(disconnect), pingreq].map(
      (body, index) => ({ ...body, seq: before.length + index, at: 9 }) as TraceEvent,
    )
    const all = [...before, ...after]
    return broken(all, '3.1.1', 'broker').map(({ statement }) => statement)
  }
  t.same(statementsBehind('e00100'), ['3.1.1:§3.14'], 'a byte too many')
  t.same(statementsBehind('e000'), ['3.1.1:MQTT-3.14.4-2'], 'a right one')
})

t.test('behind a malformed CONNECT that was accepted nothing comes before CONNECT', async t => {
  const ping: Packet = { type: 'PINGREQ' }
  const willRetainWithoutWill = '100e00044d5154540522003c00000163'
  const bodies = (code: number): TraceBody[] => [
    { kind: 'open', ...on, by: 'harness', version: '5.0' },
    {
      kind: 'bytes',
      ...on,
      from: 'harness',
      bytes: Buffer.from(willRetainWithoutWill, 'hex'),
      why: 'raw',
    },
    ...[{ ...connack(), code } as Packet, ping].map(
      (packet): TraceBody => ({
        kind: 'packet',
        ...on,
        from: packet.type === 'PINGREQ' ? 'harness' : 'target',
        packet,
        bytes: encode(packet, '5.0'),
      }),
    ),
  ]
  const statements = (code: number) =>
    broken(
      bodies(code).map((body, seq) => ({ ...body, seq, at: seq }) as TraceEvent),
      '5.0',
      'broker',
    ).map(({ statement }) => statement)
  t.notOk(statements(0).includes('5.0:MQTT-3.1.0-1'), 'accepted')
  t.ok(statements(0x81).includes('5.0:MQTT-3.1.0-1'), 'refused')
})

t.test('a packet that a scenario loses was not read, whatever was answered behind it', async t => {
  const pubrec: Packet = { type: 'PUBREC', id, code: 0, properties: {} }
  const second = { connection: 2, actor: 'broker' }
  const first = { connection: 1, actor: 'broker' }
  const packet = (where: typeof first, from: Party, sent: Packet): TraceBody => ({
    kind: 'packet',
    ...where,
    from,
    packet: sent,
    bytes: encode(sent, '5.0'),
  })
  const kept = { ...connect, clean: false, properties: { sessionExpiryInterval: 60 } } as Packet
  const story = (lost: boolean): TraceEvent[] =>
    [
      { kind: 'open', ...first, by: 'target', version: '5.0' },
      packet(first, 'target', kept),
      packet(first, 'harness', connack()),
      packet(first, 'harness', publish({ qos: 2 })),
      packet(first, 'target', pubrec),
      packet(first, 'target', { type: 'PINGREQ' }),
      packet(first, 'harness', { type: 'PINGRESP' }),
      ...(lost
        ? [{ kind: 'fault', ...first, fault: { kind: 'lose', seq: 4, packet: 'PUBREC' } } as const]
        : []),
      { kind: 'close', ...first, by: 'harness', how: 'fin' },
      { kind: 'open', ...second, by: 'target', version: '5.0' },
      packet(second, 'target', kept),
      packet(second, 'harness', { ...connack(), sessionPresent: true } as Packet),
      packet(second, 'harness', publish({ qos: 2, dup: true })),
    ].map((body, seq) => ({ ...(body as TraceBody), seq, at: seq }))
  t.same(
    broken(story(false), '5.0', 'client').map(({ statement }) => statement),
    ['5.0:MQTT-4.3.3-4'],
  )
  t.same(broken(story(true), '5.0', 'client'), [])
})
