import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { createReferenceClient } from '../../fixtures/testing/peers/client.ts'
import type { Packet, Publish } from '../model/packet.ts'
import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import { type Version, versions } from '../model/version.ts'
import { statements } from '../standard/statements.ts'
import { decode, encode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { coversOf, piecesFor } from './exercises.ts'
import { type Listening, listen, programme } from './server.ts'

const patienceMs = 5000

/** What a listening told, and a way to wait for something in it. */
type Watched = Listening & {
  until(what: string, happened: (event: TraceEvent | undefined) => boolean): Promise<void>
}

async function listening(
  t: Test,
  options: {
    pieces?: string[]
    patienceMs?: number
    connectMs?: number
    transport?: 'tls'
  } = {},
): Promise<
  Watched & {
    strangers: string[]
    /** What was said of the pieces. */
    announced: string[]
    readonly findings: number
    /** Waits that rules about time demanded. */
    readonly waits: number
    results(): CaseResult[]
  }
> {
  const waiters = new Set<(event: TraceEvent | undefined) => void>()
  const strangers: string[] = []
  const announced: string[] = []
  const seen: TraceEvent[] = []
  let findings = 0
  let waits = 0
  const house = await listen({
    host: '127.0.0.1',
    port: 0,
    versions,
    patienceMs,
    replay: (piece = '') => `mqttspec listen ${piece}`.trim(),
    ...options,
    pieces: programme.filter(({ id }) => options.pieces?.includes(id) ?? true),
    onEvent: (_client, event) => {
      seen.push(event)
      if (event.kind === 'wait') waits += 1
      for (const waiter of [...waiters]) waiter(event)
    },
    onFinding: () => {
      findings += 1
      for (const waiter of [...waiters]) waiter(undefined)
    },
    onPiece: (_client, text) => {
      announced.push(text)
      for (const waiter of [...waiters]) waiter(undefined)
    },
    onStranger: (_from, why) => strangers.push(why),
  })
  let results: CaseResult[] | undefined
  const close = () => {
    results ??= house.close()
    return results
  }
  t.teardown(() => void close())
  return {
    port: house.port,
    ca: house.ca,
    clients: () => house.clients(),
    close,
    results: close,
    strangers,
    announced,
    get waits() {
      return waits
    },
    get findings() {
      return findings
    },
    until: (what, happened) =>
      new Promise((resolve, reject) => {
        if (happened(undefined) || seen.some(happened)) return resolve()
        const timer = setTimeout(() => reject(new Error(`no ${what} in 8 s`)), 8000)
        const waiter = (event: TraceEvent | undefined) => {
          if (!happened(event)) return
          clearTimeout(timer)
          waiters.delete(waiter)
          resolve()
        }
        waiters.add(waiter)
      }),
  }
}

const sent = (type: Packet['type'], id?: number) => (event: TraceEvent | undefined) =>
  event?.kind === 'packet' &&
  event.from === 'harness' &&
  event.packet.type === type &&
  (id === undefined || ('id' in event.packet && event.packet.id === id))

function byId(results: CaseResult[], piece: string): CaseResult {
  const result = results.find(({ id }) => id.startsWith(`listen/${piece}:`))
  if (!result) throw new Error(`no case of ${piece}`)
  return result
}

t.test('each piece of the programme cites statements that exist and has its own id', async t => {
  t.equal(new Set(programme.map(({ id }) => id)).size, programme.length)
  for (const piece of programme) {
    for (const version of versions) {
      for (const ref of coversOf(piece, version)) t.ok(statements.has(ref), `${piece.id}: ${ref}`)
    }
  }
})

for (const version of versions) {
  t.test(`a correct client with ${version} passes all the programme has for it`, async t => {
    const house = await listening(t)
    const client = app(t, house.port, version)
    client.command({ do: 'subscribe', filter: 'in/+', qos: 2, tag: 's' })
    await house.until('last piece for a subscriber', lastInbound())
    for (const number of [1, 2]) await client.publish(`n${number}`, 1)
    let waits = 0
    for (let number = 1; waits < (version === '5.0' ? 2 : 1); number++) {
      await client.publish(`m${number}`, 2)
      const played = house.waits
      // Only silence is right for a second, after a refusal and after a lost session: the next message would be another piece's.
      if (silent(version, number)) {
        await house.until('a second of silence', () => house.waits > played)
        waits += 1
      }
    }
    const results = house.results()
    t.same(
      results.flatMap(({ id, verdict, reason }) => (verdict === 'pass' ? [] : [`${id} ${reason}`])),
      [],
    )
    t.equal(results.length, 1 + piecesFor(version, programme).length)
    t.equal(client.got.filter(text => text === 'mqttspec pubrec-lost').length, 1)
  })
}

/** Whether the client's so-many-th QoS 2 message meets a refusal or a lost session. */
function silent(version: Version, number: number): boolean {
  const own = piecesFor(version, programme).filter(({ by, qos }) => by === 'client' && qos === 2)
  const piece = own[number - 1]
  return piece?.strike?.how === 'refuse' || piece?.forgets === true
}

t.test('MQTT.js goes through the programme', async t => {
  const house = await listening(t, { pieces: ['pubrel-lost', 'pubcomp-held', 'pubcomp-lost'] })
  const client = mqttjs(t, house.port, 4)
  const got: string[] = []
  client.on('message', (_topic, payload) => got.push(payload.toString()))
  await client.subscribeAsync('in/+', { qos: 2 })
  await client.publishAsync('out', 'one', { qos: 2 })
  await client.publishAsync('out', 'two', { qos: 2 })
  await client.publishAsync('out', 'three', { qos: 2 })
  const results = house.results()
  t.same(
    results.map(({ id, verdict }) => `${id} ${verdict}`),
    [
      'listen/conduct:3.1.1:js4 pass',
      'listen/pubcomp-lost:3.1.1:js4 pass',
      'listen/pubrel-lost:3.1.1:js4 pass',
      'listen/pubcomp-held:3.1.1:js4 pass',
    ],
  )
  t.same(got, ['mqttspec pubcomp-lost'])
})

/** The reference client, with one application on it. */
function app(t: Test, port: number, version: Version) {
  const client = createReferenceClient({ reconnectMs: 1 })
  t.teardown(() => client.stop())
  const got: string[] = []
  const told = new Map<string, () => void>()
  client.onMessage(({ event, tag, payload }) => {
    if (event === 'delivered') got.push(String(payload))
    if (event === 'published') told.get(String(tag))?.()
  })
  const how = { session: 'kept', sessionExpiryS: 300, keepAliveS: 60, clientId: 'app' }
  const connect = () => client.command({ do: 'connect', host: '127.0.0.1', port, version, ...how })
  connect()
  return {
    /** Sleeps, and wakes for so long: connects, and says goodbye. */
    awake: async (ms: number) => {
      connect()
      await pass(ms)
      client.command({ do: 'disconnect' })
    },
    got,
    command: client.command,
    /** Resolves when the application is told, of success or failure. */
    publish: (payload: string, qos: number) =>
      new Promise<void>(resolve => {
        told.set(payload, resolve)
        client.command({ do: 'publish', topic: 'out', payload, qos, tag: payload })
      }),
  }
}

/** True once the exchange of the last piece for a subscriber is over. */
function lastInbound(): (event: TraceEvent | undefined) => boolean {
  let id = -1
  return event => {
    if (event?.kind !== 'packet') return false
    const { packet } = event
    if (packet.type === 'PUBLISH' && packet.dup && textOf(packet) === 'mqttspec publish-half') {
      id = packet.id ?? -1
    }
    return packet.type === 'PUBCOMP' && event.from === 'target' && packet.id === id
  }
}

function textOf({ payload }: Publish): string {
  return Buffer.from(payload).toString()
}

function mqttjs(t: Test, port: number, protocolVersion: 4 | 5): MqttClient {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port,
    protocolVersion,
    clientId: `js${protocolVersion}`,
    clean: false,
    reconnectPeriod: 1,
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 300 } } : {}),
  })
  client.on('error', () => undefined)
  t.teardown(() => client.endAsync(true))
  return client
}

