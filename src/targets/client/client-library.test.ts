import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Aedes } from 'aedes'
import t, { type Test as Tap } from 'tap'
import { startBroker } from '../broker-process.ts'
import { runningCount } from '../process/processes.ts'
import { type Profile, parseProfile } from '../profile.ts'
import type { AppHandle, ClientTarget } from '../target.ts'
import { TargetError } from '../target-error.ts'
import { startClient } from './client-library.ts'
import { startCommandClient } from './commands.ts'

const here = fileURLToPath(new URL('../../../fixtures/targets/clients', import.meta.url))

/** Longer than any machine takes; reached only where something is wrong. */
const patienceMs = 10_000
const buildMs = 600_000

type Event = { event: string; [name: string]: unknown }

/** The libraries that ship with an adapter, and how a skipped test names them. */
const libraries: [profile: string, missing: string][] = [
  ['mqttjs', 'MQTT.js is not installed (npm: mqtt)'],
  ['paho-python-1', 'paho-mqtt 1.6 for Python is not installed (Debian: python3-paho-mqtt)'],
  ['paho-python-2', 'paho-mqtt 2.x for Python is not installed (pip: paho-mqtt; set PAHO2_PYTHON)'],
  ['libmosquitto', 'libmosquitto or gcc is not installed (Debian: libmosquitto-dev, gcc)'],
  ['paho-go', 'Go is not installed (Debian: golang)'],
  ['rumqttc', 'Rust is not installed (Debian: cargo)'],
]

/** Their builds fetch dependencies and take a minute, the first time. */
const slowToBuild = process.env.MQTTSPEC_BUILD_CLIENTS ? [] : ['paho-go', 'rumqttc']
if (process.env.MQTTSPEC_BUILD_CLIENTS) t.setTimeout(buildMs)

for (const [name, missing] of libraries) {
  const skip = slowToBuild.includes(name) && 'built and tried where MQTTSPEC_BUILD_CLIENTS is set'
  t.test(`the adapter of ${name}`, { skip, timeout: buildMs }, async t => {
    const target = await skipMissing(t, missing, () => startClient(readProfile(name), { here }))
    if (!target) return
    t.same(target.versions, readProfile(name).versions)

    await t.test('publishes and receives at QoS 2, many clients in one process', async t => {
      const port = await aedes(t)
      const names = ['a', 'b', 'c', 'd']
      await Promise.all(names.map(name => exchange(t, target, { port, version: '3.1.1', name })))
      t.equal(runningCount(), 1)
    })

    await t.test('does so with MQTT 5.0', { skip: !target.versions.includes('5.0') }, async t => {
      const port = await mosquitto(t)
      if (port !== undefined) await exchange(t, target, { port, version: '5.0', name: 'five' })
    })

    await t.test('says nothing more of a stopped client', async t => {
      const port = await aedes(t)
      const app = await heard(target, 'stopped')
      await connect(app, port, '3.1.1', 'stopped')
      await app.handle.stop()
      const told = app.events.length
      await app.handle.ping()
      t.equal(app.events.length, told)
      const late = await app.handle.command('publish', message('late', 'x'))
      t.match(late, { ok: false, error: /connect comes first/ })
    })

    await t.test('resumes a kept session, and has what came meanwhile', async t => {
      const port = await aedes(t)
      const sleeper = await heard(target, 'sleeper')
      const sender = await heard(target, 'sender')
      await connect(sender, port, '3.1.1', 'sender')
      await connect(sleeper, port, '3.1.1', 'sleeper')
      await subscribe(sleeper, 'dream')
      await sleeper.handle.command('disconnect', {})
      await sleeper.next('disconnected')
      await sender.handle.command('publish', message('dream', 'once'))
      await sender.next('published')
      t.match(await connect(sleeper, port, '3.1.1', 'sleeper'), { sessionPresent: true, code: 0 })
      t.match(await sleeper.next('delivered'), { topic: 'dream', qos: 2 })
      await Promise.all([sender.handle.stop(), sleeper.handle.stop()])
    })

    await t.test('comes back after a cut, and a publish in between is completed', async t => {
      const sockets: net.Socket[] = []
      const port = await aedes(t, socket => sockets.push(socket))
      const app = await heard(target, 'cut')
      await connect(app, port, '3.1.1', 'cut')
      await subscribe(app, 'cut')
      sockets[0]?.resetAndDestroy()
      await app.next('disconnected')
      t.same(await app.handle.command('publish', message('cut', 'meanwhile')), { ok: true })
      if (target.reconnects === 'asked') await connect(app, port, '3.1.1', 'cut')
      else await app.next('connected')
      t.match(await app.next('published'), { tag: 'm' })
      t.match(await app.next('delivered'), { topic: 'cut' })
      t.equal(sockets.length, 2)
      await app.handle.stop()
    })

    t.equal(target.death(), undefined)
  })
}

