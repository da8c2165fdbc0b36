import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { DeviceBroker } from './device-broker.ts'

/*
 * The optional modules of the library: topics, asyncio, DNS, MQTT 5.0 where no scenario looks. Each program is a loop() that is stepped.
 */

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 120_000

async function run(t: Tap, broker: DeviceBroker | undefined, app: string): Promise<string[]> {
  const source = app.replaceAll('PORT', String(broker?.port ?? 0))
  const board = await createSimulatedPico({ program: 'main', files: { 'app.py': source } })
  t.teardown(() => board.stop())
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  const end = await board.ended
  if (end.why !== 'exit') lines.push(JSON.stringify(end))
  return lines
}

async function open(t: Tap): Promise<DeviceBroker> {
  const broker = await new DeviceBroker().start()
  t.teardown(() => broker.stop())
  return broker
}

t.test('topic filters match as the standard says', async t => {
  const lines = await run(
    t,
    undefined,
    `
from umqtt2.topics import Topics, matches
def loop():
    yes = ('a/b a/b', 'a/+ a/b', 'a/+ a/', '+/+ /b', '# a/b/c', 'a/# a', 'a/# a/b/c', '+ a', 'a/+/c a/b/c', '/# /a', '$SYS/# $SYS/x')
    no = ('a/b a', 'a/+ a/b/c', 'a/+ a', '+ a/b', '# $SYS/x', '+/x $SYS/x', 'a b', 'a/b/# a', '+ /a')
    print([p for p in yes if not matches(*p.split(' '))], [p for p in no if matches(*p.split(' '))])
    print([p for p in yes if not matches(*p.encode().split(b' '))], [p for p in no if matches(*p.encode().split(b' '))])
    got = []
    topics = Topics(lambda topic, msg: got.append(('other', topic)))
    topics.on('a/+', lambda topic, msg: got.append(('plus', msg)))
    topics.on('a/#', lambda topic, msg: got.append(('all', msg)))
    topics(b'a/b', b'1')
    topics.off('a/+')
    topics(b'a/b', b'2')
    topics(b'c', b'3')
    print(got)
    yield
`,
  )
  t.same(lines, [
    '[] []',
    '[] []',
    "[('plus', b'1'), ('all', b'1'), ('all', b'2'), ('other', b'c')]",
  ])
})

t.test('with asyncio: up, publish, an inbound queue with a bound, and back by itself', async t => {
  t.setTimeout(limitMs)
  const broker = await open(t)
  let cuts = 0
  broker.hook = packet => {
    if (
      packet.type === 'PUBLISH' &&
      Buffer.from(packet.payload).toString() === 'm1' &&
      cuts++ === 0
    )
      return 'cut'
    if (packet.type === 'PUBLISH' && Buffer.from(packet.payload).toString() === 'flood') {
      setImmediate(() => {
        for (let each = 0; each < 9; each++) broker.send('in', `c${each}`)
      })
    }
    return 'answer'
  }
  const lines = await run(
    t,
    broker,
    `
import sim_asyncio as asyncio
from umqtt2.aio import Client
from umqtt2.journal import Journal
got = []
ups = []
async def watch(c):
    while True:
        await c.up.wait()
        ups.append(1)
        await c.down.wait()
async def main():
    async with Client('pico', '127.0.0.1', PORT, journal=Journal(), queue=3, retry_ms=(20, 100)) as c:
        task = asyncio.create_task(watch(c))
        print(c.isconnected())
        await c.subscribe('in', 2)
        await c.publish('t', 'm0', qos=2)
        await c.publish('t', 'm1', qos=2)
        await c.publish('t', 'flood', qos=1)
        await asyncio.sleep_ms(300)
        print(len(c._queue))
        async for topic, msg, retained in c:
            got.append(msg.decode())
            if len(got) == 9:
                break
        print(' '.join(got), len(ups), c.dropped)
        task.cancel()
    print(c.isconnected(), c.down.is_set())
def loop():
    return asyncio.steps(main())
`,
  )
  t.same(lines, ['True', '3', 'c0 c1 c2 c3 c4 c5 c6 c7 c8 2 0', 'False True'])
  t.same(broker.received.slice(0, 3), ['m0', 'm1', 'flood'])
})

