import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Packet } from '../model/packet.ts'
import type { Party, TraceEvent } from '../model/trace.ts'
import { encode } from '../wire/codec.ts'
import { createJudges } from './judges.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const connect: Packet = {
  type: 'CONNECT',
  protocolName: 'MQTT',
  protocolLevel: 5,
  clean: true,
  keepAliveS: 0,
  clientId: 'one',
  properties: {},
}

const messages = 100

/** How many payloads judges hold when so many messages have passed by them. */
async function heldBehind(target: 'broker' | 'client', from: Party, qos: 0 | 1 | 2) {
  const judges = createJudges({ target, version: '5.0' })
  const on = { connection: 1, actor: 'one' } as const
  let seq = 0
  const observe = (by: Party, packet: Packet) => {
    const bytes = encode(packet, '5.0')
    const event: TraceEvent = {
      kind: 'packet',
      seq: seq++,
      at: seq,
      ...on,
      from: by,
      packet,
      bytes,
    }
    judges.observe(event)
  }
  const [client, server]: Party[] =
    target === 'broker' ? ['harness', 'target'] : ['target', 'harness']
  judges.observe({ kind: 'open', seq: seq++, at: 0, ...on, by: client!, version: '5.0' })
  const properties = {}
  observe(client!, connect)
  observe(server!, { type: 'CONNACK', sessionPresent: false, code: 0, properties })
  const payloads: WeakRef<Uint8Array>[] = []
  const other = from === 'target' ? 'harness' : 'target'
  for (let i = 0; i < messages; i++) {
    const id = (i % 1000) + 1
    const payload = new Uint8Array(64).fill(i)
    payloads.push(new WeakRef(payload))
    const common = { topic: 'a', dup: false, retain: false, payload, properties }
    observe(from, { type: 'PUBLISH', qos, ...(qos > 0 ? { id } : {}), ...common } as Packet)
    if (qos === 1) observe(other, { type: 'PUBACK', id, code: 0, properties })
    if (qos < 2) continue
    observe(other, { type: 'PUBREC', id, code: 0, properties })
    observe(from, { type: 'PUBREL', id, code: 0, properties })
    observe(other, { type: 'PUBCOMP', id, code: 0, properties })
  }
  // What a turn has looked at stays until its end.
  await new Promise(resolve => setImmediate(resolve))
  collect()
  const held = payloads.filter(one => one.deref() !== undefined).length
  judges.end()
  return held
}

t.test('judges hold no payload of messages that have passed', async t => {
  for (const target of ['broker', 'client'] as const) {
    for (const from of ['target', 'harness'] as const) {
      for (const qos of [0, 1, 2] as const) {
        const held = await heldBehind(target, from, qos)
        t.ok(held <= 2, `${target}, QoS ${qos} of the ${from}: ${held} of ${messages}`)
      }
    }
  }
})
