import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import type { TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { manyOpenAtTheEnd } from './many-open.ts'

const bytes = new Uint8Array()
const on = { connection: 1, actor: 'pub' }

/** A server that ended the connection behind these packets. */
function endedBehind(
  packets: ['harness' | 'target', Packet][],
  { version = '3.1.1', by = 'target' }: { version?: Version; by?: 'target' | 'harness' } = {},
): TraceEvent[] {
  const events = [
    { kind: 'open', ...on, by: 'harness', version },
    ...packets.map(([from, packet]) => ({ kind: 'packet', ...on, from, packet, bytes })),
    { kind: 'close', ...on, by, how: 'fin' },
  ]
  return events.map((event, seq) => ({ ...event, seq, at: seq }) as TraceEvent)
}

function publishes(count: number, qos: 0 | 2 = 2): ['harness', Packet][] {
  return Array.from({ length: count }, (_, index) => [
    'harness',
    {
      type: 'PUBLISH',
      topic: 't',
      qos,
      dup: false,
      retain: false,
      ...(qos > 0 ? { id: index + 1 } : {}),
      payload: bytes,
      properties: {},
    } as Packet,
  ])
}

const pubcomp = (id: number): ['target', Packet] => [
  'target',
  { type: 'PUBCOMP', id, code: 0, properties: {} },
]

t.test(
  'a server of 3.1.1 that ends a connection with many open messages is at its limit',
  async t => {
    t.equal(manyOpenAtTheEnd(endedBehind(publishes(17)), 1), 17)
    t.equal(manyOpenAtTheEnd(endedBehind([...publishes(17), pubcomp(1)]), 1), 16)
  },
)

t.test('not with few, of QoS 0, in 5.0, where we ended it, or on another connection', async t => {
  t.equal(manyOpenAtTheEnd(endedBehind([...publishes(16), pubcomp(1)]), 1), undefined)
  t.equal(manyOpenAtTheEnd(endedBehind(publishes(40, 0)), 1), undefined)
  t.equal(manyOpenAtTheEnd(endedBehind(publishes(17), { version: '5.0' }), 1), undefined)
  t.equal(manyOpenAtTheEnd(endedBehind(publishes(17), { by: 'harness' }), 1), undefined)
  t.equal(manyOpenAtTheEnd(endedBehind(publishes(17)), 2), undefined)
})
