import net from 'node:net'
import t from 'tap'
import { brokerFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import type { Packet } from '../model/packet.ts'
import { decode, encode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { startWatching, type Watching } from './watch.ts'

type Tap = { teardown(stop: () => unknown): void }

async function watched(t: Tap, flaw?: string, patienceMs = 10_000): Promise<Watching> {
  const target = await brokerTarget('broker', () => (flaw ? brokerFlaw(flaw).apply({}) : {}))
  const watching = await startWatching({
    to: { host: '127.0.0.1', port: Number(new URL(target.address).port) },
    patienceMs,
  })
  t.teardown(async () => {
    await watching.finish()
    await target.stop()
  })
  return watching
}

/** A client as small as it can be: sends what it is told to, and waits for packets by type. */
async function client(port: number, id: string) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  const framer = createFramer({ maxPacketBytes: 100_000 })
  const came: Packet[] = []
  const waiting: (() => void)[] = []
  socket.on('data', chunk => {
    for (const { bytes } of framer.push(chunk)) {
      const packet = decode(bytes, '5.0')
      if (packet) came.push(packet)
    }
    for (const wake of waiting.splice(0)) wake()
  })
  const say = (packet: Packet) => void socket.write(encode(packet, '5.0'))
  const hear = async (type: Packet['type']) => {
    for (;;) {
      const at = came.findIndex(packet => packet.type === type)
      if (at >= 0) return came.splice(at, 1)[0]!
      await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
  say({
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 5,
    clientId: id,
    clean: true,
    keepAliveS: 60,
    properties: {},
  })
  await hear('CONNACK')
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  const leave = async () => {
    say({ type: 'DISCONNECT', code: 0, properties: {} })
    socket.end()
    await closed
  }
  return { say, hear, leave }
}

function publish(id: number): Packet {
  const payload = Buffer.from(`message ${id}`)
  return {
    type: 'PUBLISH',
    topic: 't',
    qos: 2,
    dup: false,
    retain: false,
    id,
    payload,
    properties: {},
  }
}

async function publishes(port: number, name: string, ids: number[]): Promise<void> {
  const { say, hear, leave } = await client(port, name)
  for (const id of ids) {
    say(publish(id))
    await hear('PUBREC')
    say({ type: 'PUBREL', id, code: 0, properties: {} })
    await hear('PUBCOMP')
  }
  await leave()
}

t.test('what passes is judged, and nothing is wrong with those that do nothing wrong', async t => {
  const watching = await watched(t)
  await publishes(watching.port, 'one', [1, 2, 1])
  await publishes(watching.port, 'two', [7])
  const { packets, connections, clients } = watching.numbers()
  t.match({ packets, connections, clients }, { connections: 2, clients: 2 })
  t.ok(packets >= 20, `${packets} packets`)
  const report = await watching.finish()
  t.equal(report.exitCode, 0)
  t.same(
    report.results.map(({ id, verdict }) => `${verdict} ${id}`),
    [
      'pass watch/broker:5.0:one',
      'pass watch/client:5.0:one',
      'pass watch/broker:5.0:two',
      'pass watch/client:5.0:two',
    ],
  )
})

t.test(
  'a flawed broker is found out while others use it, and a flawed client beside it',
  async t => {
    const watching = await watched(t, 'broker-acks-with-surplus-byte')
    await publishes(watching.port, 'good', [1])
    const bad = await client(watching.port, 'bad')
    bad.say({ type: 'PUBREL', id: 9, code: 0, properties: {} })
    await bad.hear('PUBCOMP')
    await bad.leave()
    const report = await watching.finish()
    t.equal(report.exitCode, 1)
    const failed = report.results.filter(one => one.verdict === 'fail').map(one => one.id)
    t.ok(failed.includes('watch/broker:5.0:good'), failed.join(', '))
    t.ok(failed.includes('watch/client:5.0:bad'), failed.join(', '))
    t.notOk(failed.includes('watch/client:5.0:good'))
    const broken = report.statements.filter(one => one.outcome === 'broken').map(one => one.id)
    t.notOk(
      broken.includes('5.0:MQTT-2.2.1-5'),
      'what a client breaks is not held against the broker',
    )
  },
)

t.test('memory stays bounded however much passes: judges are made anew', async t => {
  const watching = await watched(t)
  const { say, hear, leave } = await client(watching.port, 'busy')
  const before = process.memoryUsage().heapUsed
  for (let round = 0; round < 1300; round++) {
    for (let id = 1; id <= 10; id++) say(publish(id))
    for (let id = 1; id <= 10; id++) await hear('PUBREC')
    for (let id = 1; id <= 10; id++) say({ type: 'PUBREL', id, code: 0, properties: {} })
    for (let id = 1; id <= 10; id++) await hear('PUBCOMP')
  }
  await leave()
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024
  t.ok(grown < 150, `${Math.round(grown)} MiB for ${watching.numbers().packets} packets`)
  const report = await watching.finish()
  t.same(
    report.results.flatMap(one => one.findings),
    [],
    'a new chapter is no reason for a finding',
  )
  t.ok((report.results[0]?.trace.length ?? 0) < 1000, 'the trace is bounded')
})

t.test('clients that come while the broker is not there are dropped and counted', async t => {
  const free = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => free.once('listening', resolve))
  const { port } = free.address() as net.AddressInfo
  await new Promise(resolve => free.close(resolve))
  const watching = await startWatching({ to: { host: '127.0.0.1', port } })
  t.teardown(() => watching.finish())
  const socket = net.connect({ port: watching.port, host: '127.0.0.1' })
  await new Promise<void>(resolve => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
  })
  const report = await watching.finish()
  t.equal(report.exitCode, 4)
  t.match(report.problem, /1 clients came while the broker could not be reached/)
})
