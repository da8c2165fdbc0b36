import t from 'tap'
import type { Packet } from '../model/packet.ts'
import { encode } from '../wire/codec.ts'
import { Observer } from './observer.ts'

const mebibyte = 1024 * 1024
const connect = {
  type: 'CONNECT' as const,
  protocolName: 'MQTT',
  protocolLevel: 5,
  clientId: 'c',
  clean: true,
  keepAliveS: 60,
  properties: {},
} satisfies Packet
const connack: Packet = { type: 'CONNACK', sessionPresent: false, code: 0, properties: {} }

/** PUBLISH of 4,000,000 bytes, of which so many are said. */
function begun(bytes: number): Uint8Array {
  const said = new Uint8Array(bytes)
  said.set([0x30, 0x80, 0x92, 0xf4, 0x01, 0x00, 0x01, 0x74, 0x00])
  return said
}

function connected(observer: Observer, port: number, server = '10.0.0.1:1883') {
  const stream = observer.open({ client: `10.0.0.2:${port}`, server, fromTheStart: true })
  if (!stream) return undefined
  stream.onBytes('client', encode({ ...connect, clientId: `c${port}` }, '5.0'), 0)
  stream.onBytes('server', encode(connack, '5.0'), 0)
  return stream
}

t.test('of packets that do not end the longest is let go of once all take too much', t => {
  const observer = new Observer({ patienceMs: 1000 })
  // What is not whole takes the memory of the whole: 3.8 MiB each.
  const streams = Array.from({ length: 16 }, (_, i) => connected(observer, 1000 + i)!)
  for (const stream of streams) stream.onBytes('client', begun(3 * mebibyte), 0)
  t.equal(observer.unjudgedCount, 0, '61 MiB are held')
  connected(observer, 2000)!.onBytes('client', begun(3 * mebibyte), 0)
  t.equal(observer.unjudgedCount, 1)
  t.match(observer.unjudged[0]?.why, /not whole took more than 64 MiB/)
  // What was let go of counts no more, and neither does what is whole by now.
  streams[15]!.onBytes('client', new Uint8Array(4_000_005 - 3 * mebibyte), 0)
  connected(observer, 2001)!.onBytes('client', begun(3 * mebibyte), 0)
  t.equal(observer.unjudgedCount, 1)
  const [broker] = observer.brokers.values()
  t.equal([...broker!.clients.values()].filter(({ packets }) => packets === 3).length, 1)
  t.equal([...broker!.clients.values()].filter(({ found }) => found).length, 0)
  t.end()
})

t.test('of so many brokers no more are judged, and their connections are told', t => {
  const observer = new Observer({ patienceMs: 1000 })
  for (let i = 0; i < 70; i++) connected(observer, 1000 + i, `10.0.1.${i}:1883`)
  t.equal(observer.brokers.size, 64)
  t.equal(observer.unjudgedCount, 6)
  t.match(observer.unjudged[0]?.why, /64 brokers/)
  t.end()
})

t.test('what says nothing new of a session is not remembered however long it is', t => {
  const observer = new Observer({ patienceMs: 1000 })
  const stream = connected(observer, 1000)!
  const filter = 'x'.repeat(60_000)
  for (let id = 1; id < 60; id++) {
    const subscriptions = [
      {
        filter: `${filter}${id}`,
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      },
    ]
    stream.onBytes(
      'client',
      encode({ type: 'SUBSCRIBE', id, subscriptions, properties: {} }, '5.0'),
      0,
    )
    stream.onBytes('server', encode({ type: 'SUBACK', id, codes: [0], properties: {} }, '5.0'), 0)
  }
  const [broker] = observer.brokers.values()
  const [client] = broker!.clients.values()
  const held = client!.foundations.reduce(
    (sum, event) => sum + (event.kind === 'packet' ? event.bytes.buffer.byteLength : 0),
    0,
  )
  t.ok(held <= 64 * 1024, `${held} bytes are held`)
  t.ok(client!.foundations.length > 0)
  t.end()
})
