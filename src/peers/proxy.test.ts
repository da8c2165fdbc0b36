import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import type { Told } from '../faults/fault.ts'
import { anyFault, type ProxyFault } from '../faults/index.ts'
import type { Packet } from '../model/packet.ts'
import { createRandom } from '../model/random.ts'
import type { Side } from '../model/side.ts'
import type { TraceBody, TraceEvent } from '../model/trace.ts'
import { encode } from '../wire/codec.ts'
import { Relay, type Treatment } from './proxy.ts'

type Bench = {
  client: net.Socket
  broker: net.Socket
  proxy: Relay
  trace: TraceEvent[]
  passed: string[]
  /** Until this is true; asked again whenever the proxy has changed. */
  until(check: () => boolean): Promise<void>
}

const maxPacketBytes = 4 * 1024 * 1024

/** A proxy on real sockets, with both ends in hand. */
async function bench(
  t: Test,
  treat: (from: Side, packet: Packet, seq: number, bytes: Uint8Array) => Treatment = () => pass,
): Promise<Bench> {
  const [client, ours] = await pair(t)
  const [theirs, broker] = await pair(t)
  const trace: TraceEvent[] = []
  const passed: string[] = []
  const waiting = new Set<() => void>()
  const changed = () => {
    for (const look of waiting) look()
  }
  const proxy = new Relay({
    actor: 'proxy',
    client: ours,
    broker: theirs,
    numbers: { client: 1, broker: 2 },
    peers: { client: 'app', broker: 'behind' },
    version: '3.1.1',
    maxPacketBytes,
    recorder: {
      record(body: TraceBody) {
        const event = { ...body, seq: trace.length, at: trace.length } as TraceEvent
        trace.push(event)
        return event
      },
    },
    treat,
    onPassed: (from, packet) => void passed.push(`${from} ${packet.type}`),
    changed,
  })
  t.teardown(() => proxy.destroy())
  const until = (check: () => boolean) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (!check()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { client, broker, proxy, trace, passed, until }
}

const pass: Treatment = { writes: [{ as: 'packet' }] }

/** What the fault makes of packets of this type, or of all; others pass. */
const struckBy =
  (fault: ProxyFault, told: Told = {}, type?: string) =>
  (from: Side, packet: Packet, seq: number, bytes: Uint8Array): Treatment => {
    if (type !== undefined && packet.type !== type) return pass
    return anyFault[fault].proxy!.strike({ bytes, of: { packet: packet.type, from }, seq }, told)
  }

/** Two ends of one TCP connection. */
async function pair(t: Test): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  const dialed = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [[accepted]] = (await Promise.all([
    once(server, 'connection'),
    once(dialed, 'connect'),
  ])) as [[net.Socket], unknown]
  server.close()
  for (const socket of [dialed, accepted]) {
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
  }
  return [dialed, accepted]
}

/** So many bytes of the socket, or all until it ends. */
async function take(socket: net.Socket, count = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  return new Promise(resolve => {
    const done = () => {
      socket.removeListener('data', onData)
      socket.pause()
      resolve(Buffer.concat(parts))
    }
    const onData = (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length >= count) done()
    }
    socket.on('data', onData)
    for (const event of ['end', 'close']) socket.once(event, done)
    socket.resume()
    if (count <= 0) done()
  })
}

const publish = (payload: string, id = 7): Packet => ({
  type: 'PUBLISH',
  topic: 'a/b',
  qos: 2,
  dup: false,
  retain: false,
  id,
  payload: new TextEncoder().encode(payload),
  properties: {},
})
const ack = (type: 'PUBREC' | 'PUBREL' | 'PUBCOMP', id = 7): Packet => ({
  type,
  id,
  code: 0,
  properties: {},
})
const bytesOf = (...packets: Packet[]) =>
  Buffer.concat(packets.map(packet => encode(packet, '3.1.1')))

t.test('bytes pass unchanged in both directions, however they are cut into reads', async t => {
  const random = createRandom(4711)
  for (const from of ['client', 'broker'] as const) {
    const { client, broker } = await bench(t)
    const [speaks, hears] = from === 'client' ? [client, broker] : [broker, client]
    const packets = Array.from({ length: 200 }, (_, i) =>
      publish('x'.repeat(random.int(0, 3000)), i + 1),
    )
    const sent = bytesOf(...packets)
    const got = take(hears, sent.length)
    for (let at = 0; at < sent.length; ) {
      const size = random.int(1, 2000)
      speaks.write(sent.subarray(at, at + size))
      at += size
      if (random.int(0, 3) === 0) await new Promise(resolve => setImmediate(resolve))
    }
    t.equal(Buffer.compare(await got, sent), 0, `${sent.length} bytes from the ${from}`)
  }
})

