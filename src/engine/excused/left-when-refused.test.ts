import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { leftWhenRefused } from './left-when-refused.ts'

const bytes = new Uint8Array()

function story(...packets: ['harness' | 'target', Packet][]): TraceEvent[] {
  return packets.map(([from, packet], seq) => ({
    kind: 'packet',
    connection: 1,
    actor: 'broker',
    from,
    packet,
    bytes,
    seq,
    at: seq,
  }))
}

const pubrec = (code: number): Packet => ({ type: 'PUBREC', id: 1, code, properties: {} })
const pubcomp = (code: number): Packet => ({ type: 'PUBCOMP', id: 1, code, properties: {} })
const suback = (code: number): Packet => ({ type: 'SUBACK', id: 1, codes: [code], properties: {} })
const puback: Packet = { type: 'PUBACK', id: 9, code: 0, properties: {} }
const disconnect: Packet = { type: 'DISCONNECT', code: 0x80, properties: {} }

t.test('a client may leave where it is refused', async t => {
  t.ok(leftWhenRefused(story(['harness', pubrec(0x83)], ['target', disconnect]), 1))
  t.ok(leftWhenRefused(story(['harness', pubcomp(0x92)], ['target', disconnect]), 1))
  t.ok(leftWhenRefused(story(['harness', suback(0xa1)], ['target', { type: 'PINGREQ' }]), 1))
})

t.test('not where nothing was refused, it went on, or it was another connection', async t => {
  t.notOk(leftWhenRefused(story(['harness', pubrec(0)], ['target', disconnect]), 1))
  t.notOk(leftWhenRefused(story(['harness', pubrec(0x83)], ['target', puback]), 1))
  t.notOk(leftWhenRefused(story(['harness', pubrec(0x83)]), 2))
})