t.test('a message goes from one client to another, at the lower QoS of the two', async t => {
  const house = await listening(t, { pieces: ['qos2-undisturbed'] })
  const reader = mqttjs(t, house.port, 4)
  await reader.subscribeAsync('a/+', { qos: 1 })
  const arrived = new Promise<[string, Buffer, { qos: number }]>(resolve =>
    reader.once('message', (topic, payload, packet) => resolve([topic, payload, packet])),
  )
  const writer = mqttjs(t, house.port, 5)
  await writer.publishAsync('a/b', 'hello', { qos: 2 })
  const [topic, payload, packet] = await arrived
  t.same([topic, payload.toString(), packet.qos], ['a/b', 'hello', 1])
  const cases = house.results().filter(({ verdict }) => verdict === 'pass')
  t.same(cases.map(({ id }) => id).sort(), [
    'listen/conduct:3.1.1:js4',
    'listen/conduct:5.0:js5',
    'listen/qos2-undisturbed:5.0:js5',
  ])
})

t.test('PUBLISH again without DUP is caught', async t => {
  const house = await listening(t, { pieces: ['publish-lost'] })
  const first = await device(t, house.port)
  first.send(message(1, false))
  await first.closed
  const second = await device(t, house.port)
  t.equal(second.sessionPresent, true)
  second.send(message(1, false))
  second.send(ack('PUBREL', 1))
  await house.until('PUBCOMP', sent('PUBCOMP', 1))
  const result = byId(house.results(), 'publish-lost')
  t.equal(result.verdict, 'fail')
  t.match(result.findings, [{ statement: '3.1.1:MQTT-3.3.1-1' }])
})