type Exchange = { port: number; version: string; name: string }

/** A publisher and a subscriber of one process exchange a text and bytes that are no UTF-8. */
async function exchange(t: Tap, target: ClientTarget, { port, version, name }: Exchange) {
  const topic = `exchange/${name}/ä`
  const pub = await heard(target, `${name}-pub`)
  const sub = await heard(target, `${name}-sub`)
  await Promise.all([
    connect(pub, port, version, `${name}-pub`),
    connect(sub, port, version, `${name}-sub`),
  ])
  t.match(await subscribe(sub, topic), { tag: 's', codes: [2] })
  for (const payload of [bytes('straße "\\\n'), Uint8Array.of(0xff, 0x00, 0x80), bytes('')]) {
    t.same(await pub.handle.command('publish', { ...message(topic, ''), payload }), { ok: true })
    const published = await pub.next('published')
    t.match(published, { tag: 'm' })
    t.notOk(published.error)
    t.ok(Number(published.id) >= 1 && Number(published.id) <= 65_535, 'tells the packet id')
    const delivered = await sub.next('delivered')
    t.match(delivered, { topic, qos: 2, retain: false })
    t.same(payloadOf(delivered), Buffer.from(payload))
  }
  await sub.handle.command('unsubscribe', { filter: topic, tag: 'u' })
  t.match(await sub.next('unsubscribed'), { tag: 'u' })
  await Promise.all([pub.handle.stop(), sub.handle.stop()])
}

t.test('the mosquitto clients are run once in each case', async t => {
  const missing = 'mosquitto-clients is not installed (Debian: mosquitto-clients)'
  const start = () => startCommandClient(readProfile('mosquitto-clients'), { here })
  const target = await skipMissing(t, missing, start)
  if (!target) return
  t.equal(target.level, 0)
  const port = await aedes(t)
  const sub = await target.open('sub')
  const pub = await heard(target, 'pub')
  const common = { host: '127.0.0.1', port, version: '3.1.1', session: 'kept', keepAliveS: 60 }
  t.same(await sub.command('connect', { ...common, clientId: 's' }), { ok: true })
  t.same(await sub.command('subscribe', { filter: 'l0', qos: 2, tag: 's' }), { ok: true })
  await subscribed(port)
  t.same(await pub.handle.command('connect', { ...common, clientId: 'p' }), { ok: true })
  t.same(await pub.handle.command('publish', message('l0', 'by command')), { ok: true })
  await acknowledged(port, 's')
  const ended = await pub.next('disconnected')
  t.notOk(ended.error, 'mosquitto_pub ends well when the exchange is complete')
  const again = await pub.handle.command('publish', message('l0', 'again'))
  t.match(again, { ok: false, error: /one thing in each case/ })
  t.match(await pub.handle.command('unsubscribe', {}), { ok: false, error: 'unsupported' })
  t.match(await pub.handle.command('connect', common), { ok: false, error: /has ended/ })
  await target.stop()
  t.equal(runningCount(), 0)
})

t.test('a wish that the command line has no place for is refused, not dropped', async t => {
  const commands = {
    publish: [process.execPath, '-e', '', '$host', '$port', '$version', '$session', '$qos'],
  }
  const target = await startCommandClient(
    { name: 'x', role: 'client', versions: ['3.1.1'], commands },
    { here },
  )
  t.same(target.can, ['connect', 'publish'])
  const connect = {
    host: 'h',
    port: 1,
    version: '3.1.1',
    clientId: 'c',
    session: 'kept',
    keepAliveS: 60,
  }
  const publish = { topic: 't', qos: 2, payload: bytes('x'), retain: false, tag: 'm' }
  const refusals: [connect: object, publish: object, error: RegExp][] = [
    [{}, { retain: true }, /no place for retain/],
    [{ username: 'u' }, {}, /no place for username/],
    [{ will: { topic: 't' } }, {}, /unsupported: will/],
    [{}, { payload: Uint8Array.of(0xff) }, /payload is no text/],
  ]
  for (const [more, extra, error] of refusals) {
    const handle = await target.open('x')
    await handle.command('connect', { ...connect, ...more })
    t.match(await handle.command('publish', { ...publish, ...extra }), { ok: false, error })
  }
  t.equal(runningCount(), 0)
})