t.test('with asyncio and MQTT 5.0: properties go out and come in', async t => {
  t.setTimeout(limitMs)
  const broker = await open(t)
  const seen: unknown[] = []
  broker.hook = packet => {
    if (packet.type === 'SUBSCRIBE') seen.push(packet.properties)
    if (packet.type !== 'PUBLISH') return 'answer'
    seen.push(packet.properties)
    setImmediate(() => {
      broker.send('in', 'with', 2, { contentType: 'text/plain' })
      broker.send('in', 'without')
    })
    return 'answer'
  }
  const lines = await run(
    t,
    broker,
    `
import sim_asyncio as asyncio
from umqtt2.aio import Client
from umqtt2.v5 import MQTT5Client
async def main():
    async with Client('pico', '127.0.0.1', PORT, client=MQTT5Client) as c:
        await c.subscribe('in', 2, properties={0x0B: 7})
        await c.publish('t', '21.5', qos=2, properties={0x26: [('unit', 'C')]})
        await asyncio.sleep_ms(300)
        async for message in c:
            print(message, c.properties)
            if message[1] == b'without':
                break
def loop():
    return asyncio.steps(main())
`,
  )
  t.same(lines, ["(b'in', b'with', False) {3: b'text/plain'}", "(b'in', b'without', False) {}"])
  t.match(seen, [{ subscriptionIdentifiers: [7] }, { userProperties: [['unit', 'C']] }])
})

t.test('with asyncio: other tasks run while a broker does not answer', async t => {
  t.setTimeout(limitMs)
  const broker = await open(t)
  broker.hook = () => 'ignore'
  const lines = await run(
    t,
    broker,
    `
import sim_asyncio as asyncio
from umqtt2.aio import Client
async def main():
    c = Client('pico', '127.0.0.1', PORT, timeout=1)
    c.start()
    ticks = 0
    while c.error is None:
        await asyncio.sleep_ms(10)
        ticks += 1
    print(ticks > 20, repr(c.error))
    await c.close()
def loop():
    return asyncio.steps(main())
`,
  )
  t.same(lines, ['True OSError(110,)'])
})

t.test('a name look-up ends in time, and remembers the last answer', async t => {
  t.setTimeout(limitMs)
  const lines = await run(
    t,
    undefined,
    `
import socket, struct, sys, time
class Datagrams:
    silent = False
    def __init__(self, *kind): self.q = None
    def setblocking(self, on): pass
    def sendto(self, b, address): self.q = b
    def ioctl(self, request, arg): return 1 if self.q and not self.silent and request == 3 else 0
    def recv(self, n):
        q, self.q = self.q, None
        return q[:2] + b'\\x81\\x80\\0\\1\\0\\2\\0\\0\\0\\0' + q[12:] + b'\\xc0\\x0c\\0\\5\\0\\1\\0\\0\\0\\x3c\\0\\2\\xc0\\x0c' + b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4' + bytes((10, 0, 0, 7))
    def close(self): pass
socket.socket = Datagrams
socket.SOCK_DGRAM = 2
from umqtt2.dns import Lookup, address, question
def loop():
    feeds = []
    look = Lookup('127.0.0.1', timeout=1, wait=lambda: feeds.append(1))
    print(look('broker.lan', 1883)[0][-1], look('192.168.1.9', 1)[0][-1])
    Datagrams.silent = True
    start = time.ticks_ms()
    print(look('broker.lan', 1883)[0][-1], 900 <= time.ticks_diff(time.ticks_ms(), start) < 3000, len(feeds) > 4)
    try: look('other.lan', 1)
    except OSError as e: print(e)
    print(address(b'', 1), address(question('a', 2), 2), address(b'\\0\\2\\x80\\0\\0\\1\\0\\1\\0\\0\\0\\0\\5', 2))
    yield
`,
  )
  t.same(lines, [
    "('10.0.0.7', 1883) ('192.168.1.9', 1)",
    "('10.0.0.7', 1883) True True",
    '-2',
    'None None None',
  ])
})