t.test('PUBLISH after PUBREL is caught', async t => {
  const house = await listening(t, { pieces: ['pubrel-lost'] })
  const first = await device(t, house.port)
  first.send(message(1, false))
  await house.until('PUBREC', sent('PUBREC', 1))
  first.send(ack('PUBREL', 1))
  await first.closed
  const second = await device(t, house.port)
  second.send(message(1, true))
  second.send(ack('PUBREL', 1))
  await house.until('PUBCOMP', sent('PUBCOMP', 1))
  const result = byId(house.results(), 'pubrel-lost')
  t.match(result, { verdict: 'fail', findings: [{ statement: '3.1.1:MQTT-4.3.3-1' }] })
  t.match(result.trace[0], { kind: 'open' }, 'its trace begins with the connection')
})

t.test('a client that never resends is told after the patience is over', async t => {
  const house = await listening(t, { pieces: ['pubcomp-held'], patienceMs: 300 })
  const first = await device(t, house.port)
  first.send(message(1, false))
  await house.until('PUBREC', sent('PUBREC', 1))
  first.send(ack('PUBREL', 1))
  await first.closed
  await device(t, house.port)
  await house.until('finding', () => house.findings > 0)
  t.match(byId(house.results(), 'pubcomp-held'), {
    verdict: 'fail',
    findings: [{ statement: '3.1.1:MQTT-4.4.0-1', expected: 'PUBREL id 1 again' }],
  })
})

t.test('a client without a session is not cut, and the report says why', async t => {
  const house = await listening(t)
  const client = await device(t, house.port, { clean: true })
  for (const id of [1, 2, 3]) {
    client.send(message(id, false))
    await client.next('PUBREC')
    client.send(ack('PUBREL', id))
    await client.next('PUBCOMP')
  }
  const results = house.results()
  t.match(byId(results, 'publish-lost'), { verdict: 'skipped', reason: /Clean Session 1/ })
  t.match(byId(results, 'receives-qos2'), { verdict: 'skipped', reason: /subscribed to nothing/ })
  t.match(byId(results, 'qos2-undisturbed'), { verdict: 'pass' })
})

