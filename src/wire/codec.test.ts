import assert from 'node:assert/strict'
import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import t from 'tap'
import { legalPacket, sideOf } from '../../fixtures/testing/packets/legal-packet.ts'
import type { Packet, Properties, Publish } from '../model/packet.ts'
import { hex, toHex } from '../model/text/hex.ts'
import { wireText } from '../model/text/wire-text.ts'
import { type Version, versions } from '../model/version.ts'
import { audit } from '../oracle/audit/packet-form.ts'
import { decode, encode, type Wrong } from './codec.ts'

const publish: Publish = {
  type: 'PUBLISH',
  topic: 'a/b',
  qos: 2,
  dup: false,
  retain: false,
  id: 7,
  payload: hex`68 69`,
  properties: {},
}

t.test('any legal packet comes back as it was, and the audit finds nothing', async t => {
  for (const version of versions) {
    const property = fc.property(legalPacket(version), packet => {
      const bytes = encode(packet, version)
      assert.deepStrictEqual(decode(bytes, version), packet)
      assert.deepStrictEqual(audit(bytes, { version, from: sideOf(packet) }), [])
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 150 }), version)
  }
})

t.test('mqtt-packet writes the same bytes', async t => {
  const settings = { protocolVersion: 5 }
  const same = (packet: Packet, theirs: object) => {
    const bytes = mqttPacket.generate(theirs as mqttPacket.Packet, settings)
    t.equal(toHex(encode(packet, '5.0')), toHex(bytes), packet.type)
  }
  same(
    { ...publish, retain: true, properties: { topicAlias: 3, contentType: 'ü' } },
    {
      cmd: 'publish',
      topic: 'a/b',
      qos: 2,
      retain: true,
      dup: false,
      messageId: 7,
      payload: Buffer.from('hi'),
      properties: { topicAlias: 3, contentType: 'ü' },
    },
  )
  same(
    {
      type: 'CONNECT',
      protocolName: 'MQTT',
      protocolLevel: 5,
      clientId: 'app',
      clean: false,
      keepAliveS: 60,
      will: {
        topic: 'w',
        payload: hex`00`,
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 9 },
      },
      username: 'u',
      password: hex`70`,
      properties: { sessionExpiryInterval: 4_294_967_295, receiveMaximum: 20 },
    },
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clientId: 'app',
      clean: false,
      keepalive: 60,
      will: {
        topic: 'w',
        payload: Buffer.of(0),
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 9 },
      },
      username: 'u',
      password: Buffer.from('p'),
      properties: { sessionExpiryInterval: 4_294_967_295, receiveMaximum: 20 },
    },
  )
  same(
    {
      type: 'SUBSCRIBE',
      id: 1,
      subscriptions: [
        { filter: 'a/#', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
      ],
      properties: { subscriptionIdentifiers: [145] },
    },
    {
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 'a/#', qos: 2, nl: true, rap: true, rh: 2 }],
      properties: { subscriptionIdentifier: 145 },
    },
  )
})

t.test('what mqtt-packet would lose stays', async t => {
  const properties: Properties = {
    userProperties: [
      ['b', '1'],
      ['2', '2'],
      ['b', '3'],
      ['__proto__', '4'],
    ],
    payloadFormatIndicator: 2,
  }
  const packet = decode(encode({ ...publish, properties }, '5.0'), '5.0')
  t.strictSame(packet, { ...publish, properties })
})

t.test('legal forms that mqtt-packet refuses are read', async t => {
  t.strictSame(decode(hex`f0 00`, '5.0'), { type: 'AUTH', code: 0, properties: {} })
  t.strictSame(decode(hex`6a 02 00 07`, '3.1'), {
    type: 'PUBREL',
    id: 7,
    code: 0,
    properties: {},
  })
})

t.test('what is no packet decodes to undefined', async t => {
  const refused: [string, Uint8Array][] = [
    ['no bytes', hex``],
    ['packet type 0', hex`00 00`],
    ['an acknowledgement without identifier', hex`40 00`],
    ['half an identifier', hex`40 01 00`],
    ['QoS 3', hex`36 05 00 01 61 00 07`],
    ['a topic cut off', hex`30 03 00 05 61`],
    ['QoS 1 without identifier', hex`32 03 00 01 61`],
    ['two packets', hex`d0 00 d0 00`],
    ['CONNACK without code', hex`20 01 00`],
    ['a length that is not there', hex`40 04 00 07`],
    ['flags that are reserved', hex`41 02 00 07`],
  ]
  for (const [name, bytes] of refused) t.equal(decode(bytes, '3.1.1'), undefined, name)
  t.equal(decode(hex`30 06 00 01 61 02 24`, '5.0'), undefined, 'properties that run over')
})

t.test(
  'a decoder goes on after what it refused, and after a CONNECT of another version',
  async t => {
    const bytes = encode({ ...publish, properties: { topicAlias: 1 } }, '5.0')
    t.equal(decode(hex`36 05 00 01 61 00 07`, '5.0'), undefined)
    t.ok(decode(bytes, '5.0'))
    t.equal(decode(hex`10 0d 00 04 4d 51 54 54 04 02 00 3c 00 01 61`, '5.0')?.type, 'CONNECT')
    t.match(decode(bytes, '5.0'), { properties: { topicAlias: 1 } })
  },
)