t.test(
  'a board on a battery sleeps between readings, and brings what it could not publish',
  async t => {
    t.setTimeout(limitMs)
    const broker = await open(t)
    // The first exchange never gets further than PUBREC; then the broker is well again.
    broker.hook = packet => (packet.type === 'PUBREL' ? 'ignore' : 'answer')
    broker.tellsApart = false
    const battery = readFileSync(path.join(packagedFirmware, 'examples/battery.py'), 'utf8')
    const app = readFileSync(path.join(packagedFirmware, 'app.py'), 'utf8')
    const board = await createSimulatedPico({
      program: 'main',
      files: {
        'app.py': battery.replace('from app import', 'from station import'),
        'station.py': app,
        'config.json': JSON.stringify({
          id: 'pico-1',
          ssid: 'net',
          host: '127.0.0.1',
          port: broker.port,
        }),
      },
      graceMs: 100,
    })
    t.teardown(() => board.stop())
    while (!broker.log.includes('> pubrel 1')) await board.advance(1000)
    await board.advance(60_000)
    broker.hook = () => 'answer'
    // How many minutes of the board go by before our answer has reached it is the machine's affair; the test has a limit.
    while (broker.received.length < 3) await board.advance(60_000)
    t.pass('three readings came')
    t.ok(board.stats().resets >= 2)
    t.equal(broker.log.filter(line => line === '> publish 1 27.0').length, 1)
    t.ok(
      broker.log.filter(line => line === '> pubrel 1').length > 1,
      'it was completed after a sleep',
    )
  },
)

const noCompiler = spawnSync('mpy-cross', ['--version']).error ? 'no mpy-cross' : false

t.test('the library runs as .mpy, as it is released', { skip: noCompiler }, async t => {
  const broker = await open(t)
  const folder = t.testdir()
  const script = path.join(packagedFirmware, '../scripts/release-mpy.js')
  t.equal(spawnSync(process.execPath, [script, '--out', folder]).status, 0)
  const files: { [path: string]: Uint8Array | string } = {
    'app.py': `
from compiled.client import MQTTClient
from compiled.journal import Journal
def loop():
    c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=Journal())
    c.connect()
    print(c.publish('t', 'm', qos=2))
    yield
`,
  }
  for (const name of readdirSync(path.join(folder, 'umqtt2')))
    files[`lib/compiled/${name}`] = readFileSync(path.join(folder, 'umqtt2', name))
  const board = await createSimulatedPico({ program: 'main', files })
  t.teardown(() => board.stop())
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  t.same([await board.ended, lines], [{ why: 'exit' }, ['1']])
  const { urls } = JSON.parse(readFileSync(path.join(folder, 'umqtt2/package.json'), 'utf8'))
  t.same(
    urls.map(([, file]: [string, string]) => file).sort(),
    readdirSync(path.join(folder, 'umqtt2'))
      .filter(name => name.endsWith('.mpy'))
      .sort(),
  )
})

t.test('the manifest for mip names every module, and no other file', async t => {
  const folder = path.join(packagedFirmware, 'lib/umqtt2')
  const { urls } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const modules = readdirSync(folder).filter(name => name.endsWith('.py'))
  t.same(urls.map(([, file]: [string, string]) => file).sort(), modules.sort())
  for (const [target, file] of urls) {
    t.equal(target, `umqtt2/${file}`)
    t.ok(existsSync(path.join(folder, file)))
  }
})

t.test('properties of 5.0 are read as they are written, and malformed ones refused', async t => {
  const lines = await run(
    t,
    undefined,
    `
from binascii import unhexlify
from umqtt2.v5 import block, parsed
_PUBLISH = unhexlify('01020308090b26')
def loop():
    sent = {0x02: 60, 0x03: 'text', 0x26: [('a', 'b'), ('a', 'c')], 0x01: 1}
    b = block(sent)
    print(b[0] == len(b) - 1, sorted(parsed(b[1:], _PUBLISH).items()))
    for bad in ('210001', '0102', '03000578', '0200', '0b00', '01010101', '030001ff'):
        try: print(parsed(unhexlify(bad), _PUBLISH))
        except OSError: pass
    yield
`,
  )
  t.same(lines, ["True [(1, 1), (2, 60), (3, b'text'), (38, [(b'a', b'b'), (b'a', b'c')])]"])
})

type Tap = Pick<typeof t, 'teardown'>