/** Subscribes, answers two of three copies and ends the connection, each time it is sent three. */
async function answersTwo(t: Test, port: number, until: (count: number) => Promise<void>) {
  for (const count of [1, 2]) {
    const client = await device(t, port)
    client.subscribe('in')
    for (let copies = 0; copies < 3; ) {
      const packet = await client.next('PUBLISH')
      if (packet.type !== 'PUBLISH' || textOf(packet) !== 'mqttspec publish-repeated') continue
      copies += 1
      if (copies < 3) client.send(ack('PUBREC', packet.id ?? 0))
    }
    client.close()
    await until(count)
  }
}

t.test('each connection is judged by itself: a later one makes up for nothing', async t => {
  const house = await listening(t, { pieces: ['publish-repeated'] })
  await answersTwo(t, house.port, count =>
    house.until(`end ${count}`, () => house.announced.length === 2 * count),
  )
  t.match(house.announced[1], /begins anew: the client ended .* with 2 of 3 copies answered/)
  const result = byId(house.results(), 'publish-repeated')
  t.match(result, { verdict: 'fail', findings: [{ statement: '3.1.1:MQTT-4.3.3-2' }] })
})

t.test('a client that closes whenever it is given a message does not answer it', async t => {
  const house = await listening(t, { pieces: ['receives-qos2'] })
  for (let connection = 1; house.announced.length < 2; connection++) {
    const client = await device(t, house.port)
    if (connection === 1) client.subscribe('in')
    await client.next('PUBLISH')
    client.close()
    await client.closed
  }
  t.match(byId(house.results(), 'receives-qos2'), {
    verdict: 'fail',
    findings: [{ statement: '3.1.1:MQTT-4.3.3-2', got: /^the end of \d+ connections$/ }],
  })
})

t.test('each piece is blamed for its own exchange, not for one before', async t => {
  const pieces = ['pubrel-lost', 'pubcomp-held']
  const house = await listening(t, { pieces, patienceMs: 200 })
  for (const id of [1, 2]) {
    const client = await device(t, house.port)
    client.send(message(id, false))
    await client.next('PUBREC')
    client.send(ack('PUBREL', id))
    await client.closed
    await device(t, house.port)
    await house.until(`end of ${id}`, () => house.announced.length === 2 * id)
  }
  const results = house.results()
  const owed = (piece: string) => byId(results, piece).findings.map(({ expected }) => expected)
  t.same(owed('pubrel-lost'), ['PUBREL id 1 again'])
  t.same(owed('pubcomp-held'), ['PUBREL id 2 again'])
})

t.test('a client that is awake for a moment at a time goes through the programme', async t => {
  const house = await listening(t, { pieces: ['pubrel-lost', 'session-lost', 'pubrec-lost'] })
  const own = app(t, house.port, '3.1.1')
  own.command({ do: 'subscribe', filter: 'in/+', qos: 2, tag: 's' })
  for (
    let wake = 0;
    wake < 12 && house.announced.at(-1)?.endsWith('programme is over') !== true;
    wake++
  ) {
    own.command({ do: 'publish', topic: 'out', payload: `m${wake}`, qos: 2, tag: `m${wake}` })
    await own.awake(400)
  }
  const results = house.results()
  t.same(
    results.flatMap(({ id, verdict, reason }) => (verdict === 'pass' ? [] : [`${id} ${reason}`])),
    [],
  )
  t.equal(results.length, 4)
})

