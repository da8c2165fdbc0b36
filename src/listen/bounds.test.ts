import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import type { Packet } from '../model/packet.ts'
import type { CaseResult } from '../model/report.ts'
import { versions } from '../model/version.ts'
import { encode } from '../wire/codec.ts'
import { type ListenOptions, listen, programme } from './server.ts'

/*
 * What many clients of one listening may hold together: each is within its own bounds, and all of them are not.
 */

type Open = { port: number; strangers: string[]; results(): CaseResult[] }

async function open(t: Test, options: Partial<ListenOptions> = {}): Promise<Open> {
  const strangers: string[] = []
  const house = await listen({
    host: '127.0.0.1',
    port: 0,
    versions,
    pieces: programme,
    replay: (piece = '') => `mqttspec listen ${piece}`.trim(),
    onStranger: (_from, why) => strangers.push(why),
    ...options,
  })
  let results: CaseResult[] | undefined
  const close = () => {
    results ??= house.close()
    return results
  }
  t.teardown(() => void close())
  return { port: house.port, strangers, results: close }
}

type Client = {
  socket: net.Socket
  send(...packets: Packet[]): void
  /** Resolves with what was read by then when so many bytes have come. */
  read(bytes: number): Promise<Buffer>
  closed: Promise<unknown>
}

function dial(t: Test, port: number): Client {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  let all = Buffer.alloc(0)
  socket.on('data', chunk => {
    all = Buffer.concat([all, chunk])
    socket.emit('grew')
  })
  return {
    socket,
    closed: new Promise(resolve => socket.once('close', resolve)),
    send: (...packets) =>
      void socket.write(Buffer.concat(packets.map(packet => encode(packet, '3.1.1')))),
    read: async bytes => {
      while (all.length < bytes) await once(socket, 'grew')
      return all
    },
  }
}

/** A client that was let in. */
async function admitted(t: Test, port: number, clientId: string): Promise<Client> {
  const client = dial(t, port)
  client.send(connect(clientId))
  await client.read(4)
  return client
}

function connect(clientId: string): Packet {
  return {
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 4,
    clientId,
    clean: false,
    keepAliveS: 0,
    properties: {},
  }
}

/** A PUBLISH that announces so many bytes, and the first of them. */
function begun(ofBytes: number, bytes: number): Buffer {
  const length = [(ofBytes & 0x7f) | 0x80, ((ofBytes >> 7) & 0x7f) | 0x80, ofBytes >> 14]
  return Buffer.concat([Buffer.of(0x30, ...length, 0, 1, 0x61), Buffer.alloc(bytes, 0x78)])
}

t.test('packets that never end are bounded over all clients, oldest first', async t => {
  const house = await open(t, { unfinishedBytesMax: 400_000 })
  const first = await admitted(t, house.port, 'first')
  first.socket.write(begun(200_000, 90_000))
  const second = await admitted(t, house.port, 'second')
  second.socket.write(begun(200_000, 90_000))
  const third = await admitted(t, house.port, 'third')
  third.socket.write(begun(200_000, 150_000))
  await first.closed
  t.match(house.strangers, [/unfinished packets of 127\.0\.0\.1 hold more than/])
  const whole = await admitted(t, house.port, 'whole')
  whole.socket.write(begun(100_000, 100_000 - 3))
  whole.send({ type: 'PINGREQ' })
  t.same((await whole.read(6)).subarray(4), Buffer.of(0xd0, 0), 'one that ends is taken')
  const conduct = house.results().find(({ id }) => id.endsWith(':first'))
  const notes = conduct?.trace.flatMap(event => (event.kind === 'note' ? event.text : []))
  t.match(notes, [/the connection is reset: the unfinished packets/])
  t.match(conduct?.verdict, 'pass', 'it broke no rule of MQTT')
})

t.test('a CONNECT that never ends counts as well', async t => {
  const house = await open(t, { unfinishedBytesMax: 400_000 })
  const connect = Buffer.concat([Buffer.of(0x10, 0xc0, 0x9a, 0x0c), Buffer.alloc(60_000)])
  const clients = [1, 2, 3].map(() => dial(t, house.port))
  for (const { socket } of clients) socket.write(connect)
  await Promise.race(clients.map(({ closed }) => closed))
  t.match(house.strangers, [/unfinished packets of 127\.0\.0\.1/])
})

function publish(id: number, text: string, dup = false): Packet {
  const payload = Buffer.from(text)
  return { type: 'PUBLISH', topic: 'a', qos: 2, dup, retain: false, id, payload, properties: {} }
}

t.test('who begins the most and ends nothing is given up, and the others go on', async t => {
  const house = await open(t, { heldBytesMax: 1_000_000, pieces: [] })
  const greedy = await admitted(t, house.port, 'greedy')
  const modest = await admitted(t, house.port, 'modest')
  modest.send(publish(1, 'one'), publish(2, 'two'))
  await modest.read(4 + 8)
  for (let id = 1; id <= 2000; id++) greedy.send(publish(id, `number ${id}`))
  await greedy.closed
  t.match(house.strangers, [/is given up: what it began and did not end takes \d+ MiB/])
  const again = dial(t, house.port)
  again.send(connect('greedy'))
  t.same(await again.read(4), Buffer.of(0x20, 2, 0, 3), 'it is turned away from then on')
  modest.send({ type: 'PUBREL', id: 1, code: 0, properties: {} })
  t.same((await modest.read(4 + 8 + 4)).subarray(-4), Buffer.of(0x70, 2, 0, 1))
  const conducts = house.results().filter(({ id }) => id.includes('/conduct:'))
  t.match(conducts, [{ verdict: 'inconclusive', reason: /given up/ }, { verdict: 'pass' }])
})

t.test('a client has a thousand subscriptions', async t => {
  const house = await open(t)
  const client = await admitted(t, house.port, 'greedy')
  const how = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  const filters = Array.from({ length: 1002 }, (_, i) => ({ filter: `a/${i}`, ...how }))
  client.send({ type: 'SUBSCRIBE', id: 1, subscriptions: filters, properties: {} })
  const suback = await client.read(4 + 3 + 2 + 1002)
  t.same(suback.subarray(-3), Buffer.of(0, 0x80, 0x80))
  client.send({ type: 'SUBSCRIBE', id: 2, subscriptions: filters.slice(0, 1), properties: {} })
  const renewed = await client.read(suback.length + 5)
  t.same(renewed.subarray(-1), Buffer.of(0), 'one that it has is renewed')
})

t.test('where findings are left out, no later piece is said to have gone well', async t => {
  const pieces = ['qos2-undisturbed', 'qos1-undisturbed']
  const house = await open(t, { pieces: programme.filter(({ id }) => pieces.includes(id)) })
  const client = await admitted(t, house.port, 'wrong')
  for (let round = 0; round < 210; round++) client.send(publish(7, `round ${round}`))
  client.send({ type: 'PUBREL', id: 7, code: 0, properties: {} })
  client.send({ ...publish(8, 'later'), qos: 1 } as Packet, { type: 'PINGREQ' })
  for (let all = await client.read(4); all.at(-2) !== 0xd0; )
    all = await client.read(all.length + 1)
  const results = house.results()
  t.equal(results.flatMap(({ findings }) => findings).length, 200)
  const verdictOf = (piece: string) => results.find(({ id }) => id.includes(piece))?.verdict
  t.equal(verdictOf('qos2-undisturbed'), 'fail')
  t.equal(verdictOf('qos1-undisturbed'), 'inconclusive')
})