t.test('a packet stands in the trace as it came and as it went', async t => {
  const { client, broker, trace } = await bench(t)
  client.write(bytesOf(publish('once')))
  await take(broker, 1)
  const seen = trace.flatMap(event =>
    event.kind === 'packet' ? [`${event.connection} ${event.from} ${event.packet.type}`] : [],
  )
  t.same(seen, ['1 target PUBLISH', '2 harness PUBLISH'])
  broker.write(bytesOf(ack('PUBREC')))
  await take(client, 4)
  const last = trace.at(-2)
  t.match(last, { kind: 'packet', connection: 2, from: 'upstream' })
})

t.test('garbage passes as garbage, and is named', async t => {
  const { client, broker, proxy, trace } = await bench(t)
  // Type 0 is reserved: from there on the stream cannot be cut into packets.
  const garbage = Buffer.from('00 01 02 03 ff ff ff ff ff'.replaceAll(' ', ''), 'hex')
  const sent = Buffer.concat([bytesOf(publish('once')), garbage])
  const got = take(broker, sent.length + 3)
  client.write(sent)
  client.write(Buffer.from('abc'))
  t.equal(Buffer.compare(await got, Buffer.concat([sent, Buffer.from('abc')])), 0)
  t.equal(proxy.broken.client, 'packet type 0 is reserved')
  t.ok(trace.some(event => event.kind === 'bytes' && event.why === 'garbage'))
})

t.test('a packet that cannot be decoded passes as it came, and is named', async t => {
  const { client, broker, proxy } = await bench(t)
  const sent = Buffer.from('500101' + '5002000a', 'hex')
  const got = take(broker, sent.length)
  client.write(sent)
  t.equal(Buffer.compare(await got, sent), 0)
  t.ok(proxy.broken.client)
})

t.test('one side may close its half and still listen', async t => {
  const { client, broker, proxy, trace } = await bench(t)
  client.end(bytesOf(publish('once')))
  t.same(await take(broker), bytesOf(publish('once')), 'all of it, then FIN')
  broker.end(bytesOf(ack('PUBREC')))
  t.same(await take(client), bytesOf(ack('PUBREC')))
  t.same(proxy.endings.client, { by: 'them', how: 'fin' })
  const closes = trace.flatMap(event => (event.kind === 'close' ? [event.by] : []))
  t.same(closes, ['target', 'harness'])
})

t.test('part of a packet passes before FIN', async t => {
  const { client, broker } = await bench(t)
  const part = bytesOf(publish('once')).subarray(0, 9)
  client.end(part)
  t.same(await take(broker), part)
})

t.test('a reset passes as a reset', async t => {
  const { client, broker, proxy, until } = await bench(t)
  const reset = once(broker, 'error')
  broker.resume()
  client.resetAndDestroy()
  await until(() => proxy.endings.broker !== undefined)
  const [error] = (await reset) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET')
})

t.test('a side that does not read makes the other wait, in bounded memory', async t => {
  const { client, broker, proxy } = await bench(t)
  const one = bytesOf(publish('x'.repeat(60_000)))
  const count = 600
  let most = 0
  let written = 0
  const blocked = new Promise<void>(resolve => {
    const next = () => {
      most = Math.max(most, proxy.waitingBytes)
      if (written === count) return resolve()
      written += 1
      if (client.write(one)) return setImmediate(next)
      // Full: whoever waits is either drained soon, or the whole way is blocked.
      const stuck = setTimeout(() => {
        client.removeListener('drain', onDrain)
        resolve()
      }, 400)
      const onDrain = () => {
        clearTimeout(stuck)
        next()
      }
      client.once('drain', onDrain)
    }
    next()
  })
  await blocked
  t.ok(written < count, `blocked after ${written} of ${count} packets`)
  t.ok(most < 2 * 1024 * 1024, `${most} bytes waited in the proxy`)
  const all = take(broker, one.length * written)
  t.equal((await all).length, one.length * written, 'nothing is lost when it reads again')
})

t.test('what is held is bounded too', async t => {
  const { client, proxy, until } = await bench(t, struckBy('hold'))
  const one = bytesOf(publish('x'.repeat(100_000)))
  for (let i = 0; i < 100; i++) client.write(one)
  await until(() => proxy.waitingBytes > 1024 * 1024)
  const before = proxy.waitingBytes
  await new Promise(resolve => setImmediate(resolve))
  t.ok(before < 1024 * 1024 + 200_000, `${before} bytes`)
})