t.test('over TLS a client that trusts us is judged, and one in the clear is named', async t => {
  const house = await listening(t, { pieces: ['qos2-undisturbed'], transport: 'tls' })
  const stray = net.connect(house.port, '127.0.0.1')
  stray.on('error', () => undefined)
  stray.end(Uint8Array.of(0x10, 0x0e, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 2, 0x61, 0x62))
  await once(stray, 'close')
  const client = mqtt.connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: house.port,
    ca: house.ca,
    clientId: 'secure',
  })
  t.teardown(() => client.endAsync(true))
  await client.publishAsync('out', 'one', { qos: 2 })
  const results = house.results()
  t.match(house.strangers, [/over TLS: it speaks no TLS, perhaps plain MQTT/])
  t.same(results.map(({ id, verdict }) => `${id} ${verdict}`).sort(), [
    'listen/conduct:3.1.1:secure pass',
    'listen/first-packet:3.1.1:stranger-1 skipped',
    'listen/qos2-undisturbed:3.1.1:secure pass',
  ])
})

t.test('a case is repeated by its own piece, and what is left to play is said', async t => {
  const house = await listening(t, {
    pieces: ['qos2-undisturbed', 'publish-lost', 'receives-qos2'],
  })
  const client = await device(t, house.port)
  client.send(message(1, false))
  await client.next('PUBREC')
  client.send(ack('PUBREL', 1))
  await client.next('PUBCOMP')
  t.equal(
    house.announced[1],
    'qos2-undisturbed is over; 2 to go: publish-lost (at a QoS 2 message of the client); receives-qos2 (once it subscribes at QoS 2)',
  )
  t.equal(byId(house.results(), 'publish-lost').replay, 'mqttspec listen publish-lost')
})

t.test('a piece whose client does not come back is inconclusive', async t => {
  const house = await listening(t, { pieces: ['publish-lost'] })
  const first = await device(t, house.port)
  first.send(message(1, false))
  await first.closed
  t.match(byId(house.results(), 'publish-lost'), {
    verdict: 'inconclusive',
    reason: /did not come back/,
  })
})

t.test('those who are no clients are bounded and named', async t => {
  const house = await listening(t, { connectMs: 300 })
  const cases: [bytes: Uint8Array, why: RegExp][] = [
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /HTTP/],
    [Uint8Array.of(0x16, 0x03, 0x01, 0x02), /TLS/],
    [Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4), /268435460 bytes, more than/],
    [Uint8Array.of(0xc0, 0x00), /no CONNECT/],
    [Uint8Array.of(0x00, 0x00), /speaks no MQTT/],
    [new Uint8Array(0), /sent nothing in 0.3 s/],
    [Uint8Array.of(0x10, 0x20, 0), /sent 3 bytes and no whole CONNECT/],
  ]
  for (const [bytes] of cases) {
    const socket = net.connect(house.port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    if (bytes.length > 0) socket.write(bytes)
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
  }
  t.equal(house.strangers.length, cases.length)
  for (const [index, [, why]] of cases.entries()) t.match(house.strangers[index], why)
  const results = house.results()
  t.same(
    results.map(({ verdict }) => verdict),
    ['skipped', 'skipped', 'fail', 'fail', 'skipped', 'skipped', 'skipped'],
  )
  t.ok(results.filter(({ verdict }) => verdict === 'fail').every(one => one.findings.length > 0))
})

t.test('garbage behind a good CONNECT is a finding of that client', async t => {
  const house = await listening(t)
  const client = await device(t, house.port)
  client.raw(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01))
  await client.closed
  const result = byId(house.results(), 'conduct')
  t.match(result, { verdict: 'fail', findings: [{ statement: '3.1.1:§2.2.3' }] })
})

