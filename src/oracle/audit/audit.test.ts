import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import { hex } from '../../model/text/hex.ts'
import type { TraceBody } from '../../model/trace.ts'
import { createAudit } from './audit.ts'

const on = { connection: 1, actor: 'bad' }

/** What is said of a CONNACK that refuses a CONNECT of that level. */
function said(protocolLevel: number): string[] {
  const connect: Packet = {
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel,
    clientId: 'c',
    clean: true,
    keepAliveS: 60,
    properties: {},
  }
  const refusal: Packet = { type: 'CONNACK', sessionPresent: false, code: 0x84, properties: {} }
  const bodies: TraceBody[] = [
    { kind: 'open', ...on, by: 'harness', version: '3.1.1' },
    { kind: 'packet', ...on, from: 'harness', packet: connect, bytes: hex`10 00` },
    { kind: 'packet', ...on, from: 'target', packet: refusal, bytes: hex`20 03 00 84 00` },
  ]
  const audit = createAudit({ target: 'broker' })
  return bodies.flatMap((body, seq) =>
    audit.observe({ ...body, seq, at: seq }).map(({ statement }) => statement),
  )
}

t.test('a level of no version may be refused in the form of any', async t => {
  t.same(said(6), [])
  t.ok(said(4).includes('3.1.1:MQTT-3.2.2-6'), 'but not one that is known')
})

t.test('what is said of a packet names who sent it, and which it was', async t => {
  const said = (bytes: Uint8Array, packet: Packet) => {
    const audit = createAudit({ target: 'broker' })
    audit.observe({ kind: 'open', ...on, by: 'harness', version: '3.1.1', seq: 0, at: 0 })
    const event = { kind: 'packet', ...on, from: 'target', packet, bytes, seq: 1, at: 1 } as const
    return audit.observe(event).map(({ message }) => message)
  }
  const message = {
    type: 'PUBLISH',
    topic: 't',
    payload: hex``,
    dup: false,
    qos: 0,
    retain: false,
  } as const
  const inTopic = hex`30 03 00 01 00`
  t.same(said(inTopic, { ...message, properties: {} }), [
    'The target sent PUBLISH: a string holds U+0000',
  ])
  const repeated = hex`38 03 00 01 74`
  t.same(
    said(repeated, { ...message, dup: true, properties: {} }),
    ['PUBLISH has DUP 1 at QoS 0'],
    'the packet is the subject already',
  )
})
