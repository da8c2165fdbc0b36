import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { overrunLimit } from './receive-maximum-overrun.ts'

const bytes = new Uint8Array()

function story(...packets: ['harness' | 'target', Packet][]): TraceEvent[] {
  return packets.map(([from, packet], seq) => ({
    kind: 'packet',
    connection: 1,
    actor: 'pub',
    from,
    packet,
    bytes,
    seq,
    at: seq,
  }))
}

const connack: Packet = {
  type: 'CONNACK',
  sessionPresent: false,
  code: 0,
  properties: { receiveMaximum: 1 },
}
const tooMany: Packet = { type: 'DISCONNECT', code: 0x93, properties: {} }

function publish(id: number): Packet {
  return {
    type: 'PUBLISH',
    topic: 't',
    qos: 2,
    dup: false,
    retain: false,
    id,
    payload: bytes,
    properties: {},
  }
}

t.test('0x93 after more than Receive Maximum is owed to the scenario', async t => {
  const events = story(
    ['target', connack],
    ['harness', publish(1)],
    ['harness', publish(2)],
    ['target', tooMany],
  )
  t.equal(overrunLimit(events), 1)
})

t.test('0x93 within Receive Maximum is the fault of the target', async t => {
  const events = story(
    ['target', connack],
    ['harness', publish(1)],
    ['harness', publish(1)],
    ['target', { type: 'PUBREC', id: 1, code: 0, properties: {} }],
    ['target', { type: 'PUBCOMP', id: 1, code: 0, properties: {} }],
    ['harness', publish(2)],
    ['target', tooMany],
  )
  t.equal(overrunLimit(events), undefined)
})

t.test('an overrun that the target bears is no matter', async t => {
  const events = story(['target', connack], ['harness', publish(1)], ['harness', publish(2)])
  t.equal(overrunLimit(events), undefined)
})