t.test(
  'a client that reads and never answers is given no more than it may leave unanswered',
  async t => {
    const house = await listening(t, { pieces: [] })
    const socket = net.connect(house.port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    const framer = createFramer({ maxPacketBytes: 1024 * 1024 })
    let got = 0
    const answered = new Set<string>()
    let wake = () => {}
    socket.on('data', chunk => {
      for (const { bytes } of framer.push(chunk)) {
        const packet = decode(bytes, '3.1.1')
        if (packet?.type === 'PUBLISH') got += 1
        else if (packet) answered.add(packet.type)
      }
      wake()
    })
    const until = async (done: () => boolean) => {
      while (!done()) await new Promise<void>(resolve => (wake = resolve))
    }
    const send = (packet: Packet) => socket.write(encode(packet, '3.1.1'))
    send({
      type: 'CONNECT',
      protocolName: 'MQTT',
      protocolLevel: 4,
      clientId: 'deaf',
      clean: true,
      keepAliveS: 0,
      properties: {},
    })
    const subscription = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }
    send({
      type: 'SUBSCRIBE',
      id: 1,
      subscriptions: [{ filter: 'a', ...subscription }],
      properties: {},
    })
    const payload = new Uint8Array(64 * 1024)
    const common = { topic: 'a', qos: 1, dup: false, retain: false, payload, properties: {} }
    for (let id = 1; id <= 200; id++) send({ type: 'PUBLISH', id, ...common })
    send({ type: 'PINGREQ' })
    await until(() => answered.has('PINGRESP'))
    t.ok(got > 0 && got * payload.length <= 2 * 1024 * 1024, `${got} messages`)
  },
)

t.test('a packet of 256 MB is never waited for', async t => {
  const house = await listening(t)
  const client = await device(t, house.port)
  client.raw(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61))
  await client.closed
  const notes = byId(house.results(), 'conduct').trace.filter(event => event.kind === 'note')
  t.match(notes, [{ text: /a packet of 268435460 bytes, more than the 4194304 taken/ }])
})

t.test('a client that says nothing for its Keep Alive has to go', async t => {
  const house = await listening(t)
  const client = await device(t, house.port, { keepAliveS: 1 })
  await client.closed
  t.match(byId(house.results(), 'conduct'), {
    verdict: 'fail',
    findings: [{ statement: '3.1.1:MQTT-3.1.2-23' }],
  })
})

t.test('a password does not get into the trace', async t => {
  const house = await listening(t)
  const client = await device(t, house.port, { password: 'rosebud' })
  client.send({ type: 'PINGREQ' })
  await client.next('PINGRESP')
  const trace = house.results().flatMap(result => result.trace)
  const all = Buffer.concat(trace.flatMap(event => (event.kind === 'packet' ? event.bytes : [])))
  t.ok(all.includes('*******'))
  t.notOk(all.includes('rosebud'))
})

const noMosquitto =
  spawnSync('mosquitto_pub', ['--help']).error !== undefined &&
  'mosquitto_pub is not installed (Debian: mosquitto-clients)'

t.test('mosquitto_pub at QoS 2 passes', { skip: noMosquitto }, async t => {
  const house = await listening(t, { pieces: ['qos2-undisturbed'] })
  const words = ['-h', '127.0.0.1', '-p', String(house.port), '-i', 'pub', '-q', '2']
  const child = spawn('mosquitto_pub', [...words, '-t', 'a', '-m', 'hello'], { stdio: 'ignore' })
  t.same(await once(child, 'exit'), [0, null])
  t.match(byId(house.results(), 'qos2-undisturbed'), { verdict: 'pass' })
})