t.test('a command finds what it is to do in its environment too', async t => {
  const print =
    'console.log(process.env.MQTTSPEC_CLIENT_ID, process.env.MQTTSPEC_QOS, process.argv.slice(1).join())'
  const commands = {
    publish: ['node', '-e', print, '--', '$topic', '$version', '$session', '$host:$port', '$qos'],
    words: { version: { '3.1.1': ['four'] }, session: { kept: [] } },
  }
  const target = await startCommandClient(
    { name: 'x', role: 'client', versions: ['3.1.1'], commands },
    { here },
  )
  const app = await heard(target, 'x')
  const connect = {
    host: 'h',
    port: 1,
    version: '3.1.1',
    clientId: 'c1',
    session: 'kept',
    keepAliveS: 60,
  }
  await app.handle.command('connect', connect)
  await app.handle.command('publish', {
    topic: '$host',
    qos: 2,
    payload: bytes('x'),
    retain: false,
    tag: 'm',
  })
  t.match(await app.next('log'), { text: 'c1 2 $host,four,h:1,2' })
  await target.stop()
})

t.test(
  'an adapter that speaks the protocol and never connects is found before any case',
  async t => {
    const profile: Profile = {
      name: 'x',
      role: 'client',
      versions: ['3.1.1'],
      adapter: { command: ['node', '$here/bad/never-connects.js'] },
    }
    await t.rejects(startClient(profile, { here, smokeMs: 300 }), {
      code: 'ADAPTER_BROKEN',
      message:
        /the adapter of x, asked to connect to 127\.0\.0\.1:\d+ with MQTT 3\.1\.1, sent no CONNECT in 300 ms\. It wrote last:[\s\S]*`host` and `port`/,
    })
    t.equal(runningCount(), 0)
  },
)

t.test('a profile that claims a version which the adapter does not speak is refused', async t => {
  const profile: Profile = {
    name: 'x',
    role: 'client',
    versions: ['5.0'],
    adapter: { command: ['node', '$here/bad/never-connects.js'] },
  }
  await t.rejects(startClient(profile, { here }), {
    code: 'ADAPTER_BROKEN',
    message: /claims MQTT 5\.0; its adapter speaks only 3\.1\.1/,
  })
})

t.test('what is missing is named with the way to get it', async t => {
  const profile: Profile = {
    name: 'x',
    role: 'client',
    versions: ['3.1.1'],
    install: 'apt-get install x',
    adapter: { command: ['no-such-program-here'] },
  }
  await t.rejects(startClient(profile, { here }), {
    code: 'PROGRAM_MISSING',
    message: /no-such-program-here.*apt-get install x/,
  })
  const byName: Profile = { ...profile, adapter: { command: ['$NO_SUCH_VARIABLE_HERE', 'x'] } }
  await t.rejects(startClient(byName, { here }), {
    code: 'PROGRAM_MISSING',
    message: /NO_SUCH_VARIABLE_HERE.*apt-get install x/,
  })
})

t.test('after a case that killed the adapter the next one gets a new process', async t => {
  const profile: Profile = {
    name: 'x',
    role: 'client',
    versions: ['3.1.1'],
    adapter: { command: ['node', '$here/bad/dies-on-publish.js'] },
  }
  const target = await startClient(profile, { here })
  t.teardown(() => target.stop())
  const first = await target.open('first')
  t.equal(target.death(), undefined)
  await t.rejects(first.command('publish', {}), {
    code: 'ADAPTER_DIED',
    message: /ended with exit code 9/,
  })
  t.match(target.death(), { reason: /exit code 9/ })
  const second = await target.open('second')
  await second.ping()
  await first.stop()
  t.equal(runningCount(), 1)
})

t.test('with isolate: client, a client that kills its process takes no other with it', async t => {
  const profile: Profile = {
    name: 'x',
    role: 'client',
    versions: ['3.1.1'],
    isolate: 'client',
    adapter: { command: ['node', '$here/bad/dies-on-publish.js'] },
  }
  const target = await startClient(profile, { here })
  t.teardown(() => target.stop())
  const [first, second] = await Promise.all([target.open('first'), target.open('second')])
  t.equal(runningCount(), 3, 'the one that was proved, and one for each client')
  await t.rejects(first.command('publish', {}), { code: 'ADAPTER_DIED' })
  t.match(target.death(), { reason: /exit code 9/ })
  await second.ping()
  await Promise.all([first.stop(), second.stop()])
  t.equal(runningCount(), 1, 'processes end with their clients')
})

t.test('an adapter over TCP is driven like one over stdio', async t => {
  const server = net.createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      for (const line of chunk.toString().trim().split('\n')) socket.write(`${answerTo(line)}\n`)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const profile: Profile = {
    name: 'x',
    role: 'client',
    versions: ['3.1.1'],
    adapter: { address: `tcp://127.0.0.1:${port}` },
  }
  // It has no client in it, so the proof that it connects is where it must fail: behind hello, refusal and nonce.
  await t.rejects(startClient(profile, { here, smokeMs: 100 }), { message: /sent no CONNECT/ })
  server.close()
  await t.rejects(startClient(profile, { here }), { code: 'TARGET_UNREACHABLE' })
})