t.test('no bytes make a decoder throw', async t => {
  const property = fc.property(
    fc.constantFrom(...versions),
    fc.integer({ min: 0, max: 255 }),
    fc.uint8Array({ maxLength: 100 }),
    (version, first, body) => {
      decode(body, version)
      decode(Uint8Array.of(first, body.length, ...body), version)
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1500 }))
})

t.test('packets may be wrong in any field', async t => {
  const { id: _, ...without } = publish
  const cases: [string, Packet, Version, string, Wrong?][] = [
    ['identifier 0', { ...publish, id: 0 }, '3.1.1', '3409 0003612f62 0000 6869'],
    ['no identifier at QoS 2', without, '3.1.1', '3407 0003612f62 6869'],
    ['an identifier at QoS 0', { ...publish, qos: 0 }, '3.1.1', '3009 0003612f62 0007 6869'],
    ['QoS 3', { ...publish, qos: 3 }, '3.1.1', '3609 0003612f62 0007 6869'],
    ['DUP at QoS 0', { ...without, qos: 0, dup: true }, '3.1.1', '3807 0003612f62 6869'],
    ['an empty topic', { ...publish, topic: '' }, '3.1.1', '3406 0000 0007 6869'],
    ['a wildcard', { ...publish, topic: '#' }, '3.1.1', '3407 000123 0007 6869'],
    ['U+0000', { ...publish, topic: '\0' }, '3.1.1', '3407 000100 0007 6869'],
    ['a surrogate', { ...publish, topic: '\ud800' }, '3.1.1', '3409 0003eda080 0007 6869'],
    ['single bytes', { ...publish, topic: '\udcc0\udc80' }, '3.1.1', '3408 0002c080 0007 6869'],
    [
      'a forbidden property',
      { ...publish, properties: { receiveMaximum: 1 } },
      '5.0',
      '340d 0003612f62 0007 03210001 6869',
    ],
    [
      'a property twice',
      { ...publish, properties: { topicAlias: [1, 2] } },
      '5.0',
      '3410 0003612f62 0007 06230001230002 6869',
    ],
    [
      'a property that is no UTF-8',
      { ...publish, properties: { contentType: hex`ff` } },
      '5.0',
      '340e 0003612f62 0007 04030001ff 6869',
    ],
    ['a wrong code', { type: 'PUBREC', id: 7, code: 1, properties: {} }, '5.0', '5003 0007 01'],
    [
      'no filters',
      { type: 'UNSUBSCRIBE', id: 1, filters: [], properties: {} },
      '5.0',
      'a203 0001 00',
    ],
    [
      'other flags',
      { type: 'PUBREL', id: 7, code: 0, properties: {} },
      '5.0',
      '6f02 0007',
      { flags: 15 },
    ],
    ['extra bytes', { type: 'PINGREQ' }, '3.1.1', 'c002 0102', { extra: hex`01 02` }],
    ['a padded length', { type: 'PINGREQ' }, '3.1.1', 'c0808000', { lengthBytes: 3 }],
    ['a fifth byte of length', { type: 'PINGREQ' }, '3.1.1', 'c08080808000', { lengthBytes: 5 }],
  ]
  for (const [name, packet, version, bytes, wrong] of cases) {
    t.equal(toHex(encode(packet, version, wrong)), bytes.replaceAll(' ', ''), name)
  }
})

t.test('another protocol name and level is written as given', async t => {
  const bytes = encode(
    {
      type: 'CONNECT',
      protocolName: 'mqtt',
      protocolLevel: 6,
      clientId: '',
      clean: false,
      keepAliveS: 0,
      properties: {},
    },
    '5.0',
  )
  t.equal(toHex(bytes), '100d00046d7174740600000000' + '0000')
})

t.test('what no bytes can say is an error', async t => {
  const long = 'x'.repeat(65_536)
  t.throws(() => encode({ ...publish, topic: long }, '3.1.1'), { name: 'RangeError' })
  t.throws(() => encode({ ...publish, properties: { colour: 1 } }, '5.0'), { name: 'RangeError' })
  t.equal(
    toHex(encode({ type: 'PINGREQ' }, '5.0')),
    'c000',
    'and the next packet is untouched by it',
  )
})

t.test('large payloads and many properties get lengths of more bytes', async t => {
  const payload = Buffer.alloc(3_000_000, 7)
  const properties: Properties = { userProperties: [['x', 'y'.repeat(200)]] }
  const decoded = decode(encode({ ...publish, payload, properties }, '5.0'), '5.0')
  if (decoded?.type !== 'PUBLISH') throw new Error('no PUBLISH came back')
  t.same(decoded.properties, properties)
  t.ok(payload.equals(decoded.payload))
})

t.test('text made of any bytes is written as those bytes', async t => {
  const property = fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
    const packet = encode({ ...publish, topic: wireText(bytes) }, '3.1.1')
    assert.equal(toHex(packet.subarray(4, 4 + bytes.length)), toHex(bytes))
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})