t.test('a stalled side is not read, and read again', async t => {
  const { client, broker, proxy, passed } = await bench(t)
  proxy.stall('client')
  client.write(bytesOf(publish('once')))
  broker.write(bytesOf(ack('PUBREC')))
  await take(client, 4)
  t.same(passed, ['broker PUBREC'])
  proxy.resume('client')
  await take(broker, 1)
  t.same(passed, ['broker PUBREC', 'client PUBLISH'])
})

/** What the broker gets of three packets, of which one type is struck. */
async function through(t: Test, type: string, fault: ProxyFault, told: Told = {}): Promise<Buffer> {
  const { client, broker } = await bench(t, struckBy(fault, told, type))
  client.end(bytesOf(publish('a', 1), ack('PUBREL', 2), ack('PUBCOMP', 3)))
  return take(broker)
}

t.test('faults', async t => {
  const [a, b, c] = [publish('a', 1), ack('PUBREL', 2), ack('PUBCOMP', 3)]
  t.same(await through(t, 'PUBREL', 'lose'), bytesOf(a, c))
  t.same(await through(t, 'PUBREL', 'duplicate', { copies: 3 }), bytesOf(a, b, b, b, c))
  t.same(await through(t, 'PUBLISH', 'reorder', { behind: 1 }), bytesOf(b, a, c))
  t.same(await through(t, 'PUBLISH', 'reorder', { behind: 2 }), bytesOf(b, c, a))
  t.same(await through(t, 'PUBCOMP', 'reorder', { behind: 9 }), bytesOf(a, b, c), 'before FIN')
  t.same(await through(t, 'PUBLISH', 'split'), bytesOf(a, b, c))
  t.same(await through(t, 'PUBREL', 'delay', { ms: 60_000 }), bytesOf(a, c, b), 'before FIN')
  t.same(
    await through(t, 'PUBREL', 'truncate', { keep: 2 }),
    Buffer.concat([bytesOf(a), bytesOf(b).subarray(0, 2), bytesOf(c)]),
  )
})

t.test('what is late is overtaken, and comes', async t => {
  const { client, broker } = await bench(t, struckBy('delay', { ms: 20 }, 'PUBREL'))
  const got = take(broker, 8)
  client.write(bytesOf(ack('PUBREL', 2), ack('PUBCOMP', 3)))
  t.same(await got, bytesOf(ack('PUBCOMP', 3), ack('PUBREL', 2)))
})

t.test('what is held comes in its order when it is released', async t => {
  const { client, broker, proxy, until } = await bench(t, struckBy('hold', {}, 'PUBREL'))
  client.write(bytesOf(ack('PUBREL', 1), ack('PUBREL', 2), ack('PUBCOMP', 3)))
  t.same(await take(broker, 4), bytesOf(ack('PUBCOMP', 3)))
  await until(() => proxy.waitingBytes >= 8)
  proxy.release('client')
  t.same(await take(broker, 8), bytesOf(ack('PUBREL', 1), ack('PUBREL', 2)))
})

t.test('a cut at a packet ends both sides, or one', async t => {
  for (const side of ['both', 'client', 'broker'] as const) {
    const { client, broker, proxy } = await bench(t, () => ({
      writes: [],
      cut: { how: 'fin', side },
    }))
    client.write(bytesOf(publish('once'), ack('PUBREL')))
    if (side !== 'broker') t.equal((await take(client)).length, 0)
    if (side !== 'client') t.equal((await take(broker)).length, 0, 'nothing behind it passes')
    t.same(Object.keys(proxy.endings).sort(), side === 'both' ? ['broker', 'client'] : [side])
  }
})

t.test('a cut comes after so many bytes, in the midst of a packet', async t => {
  const { client, broker, proxy, trace } = await bench(t)
  let struck = 0
  const first = bytesOf(publish('once'))
  proxy.cutAfter('client', first.length + 3, { how: 'fin', side: 'both' }, () => {
    struck += 1
  })
  client.write(bytesOf(publish('once'), ack('PUBREL'), ack('PUBREL', 8)))
  t.same(await take(broker), Buffer.concat([first, bytesOf(ack('PUBREL')).subarray(0, 3)]))
  t.equal(struck, 1)
  t.ok(trace.some(event => event.kind === 'bytes' && event.why === 'partial'))
})

t.test('the client can be told what the broker knows nothing of', async t => {
  const { client, broker, proxy } = await bench(t)
  proxy.inject(publish('fence'))
  await take(client, 1)
  client.end()
  t.equal((await take(broker)).length, 0)
})