function answerTo(line: string): string {
  const { id, do: what, nonce } = JSON.parse(line)
  const hello = {
    name: 'x',
    version: '1',
    versions: ['3.1.1'],
    can: ['connect'],
    reconnects: 'self',
  }
  if (what === 'hello') return JSON.stringify({ id, ok: hello })
  if (what === 'ping') return JSON.stringify({ id, ok: { nonce } })
  if (what === 'connect' || what === 'stop') return JSON.stringify({ id, ok: {} })
  return JSON.stringify({ id, error: 'unsupported' })
}

// ---- The bench

type App = { handle: AppHandle; events: Event[]; next(event: string): Promise<Event> }

/** A client of the target that keeps what it hears. `next` takes the first event of that kind that was not taken yet. */
async function heard(target: ClientTarget, name: string): Promise<App> {
  const handle = await target.open(name)
  const events: Event[] = []
  const waiting: (() => void)[] = []
  handle.onEvent(event => {
    events.push(event)
    for (const wake of waiting.splice(0)) wake()
  })
  const taken = new Set<Event>()
  const next = async (kind: string): Promise<Event> => {
    const untilMs = Date.now() + patienceMs
    for (;;) {
      const found = events.find(event => event.event === kind && !taken.has(event))
      if (found) {
        taken.add(found)
        return found
      }
      await new Promise<void>((resolve, reject) => {
        const said = () => reject(new Error(`no "${kind}"; ${name} said ${JSON.stringify(events)}`))
        const timer = setTimeout(said, untilMs - Date.now())
        waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
  return { handle, events, next }
}

async function connect(app: App, port: number, version: string, clientId: string): Promise<Event> {
  const session = { session: 'kept', keepAliveS: 60 }
  await app.handle.command('connect', { host: '127.0.0.1', port, version, clientId, ...session })
  return app.next('connected')
}

async function subscribe(app: App, filter: string): Promise<Event> {
  await app.handle.command('subscribe', { filter, qos: 2, tag: 's' })
  return app.next('subscribed')
}

const brokers = new Map<number, Aedes>()

/** A broker on an ephemeral port of loopback, until the end of the test. */
async function aedes(
  t: Tap,
  onSocket: (socket: net.Socket) => void = () => undefined,
): Promise<number> {
  const broker = await Aedes.createBroker()
  const server = net.createServer(socket => {
    onSocket(socket)
    broker.handle(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  brokers.set(port, broker)
  t.teardown(() => {
    brokers.delete(port)
    server.close()
    broker.close()
  })
  return port
}

/** As `aedes`, which speaks no 5.0; undefined where it is not installed. */
async function mosquitto(t: Tap): Promise<number | undefined> {
  const folder = path.join(here, '../brokers')
  const broker = await skipMissing(t, 'mosquitto is not installed (Debian: mosquitto)', () =>
    startBroker(readProfile('mosquitto', folder), { here: folder, budgetMs: patienceMs }),
  )
  return broker && Number(new URL(broker.address).port)
}

/** Resolves when somebody subscribes at the broker on `port`. */
async function subscribed(port: number): Promise<void> {
  await new Promise<void>(resolve => brokers.get(port)?.once('subscribe', () => resolve()))
}

/** Resolves when a message that the broker on `port` delivered to that client is complete. */
async function acknowledged(port: number, clientId: string): Promise<void> {
  await new Promise<void>(resolve => {
    brokers.get(port)?.on('ack', (_packet, client) => client.id === clientId && resolve())
  })
}

/** Only what is not installed is skipped; any other failure is one. */
async function skipMissing<T extends { stop(): Promise<void> }>(
  t: Tap,
  missing: string,
  start: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const target = await start()
    t.teardown(() => target.stop())
    return target
  } catch (error) {
    const absent = error instanceof TargetError && isAbsence(error)
    if (!absent) throw error
    t.pass(missing, { skip: missing })
    return undefined
  }
}

function isAbsence({ code, message }: TargetError): boolean {
  if (code === 'PROGRAM_MISSING') return true
  if (code === 'BUILD_FAILED') return /mosquitto\.h|cannot find -lmosquitto|cc1/.test(message)
  return code === 'ADAPTER_NOT_STARTED' && /is not installed/.test(message)
}

function readProfile(name: string, folder = here): Profile {
  const file = path.join(folder, `${name}.yaml`)
  const { profile, problems } = parseProfile(file, readFileSync(file, 'utf8'))
  if (!profile) throw new Error(JSON.stringify(problems))
  return profile
}

function payloadOf({ payload, payloadHex }: Event): Buffer {
  return typeof payloadHex === 'string'
    ? Buffer.from(payloadHex, 'hex')
    : Buffer.from(String(payload))
}

function message(topic: string, text: string) {
  return { topic, qos: 2, payload: bytes(text), retain: false, tag: 'm' }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
