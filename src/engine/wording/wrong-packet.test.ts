import t from 'tap'
import { ackOf } from '../../../fixtures/testing/reports/build.ts'
import { offence } from './offence.ts'
import { packetText } from './packet-text.ts'
import { wrongPacket } from './wrong-packet.ts'

t.test('what was wrong with what we sent is what the title says', async t => {
  const said = (title: string) => offence(title)
  t.equal(
    said('A PUBACK with a byte behind its last field should end the connection'),
    'a PUBACK with a byte behind its last field',
  )
  t.equal(said('Wrong reserved flags end the connection'), 'wrong reserved flags')
  t.equal(said('A topic with U+0000 also ends the connection'), 'a topic with U+0000')
  t.equal(said('A CONNECT with Will QoS 3 is refused'), 'a CONNECT with Will QoS 3')
  t.equal(said('After DISCONNECT a kept session is resumed'), undefined)
})

t.test('a target that goes on is told with what should have ended the connection', async t => {
  const due = { type: 'closed', text: 'the end of the connection' }
  t.equal(
    wrongPacket(ackOf('PUBACK', 99), [], { ...due, offence: 'a CONNACK that is cut off' }),
    'The target went on after a CONNACK that is cut off; it sent PUBACK id 99',
  )
  t.equal(
    wrongPacket(ackOf('PUBACK', 99), [], due),
    'The target sent PUBACK id 99; the end of the connection was due',
  )
})

t.test('an UNSUBACK of 3.1.1 has no codes to tell', async t => {
  const unsuback = { type: 'UNSUBACK', id: 7, codes: [], properties: {} } as const
  t.equal(packetText({ ...unsuback, codes: [] }), 'UNSUBACK id 7')
})
