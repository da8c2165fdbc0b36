import t from 'tap'
import type { Packet, Publish } from '../packet.ts'
import { describePacket, describePayload } from './describe.ts'

const publish: Publish = {
  type: 'PUBLISH',
  topic: 'a/b',
  qos: 2,
  dup: true,
  retain: false,
  id: 7,
  payload: Buffer.from('once'),
  properties: {},
}

t.test('a packet is one line that begins with its type', async t => {
  t.equal(describePacket(publish), 'PUBLISH id 7 QoS 2 DUP a/b "once"')
  const ack: Packet = { type: 'PUBREC', id: 7, code: 0x92, properties: { reasonString: 'why' } }
  t.equal(describePacket(ack), 'PUBREC id 7 code 0x92 reasonString="why"')
  t.equal(describePacket({ type: 'PINGREQ' }), 'PINGREQ')
  t.equal(
    describePacket({ type: 'SUBACK', id: 1, codes: [2, 0x80], properties: {} }),
    'SUBACK id 1 0x02 0x80',
  )
})

t.test('a payload is quoted where it is text and hex where it is not', async t => {
  t.equal(describePayload(Buffer.from('a"b\n')), '"a\\"b\\n"')
  t.equal(describePayload(Uint8Array.of(0xc0, 0x80)), 'hex c080')
})

t.test('a large payload is cut, between characters, and its size told', async t => {
  const text = `${'x'.repeat(31)}ü${'y'.repeat(100)}`
  t.equal(describePayload(Buffer.from(text)), `"${'x'.repeat(31)}"... (133 bytes)`)
})