t.test('mosquitto_sub takes a resumed exchange up again', { skip: noMosquitto }, async t => {
  const house = await listening(t, { pieces: ['receives-qos2', 'pubrel-resumed'] })
  const words = ['-h', '127.0.0.1', '-p', String(house.port), '-i', 'sub', '-c', '-q', '2']
  const child = spawn('mosquitto_sub', [...words, '-t', 'a/+'], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  let completed = 0
  await house.until('two exchanges', event => {
    const ends = event?.kind === 'packet' && event.packet.type === 'PUBCOMP'
    if (ends) completed += 1
    return completed === 2
  })
  const results = house.results()
  t.match(byId(results, 'receives-qos2'), { verdict: 'pass' })
  t.match(byId(results, 'pubrel-resumed'), { verdict: 'pass' })
})

const noPaho =
  spawnSync('/usr/bin/python3', ['-c', 'import paho.mqtt.client']).status !== 0 &&
  'paho-mqtt for Python is not installed (Debian: python3-paho-mqtt)'

t.test('paho for Python passes with a session that is kept', { skip: noPaho }, async t => {
  const house = await listening(t, { pieces: ['publish-lost', 'pubrel-lost'] })
  const words = ['-c', pahoProgram, String(house.port)]
  const child = spawn('/usr/bin/python3', words, { stdio: 'ignore' })
  t.same(await once(child, 'exit'), [0, null])
  const results = house.results()
  t.match(byId(results, 'publish-lost'), { verdict: 'pass' })
  t.match(byId(results, 'pubrel-lost'), { verdict: 'pass' })
})

const pahoProgram = `
import sys
import paho.mqtt.client as mqtt
try:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id="paho", clean_session=False)
except AttributeError:
    client = mqtt.Client(client_id="paho", clean_session=False)
client.reconnect_delay_set(1, 1)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
for text in ("one", "two"):
    client.publish("a", text, qos=2).wait_for_publish()
client.disconnect()
client.loop_stop()
`

/** A client of a few lines that sends what it is told to. */
type Device = {
  sessionPresent: boolean
  closed: Promise<unknown>
  send(packet: Packet): void
  raw(bytes: Uint8Array): void
  /** Ends the connection without DISCONNECT. */
  close(): void
  subscribe(filter: string): void
  next(type: Packet['type']): Promise<Packet>
}

async function device(
  t: Test,
  port: number,
  how: { clean?: boolean; keepAliveS?: number; password?: string } = {},
): Promise<Device> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  const framer = createFramer({ maxPacketBytes: 10_000 })
  const inbox: Packet[] = []
  const waiting: { type: Packet['type']; resolve(packet: Packet): void }[] = []
  socket.on('data', chunk => {
    for (const frame of framer.push(chunk)) {
      const packet = decode(frame.bytes, '3.1.1')
      if (!packet) continue
      const index = waiting.findIndex(({ type }) => type === packet.type)
      if (index >= 0) waiting.splice(index, 1)[0]?.resolve(packet)
      else inbox.push(packet)
    }
  })
  const self: Device = {
    sessionPresent: false,
    closed: new Promise<void>(resolve => socket.once('close', () => resolve())),
    send: packet => socket.write(encode(packet, '3.1.1')),
    raw: bytes => socket.write(bytes),
    close: () => socket.end(),
    subscribe: filter => {
      const how = {
        qos: 2 as const,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0 as const,
      }
      self.send({ type: 'SUBSCRIBE', id: 1, subscriptions: [{ filter, ...how }], properties: {} })
    },
    next: type => {
      const index = inbox.findIndex(packet => packet.type === type)
      const [known] = index >= 0 ? inbox.splice(index, 1) : []
      if (known) return Promise.resolve(known)
      return new Promise(resolve => waiting.push({ type, resolve }))
    },
  }
  self.send({
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 4,
    clientId: 'device',
    clean: how.clean ?? false,
    keepAliveS: how.keepAliveS ?? 60,
    ...(how.password ? { username: 'me', password: Buffer.from(how.password) } : {}),
    properties: {},
  })
  const connack = await self.next('CONNACK')
  return Object.assign(self, {
    sessionPresent: connack.type === 'CONNACK' && connack.sessionPresent,
  })
}

function message(id: number, dup: boolean): Publish {
  const payload = Buffer.from(`m${id}`)
  return { type: 'PUBLISH', topic: 'a', qos: 2, dup, retain: false, id, payload, properties: {} }
}

function ack(type: 'PUBREL' | 'PUBREC', id: number): Packet {
  return { type, id, code: 0, properties: {} }
}
