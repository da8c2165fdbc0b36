import t from 'tap'
import type { Packet } from '../model/packet.ts'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { BoardDriver } from './board-driver.ts'
import { setUpBoard } from './board-setup.ts'
import { DeviceBroker } from './device-broker.ts'

/*
 * The client on the wire. Cases in Python run on the board as they stand; the rest goes through the adapter.
 */
const setup = await setUpBoard()
const { board, broker } = setup
t.teardown(setup.stop)

/** Runs Python with a client `c` that is not connected yet; returns what it printed. */
async function python(code: string, options = ''): Promise<string[]> {
  broker.reset()
  const lines: string[] = []
  const off = board.onLine(line => lines.push(line))
  const program = `
import errno, time
from umqtt2.client import MQTTClient, MQTTException
from umqtt2.journal import Journal
c = MQTTClient('pico', '127.0.0.1', ${broker.port}${options})
got = []
c.set_callback(lambda topic, msg: got.append((topic, msg)))
${code}`
  await board.reboot({ image: setup.blank.image, program: { code: program } })
  const end = await board.ended
  await broker.quiet()
  off()
  if (end.why !== 'exit') lines.push(JSON.stringify(end))
  return lines
}

/** A board with the tester, connected. */
async function connected(fields = {}): Promise<BoardDriver> {
  broker.reset(setup.used.session)
  const driver = new BoardDriver(board, broker, 20_000)
  await board.reboot({ image: setup.used.image, program: 'tester' })
  await driver.connect(fields)
  return driver
}

/** Once the device has its SUBACK. */
function onceSubscribed(act: () => void): void {
  broker.hook = packet => {
    if (packet.type === 'SUBSCRIBE') setImmediate(act)
    return 'answer'
  }
}

const sent = () => broker.log.filter(line => line.startsWith('>'))

t.test('publish at each QoS completes as umqtt.simple callers expect', async t => {
  const lines = await python(`
print(c.connect())
print(c.publish('t', 'zero'), c.publish(b't', b'one', False, 1), c.publish('t', 'two', qos=2))
print(c.pending(), c.store.out)
c.disconnect()`)
  t.same(lines, ['0', 'None 1 2', '0 []'])
  t.same(sent(), [
    '> connect',
    '> publish zero',
    '> publish 1 one',
    '> publish 2 two',
    '> pubrel 2',
    '> disconnect',
  ])
})

t.test('each packet is one write', async t => {
  const lines = await python(`
c.connect()
writes = []
class Counted:
    def __init__(self, sock): self.sock = sock
    def write(self, b): writes.append(len(b)); return self.sock.write(b)
    def read(self, n): return self.sock.read(n)
    def close(self): self.sock.close()
c.sock = Counted(c.sock)
c.publish('topic', 'x' * 300, qos=2)
print(writes)`)
  t.same(lines, [`[${1 + 2 + 2 + 5 + 2 + 300}, 4]`])
})

t.test('will, user and password are in CONNECT; a user alone is allowed', async t => {
  const seen: Packet[] = []
  const watch = () => {
    broker.hook = packet => {
      if (packet.type === 'CONNECT') seen.push(packet)
      return 'answer'
    }
  }
  const run = python(
    `
c.set_last_will('gone', 'ü', True, 2)
c.connect()
c.pswd = None
c.connect()`,
    ", user='u', password='p', keepalive=30",
  )
  watch()
  t.same(await run, [])
  t.match(seen[0], {
    clientId: 'pico',
    clean: true,
    keepAliveS: 30,
    username: 'u',
    will: { topic: 'gone', qos: 2, retain: true },
  })
  t.equal(seen.length, 2)
  t.notOk(seen[1]?.type === 'CONNECT' && seen[1].password)
})

t.test('unicode topics and payloads go both ways', async t => {
  const driver = await connected()
  await driver.publish('grüße 🌡', 2, 'haus/küche/温度')
  await driver.told('grüße 🌡')
  driver.send('größer', 'in/ü')
  await driver.settled()
  driver.leave()
  t.same(broker.received, ['grüße 🌡'])
  t.match(
    driver.events.find(line => line.event === 'delivered'),
    { topic: 'in/ü', payload: 'größer' },
  )
})

t.test('ids run from 1 to 65,535 and pass over those in flight', async t => {
  broker.reset()
  const run = python(`
c.connect()
held = c.publish('t', 'held', qos=2, wait=False)
c.store.last_id = 65533
ids = [c.publish('t', 'm%d' % i, qos=2) for i in range(5)]
print(held, ids)`)
  broker.hook = packet =>
    packet.type === 'PUBLISH' && Buffer.from(packet.payload).toString() === 'held'
      ? 'ignore'
      : 'answer'
  t.same(await run, ['1 [65534, 65535, 2, 3, 4]'])
})

t.test('what is in flight is resent in the order of publishing, not of ids', async t => {
  const run = python(
    `
c.connect()
c.store.last_id = 65533
for i in range(4): c.publish('t', 'm%d' % i, qos=2, wait=False)
for i in range(2): c.wait_msg()
c.connect()
while c.pending(): c.wait_msg()`,
    ', journal=Journal()',
  )
  let open = false
  broker.hook = packet => {
    if (packet.type === 'CONNECT' && broker.log.length > 1) open = true
    if (open || packet.type === 'CONNECT') return 'answer'
    return packet.type === 'PUBLISH' && /m[01]/.test(Buffer.from(packet.payload).toString())
      ? 'answer'
      : 'ignore'
  }
  t.same(await run, [])
  const again = sent().slice(sent().lastIndexOf('> connect') + 1)
  t.same(again.slice(0, 4), [
    '> pubrel 65534',
    '> pubrel 65535',
    '> publish 1 dup m2',
    '> publish 2 dup m3',
  ])
  t.same(broker.received, ['m0', 'm1', 'm2', 'm3'])
})

t.test(
  'without a session at the broker, stored messages go out and old ids are forgotten',
  async t => {
    const driver = await connected()
    await driver.subscribe('in')
    broker.hook = packet =>
      packet.type === 'PUBCOMP' || packet.type === 'PUBREL' ? 'ignore' : 'answer'
    await driver.publish('released')
    await driver.until('PUBREL', () => sent().some(line => line.startsWith('> pubrel')))
    broker.hook = packet => (packet.type === 'PUBLISH' ? 'ignore' : 'answer')
    await driver.publish('stored')
    await driver.until('PUBLISH', () => sent().some(line => line.endsWith('stored')))
    broker.reset()
    await driver.told('stored')
    driver.leave()
    t.same(sent().slice(0, 3), ['> connect', '> publish 5 dup stored', '> subscribe 6'])
    t.same(broker.received, ['stored'])
  },
)

t.test('an oversized inbound packet is read past, acknowledged and counted', async t => {
  const run = python(
    `
c.connect()
c.subscribe('in', 2)
while len(got) < 1: c.wait_msg()
for i in range(2): c.wait_msg()
print(got, c.oversized)`,
    ', max_packet=300',
  )
  onceSubscribed(() => {
    broker.send('in', 'x'.repeat(9000))
    broker.send('in', 'small')
  })
  t.same(await run, ["[(b'in', b'small')] 1"])
  t.ok(sent().includes('> pubrec 1001') && sent().includes('> pubcomp 1001'))
})

t.test('a message published from inside a callback goes out at once and nobody waits', async t => {
  const run = python(
    `
def echo(topic, msg):
    got.append(msg)
    c.publish('echo', msg, qos=2)
c.set_callback(echo)
c.connect(False)
c.subscribe('in', 2)
c.publish('t', 'mine', qos=2)
while len(got) < 2 or c.pending(): c.wait_msg()
print(got)`,
  )
  onceSubscribed(() => {
    broker.send('in', 'one')
    broker.send('in', 'two')
  })
  t.same(await run, ["[b'one', b'two']"])
  t.same([...broker.received].sort(), ['mine', 'one', 'two'])
})

t.test('malformed and unexpected packets end the connection', async t => {
  const bad = [
    '30 02 00 05',
    '36 04 00 01 74 01',
    '62 03 00 01 00',
    '60 02 00 01',
    'f0 00',
    '30 ff ff ff ff 01',
    '32 05 00 01 74 00 00',
    '30 04 00 02 c3 28',
  ]
  for (const bytes of bad) {
    const run = python(`
c.connect()
c.publish('ready', '')
try: c.wait_msg()
except OSError as e: print(e.errno == errno.EINVAL, c.sock)`)
    broker.hook = packet => {
      if (packet.type === 'PUBLISH') broker.raw(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
      return 'answer'
    }
    t.same(await run, ['True None'], bytes)
  }
})

t.test(
  'a link that died is noticed by the ping, an answer that never comes by its deadline',
  async t => {
    const run = python(
      `
c.connect()
a = time.ticks_ms()
try:
    while True: c.wait_msg()
except OSError as e: print(e.errno == errno.ETIMEDOUT, 11 <= time.ticks_diff(time.ticks_ms(), a) / 1000 < 20)
try: c.publish('t', 'm', qos=1)
except OSError as e: print(e.errno == errno.ENOTCONN)
c.connect()
a = time.ticks_ms()
try: c.publish('t', 'm', qos=2)
except OSError as e: print(e.errno == errno.ETIMEDOUT, 2 <= time.ticks_diff(time.ticks_ms(), a) / 1000 < 10)`,
      ', keepalive=20, ack_timeout=2',
    )
    broker.hook = packet => (packet.type === 'CONNECT' ? 'answer' : 'ignore')
    const hurried = new Promise(resolve => setImmediate(resolve)).then(hurry)
    t.same(await run, ['True True', 'True', 'True True'])
    await hurried
  },
)

/** Lets the board's time pass until its program ends. */
async function hurry(): Promise<void> {
  while (!board.end) await board.advance(1000)
}

/** An `ssl.SSLContext` in whose streams a read that runs out of time breaks all that follow, as in MicroPython's. */
const brittleTls = `
import io
class Tls(io.IOBase):
    def __init__(self, sock): self.sock, self.broken = sock, False
    def ioctl(self, request, arg): return self.sock.ioctl(request, arg)
    def write(self, b): return self.sock.write(b)
    def close(self): self.sock.close()
    def read(self, n):
        if self.broken: raise OSError(-110)
        try: return self.sock.read(n)
        except OSError:
            self.broken = True
            raise OSError(-110)
class Context:
    def wrap_socket(self, sock, server_hostname): return Tls(sock)
`

t.test('a TLS stream that stays silent is pinged, and not broken by the wait', async t => {
  const run = python(
    `${brittleTls}
c.ssl = Context()
c.connect()
print([hex(c.wait_msg()) for i in range(2)], c.check_msg())`,
    ', keepalive=8, ack_timeout=2',
  )
  const hurried = new Promise(resolve => setImmediate(resolve)).then(hurry)
  t.same(await run, ["['0xd0', '0xd0'] None"])
  await hurried
})

t.test('a certificate that is refused leaves no socket open', async t => {
  const lines = await python(`
closed = []
class Context:
    def wrap_socket(self, sock, server_hostname):
        close = sock.close
        sock.close = lambda: (closed.append(server_hostname), close())
        raise ValueError('bad certificate')
c.ssl = Context()
try: c.connect()
except ValueError as e: print(e, c.sock, closed)`)
  t.same(lines, ["bad certificate None ['127.0.0.1']"])
})

t.test('a subscription that is never answered ends the connection, waited for or not', async t => {
  const run = python(
    `
for wait in (True, False):
    c.connect()
    try:
        c.subscribe('in', 2, wait)
        while True: c.wait_msg()
    except OSError as e: print(e.errno == errno.ETIMEDOUT, c.sock)`,
    ', ack_timeout=2',
  )
  broker.hook = packet => (packet.type === 'CONNECT' ? 'answer' : 'ignore')
  const hurried = new Promise(resolve => setImmediate(resolve)).then(hurry)
  t.same(await run, ['True None', 'True None'])
  await hurried
})

t.test('an application that was busy for long still finds the answers that came', async t => {
  const run = python(
    `
c.connect()
c.publish('t', 'm', qos=1, wait=False)
time.sleep(60)
c.check_msg()
print(c.pending())`,
    ', keepalive=60, ack_timeout=2',
  )
  const hurried = new Promise(resolve => setImmediate(resolve)).then(hurry)
  t.same(await run, ['0'])
  await hurried
})

t.test('publish() that waits does not call complete what a callback cut short', async t => {
  const run = python(
    `
c.connect(False)
c.subscribe('in', 2)
c.set_callback(lambda topic, msg: c.close())
try: c.publish('t', 'm', qos=2)
except OSError as e: print(e.errno == errno.ENOTCONN, c.pending())`,
  )
  broker.hook = packet => {
    if (packet.type !== 'PUBLISH') return 'answer'
    broker.send('in', 'stop')
    return 'ignore'
  }
  t.same(await run, ['True 1'])
})

t.test(
  'a slot that can be read no more costs that message, and nothing goes out instead',
  async t => {
    const lines = await python(
      `
for i in range(3): c.publish('t', 'm%d' % i, qos=2, wait=False)
with open('/mqtt/m1', 'wb') as f: f.write(b'torn')
c.connect()
while c.pending(): c.wait_msg()`,
      ', journal=Journal()',
    )
    t.same(lines, [])
    t.same(broker.received, ['m0', 'm2'])
  },
)

t.test(
  'a full journal and a full flash refuse the message and leave the rest as it was',
  async t => {
    const lines = await python(
      `
for i in range(2): c.publish('t', 'm%d' % i, qos=2, wait=False)
try: c.publish('t', 'm2', qos=2, wait=False)
except OSError as e: print(e.errno == errno.ENOBUFS, c.pending())
c.connect()
while c.pending(): c.wait_msg()
n = 0
page = bytes(4096)
try:
    while True:
        with open('/fill%d' % n, 'wb') as f: f.write(page)
        n += 1
except OSError as e: print(e.errno == 28)
try: c.publish('t', 'large' * 1000, qos=2)
except OSError as e: print(e.errno == 28, c.pending())
c.publish('t', 'small', qos=2)`,
      ', journal=Journal(slots=2)',
    )
    t.same(lines, ['True 2', 'True', 'True 0'])
    t.same(broker.received, ['m0', 'm1', 'small'])
  },
)

t.test('a torn slot or a torn state file is noticed and costs no other message', async t => {
  const lines = await python(`
j = Journal()
c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=j)
for i in range(3): c.publish('t', 'm%d' % i, qos=2, wait=False)
j.hold([7]); j.hold([7, 8])
def tear(name):
    with open('/mqtt/' + name, 'rb') as f: b = f.read()
    with open('/mqtt/' + name, 'wb') as f: f.write(b[:len(b) // 2])
tear('m1'); tear('ab'[(j.version - 1) & 1])
j = Journal()
print([bytes(j.body(m)) for m in j.out], j.inbound)
open('/mqtt/m0', 'wb').close()
print([bytes(j.body(m)) for m in Journal().out])`)
  t.same(lines, ["[b'm0', b'm2'] [7]", "[b'm2']"])
})

t.test('what is wrong in config.json is named by its key', async t => {
  const lines = await python(`
import app, json, os
def told(f, *args):
    try: print('taken' if f(*args) else '')
    except ValueError as e: print(e)
good = {'id': 'p', 'host': 'h'}
os.remove('/config.json')
told(app.read_config)
with open('/config.json', 'w') as f: f.write('id = p')
told(app.read_config)
for bad in ({'id': 'p'}, {'host': 'h'}, {'id': 5, 'host': 'h'}):
    told(app.checked, bad)
for key, value in (('port', 65536), ('key', 12345678), ('ssl', 'yes'), ('keepalive', 70000), ('interval_s', 0), ('interval_s', 604800), ('hots', 1)):
    told(app.checked, dict(good, **{key: value}))`)
  t.same(lines, [
    'config.json is missing: copy config.example.json',
    'config.json is no JSON',
    'config.json: host is missing',
    'config.json: id is missing',
    'config.json: id must be a text, not 5',
    'config.json: port must be a number from 0 to 65535, not 65536',
    'config.json: key must be a text, not 12345678',
    'config.json: ssl must be true or false, not "yes"',
    'config.json: keepalive must be a number of seconds from 0 to 65535, not 70000',
    'config.json: interval_s must be a number of seconds from 0.1 to a year, not 0',
    'taken',
    'config.json: hots is not known',
    'taken',
  ])
})

t.test('a long command is read, and one that is too long is refused under its id', async t => {
  const driver = await connected()
  const long = 'x'.repeat(7000)
  await driver.publish(long)
  await driver.told(long)
  driver.board.send(`{"id": 77, "do": "ping", "nonce": "${'y'.repeat(30_000)}"}`)
  const answer = () => driver.events.find(line => line.id === 77)
  await driver.until('an answer', () => answer() !== undefined)
  driver.leave()
  t.same(answer(), { id: 77, error: 'no command, or too long for this board' })
  t.same(broker.received, [long])
})

t.test('the drop-in has the names of umqtt.simple', async t => {
  const lines = await python(`
from umqtt.simple import MQTTClient as Simple, MQTTException as Trouble
print(Simple is MQTTClient, Trouble is MQTTException)
print([n for n in ('set_callback', 'set_last_will', 'connect', 'disconnect', 'ping', 'publish', 'subscribe', 'unsubscribe', 'wait_msg', 'check_msg') if not hasattr(c, n)])`)
  t.same(lines, ['True True', '[]'])
})

t.test('a bad topic or filter is refused before it is taken', async t => {
  const lines = await python(
    `
def tried(f, *args):
    try: f(*args)
    except ValueError as e: return str(e)
    return 'taken'
c.connect()
for topic in ('a/#', 'a/+', 'a\\x00b', '', b'\\xc3\\x28', 'x' * 65536):
    print(tried(c.publish, topic, 'm', False, 2, False), tried(c.publish, topic, 'm'), tried(c.set_last_will, topic, 'm'))
print([tried(c.subscribe, f, 2) for f in ('a/#/b', 'a#', 'a+/b', '', 'a\\x00', b'\\xff')], c.pending())
print(tried(MQTTClient, 'p', 'h', 0, None, None, 65536))
c.subscribe('a/+/#', 2)
c.subscribe('+', 2)
c.publish('a/b', 'good', qos=2)`,
    ', journal=Journal()',
  )
  t.same(lines, [
    ...Array(6).fill('topic topic topic'),
    "['filter', 'filter', 'filter', 'filter', 'filter', 'filter'] 0",
    'keepalive',
  ])
  t.same(broker.received, ['good'])
})

t.test('a message that ends each connection is set aside, over a boot too', async t => {
  const poison = `
told = []
c.set_done_callback(lambda pid, code: told.append((pid, code)))
for i in range(4):
    try: c.publish('t', 'm%d' % i, qos=2, wait=False)
    except OSError: pass
for i in range(30):
    try:
        c.connect()
        while c.pending() > 1: c.wait_msg()
        if told and told[-1][1] == -2: break
    except OSError: pass
print(12 <= i <= 15, c.pending(), -2 in [code for pid, code in told])
j = Journal()
print([(bytes(j.body(m)), m.tries >= 12) for m in j.out])
c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=j)
c.connect()
print(c.drop(j.out[0].pid), c.drop(77), c.pending())
c.publish('t', 'after', qos=2)`
  const run = python(poison, ', journal=Journal()')
  broker.hook = packet =>
    packet.type === 'PUBLISH' && Buffer.from(packet.payload).toString() === 'm1' ? 'cut' : 'answer'
  t.same(await run, ['True 1 True', "[(b'm1', True)]", 'True False 0'])
  t.same(broker.received, ['m0', 'm2', 'm3', 'after'])
  const times = sent().filter(line => line.endsWith('m1')).length
  t.ok(times >= 12 && times <= 13, `sent ${times} times: once behind m0, twelve times alone`)
})

t.test('a payload that is none is refused before it is taken', async t => {
  for (const options of ['', ', journal=Journal()']) {
    const lines = await python(
      `
c.connect()
for bad in (21.5, 5, None, [1]):
    for qos in (0, 1, 2):
        try: print(c.publish('t', bad, qos=qos))
        except TypeError: pass
print(c.pending(), bool(c.sock))
c.publish('t', 'good', qos=2)`,
      options,
    )
    t.same(lines, ['0 True'])
    t.same(broker.received, ['good'])
  }
})

t.test('what is resent is what was published, whatever became of the buffer', async t => {
  const run = python(`
b = bytearray(b'before')
c.connect()
try: c.publish('t', b, qos=1)
except OSError: pass
b[:] = b'after!'
c.connect(False)
while c.pending(): c.wait_msg()`)
  let cuts = 0
  broker.hook = packet => (packet.type === 'PUBLISH' && cuts++ === 0 ? 'cut' : 'answer')
  await run
  t.same(broker.received, ['before'])
})

t.test('a flash that keeps no subscription ends no connection', async t => {
  const lines = await python(
    `
put = c.store._put
def full(name, b, tail=b''):
    if name == 's': raise OSError(28)
    put(name, b, tail)
c.store._put = full
c.connect()
c.subscribe('in', 2)
print(bool(c.sock), c.store.subs)
c.publish('t', 'm', qos=2)`,
    ', journal=Journal()',
  )
  t.same(lines, ["True {b'in': 2}"])
  t.same(broker.received, ['m'])
})

t.test('Ctrl-C within a packet ends the connection, which has lost its place', async t => {
  const run = python(`
c.connect()
c.subscribe('in', 0)
def stop():
    if time.ticks_diff(time.ticks_ms(), began) > 300: raise KeyboardInterrupt
began = time.ticks_ms()
c.wait = stop
try: c.wait_msg()
except KeyboardInterrupt: print(c.sock)
c.wait = None
print(c.connect())`)
  onceSubscribed(() => broker.raw(Uint8Array.of(0x30, 20, 0, 2, 0x69)))
  t.same(await run, ['None', '0'])
})

t.test('a broker that has forgotten a message after PUBREC: the application is told', async t => {
  const run = python(
    `
told = []
c.set_done_callback(lambda pid, code: told.append((pid, code)))
c.connect()
pid = c.publish('t', 'm', qos=2, wait=False)
try:
    while True: c.wait_msg()
except OSError: pass
c.connect()
print(told == [(pid, -1)], c.pending())`,
    ', journal=Journal()',
  )
  broker.hook = packet => {
    if (packet.type !== 'PUBREL') return 'answer'
    broker.reset()
    return 'cut'
  }
  t.same(await run, ['True 0'])
})

t.test('what a done callback publishes goes out once, behind CONNECT and what waited', async t => {
  const run = python(
    `
def again(pid, code):
    if code == -1: c.publish('t', 'again', qos=2)
c.set_done_callback(again)
c.connect()
c.publish('t', 'unsure', qos=2, wait=False)
c.publish('t', 'waits', qos=2, wait=False)
try:
    while True: c.wait_msg()
except OSError: pass
c.connect()
while c.pending(): c.wait_msg()
c.publish('t', 'given up', qos=2, wait=False)
c.close()
c.publish('t', 'given up too', qos=2, wait=False)
c.connect(True)
while c.pending(): c.wait_msg()`,
    ', journal=Journal()',
  )
  broker.hook = packet => {
    if (packet.type === 'PUBLISH' && Buffer.from(packet.payload).toString() === 'waits')
      return 'ignore'
    if (packet.type !== 'PUBREL') return 'answer'
    broker.reset()
    broker.tellsApart = false
    return 'cut'
  }
  t.same(await run, [])
  broker.tellsApart = true
  t.same(
    sent().filter(line => /connect|publish/.test(line)),
    [
      '> connect',
      '> publish 2 dup waits',
      '> publish 3 again',
      '> publish 4 given up',
      '> connect',
      '> publish 6 again',
      '> publish 7 again',
    ],
  )
})

t.test('of two journals in one folder the older one writes no more', async t => {
  const lines = await python(`
a = MQTTClient('a', '127.0.0.1', ${broker.port}, journal=Journal())
a.publish('t', 'a1', qos=2, wait=False)
b = MQTTClient('b', '127.0.0.1', ${broker.port}, journal=Journal('/mqtt/'))
for client in a, b:
    for i in range(3):
        try: client.publish('t', client.client_id + str(i), qos=2, wait=False)
        except ValueError as e: print(client.client_id, e)
print([(m.pid, bytes(b.store.body(m))) for m in b.store.out] == [(m.pid, bytes(b.store.body(m))) for m in Journal().out], b.pending())
Journal('/other')
try: b.publish('t', 'm', qos=2, wait=False)
except ValueError as e: print(e)`)
  t.same(lines, ['a opened twice', 'a opened twice', 'a opened twice', 'True 4', 'opened twice'])
})

t.test('no time that is waited overflows a counter of ticks', async t => {
  const lines = await python(
    `
for s in (0, -1, 86401, 7 * 86400):
    try: print(MQTTClient('p', 'h', ack_timeout=s))
    except ValueError as e: print(e)
c.connect(timeout=30 * 86400)
c.ack_timeout = 30 * 86400
print(c.publish('t', 'x' * 3000, qos=2))`,
    ', ack_timeout=86400',
  )
  t.same(lines, [...Array(4).fill('ack_timeout'), '1'])
})

t.test('the drop-in for umqtt.robust comes back by itself, its subscriptions too', async t => {
  const run = python(`
from umqtt.robust import MQTTClient as Robust
class Quick(Robust):
    def delay(self, i): waits.append(i)
waits = []
c = Quick('pico', '127.0.0.1', ${broker.port})
c.set_callback(lambda topic, msg: got.append(msg))
c.connect()
c.subscribe('in', 2)
print(c.publish('t', 'm1', qos=2), c.publish('t', 'm2'), c.publish('t', 'm3', qos=1), c.pending())
while len(got) < 1: c.wait_msg()
while c.check_msg() is not None or len(got) < 2: pass
try: c.publish('t', 'poison', qos=1)
except MQTTException as e: print(e, c.pending())
print(got, waits)`)
  const cuts = new Set(['m1'])
  broker.hook = packet => {
    if (packet.type !== 'PUBLISH') return 'answer'
    const text = Buffer.from(packet.payload).toString()
    if (text === 'poison' || cuts.delete(text)) return 'cut'
    if (text === 'm3') {
      broker.send('in', 'one')
      setImmediate(() => broker.send('in', 'two'))
    }
    return 'answer'
  }
  t.same(await run, ['2 None 3 0', '-2 0', "[b'one', b'two'] []"])
  t.same(broker.received.slice(0, 3), ['m1', 'm2', 'm3'])
  t.match(sent().join(), /publish 2 dup m1/)
  t.equal(sent().filter(line => line.startsWith('> subscribe')).length, 1)
})

t.test('forty commands in a burst are each answered, at QoS 2, out of eight slots', async t => {
  const broker = await new DeviceBroker().start()
  t.teardown(() => broker.stop())
  broker.hook = packet => {
    if (packet.type === 'SUBSCRIBE') {
      setImmediate(() => {
        for (let each = 0; each < 40; each++) broker.send('in', `c${each}`)
      })
    }
    return 'answer'
  }
  // In turns: memory is collected between two of them.
  const app = `
from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
def loop():
    c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=Journal())
    answered = []
    def answer(topic, msg):
        c.publish('out', b're ' + msg, qos=2)
        answered.append(msg)
    c.set_callback(answer, c.can_publish)
    c.connect()
    c.subscribe('in', 2)
    losses = 0
    while len(answered) < 40 or c.pending() or c.store.inbound:
        try:
            c.wait_msg()
        except OSError:
            losses += 1
            c.connect()
        yield
    print(len(answered), len(set(answered)), losses)
`
  const board = await createSimulatedPico({ program: 'main', files: { 'app.py': app } })
  t.teardown(() => board.stop())
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  t.same(await board.ended, { why: 'exit' })
  t.same(lines, ['40 40 0'])
  t.equal(new Set(broker.received).size, 40)
  t.equal(broker.received.length, 40)
})

t.test('an exception in a callback ends neither the connection nor the program', async t => {
  const run = python(
    `
seen = []
c.on_error = lambda e: seen.append(type(e).__name__)
def fail(topic, msg):
    got.append(msg)
    if msg == b'os': raise OSError(5)
    if msg == b'full':
        for i in range(9): c.publish('out', 'x', qos=2)
    if msg == b'value': raise ValueError('x')
c.set_callback(fail)
c.connect(False)
c.subscribe('in', 2)
while len(got) < 4: c.wait_msg()
print(seen, bool(c.sock))`,
  )
  onceSubscribed(() => {
    for (const each of ['os', 'value', 'full', 'last']) broker.send('in', each)
  })
  t.same(await run, ["['OSError', 'ValueError', 'OSError'] True"])
})

t.test('a link of another kind needs no module `socket`', async t => {
  const lines = await python(
    `
import sys
print('socket' in sys.modules)
import socket
def dial():
    s = socket.socket()
    s.connect(('127.0.0.1', ${broker.port}))
    return s
c.dial = dial
c.connect()
print(c.publish('t', 'm', qos=2))`,
  )
  t.same(lines, ['False', '1'])
})

t.test('the address family is that of the name', async t => {
  const lines = await python(
    `
import socket
made = []
class Spy(socket.socket):
    def __init__(self, af=2, *more):
        made.append(af)
        super().__init__(af, *more)
    def connect(self, address): super().connect(address[:2])
real, socket.socket = socket.socket, Spy
c.lookup = lambda host, port: [(10, 1, 0, '', ('127.0.0.1', port, 0, 0))]
c.connect()
print(made)`,
  )
  t.same(lines, ['[10]'])
})

t.test('hundreds of inbound ids wear the flash no more than a few', async t => {
  const lines = await python(
    `
import os
j = Journal()
for i in range(498, 501): j.hold([65000 + n for n in range(i)])
j = Journal()
print(os.stat('/mqtt/a')[6] < 100, len(j.inbound), j.inbound[-1])
j.hold([5, 6, 7, 9, 3])
print(Journal().inbound)`,
  )
  t.same(lines, ['True 500 65499', '[5, 6, 7, 9, 3]'])
})

t.test('subscriptions that were granted are in the journal, and asked for again', async t => {
  const run = python(
    `
c.connect()
c.subscribe('a/+', 2)
c.subscribe('b', 1)
c.subscribe('c', 0)
c.unsubscribe('b')
c.close()
c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=Journal())
print(sorted(c.store.subs.items()), c.store.unsure)
c.publish('forget', '')`,
    ', journal=Journal()',
  ).catch(() => [])
  t.match((await run)[0], "[(b'a/+', 2), (b'c', 0)] False")
})

t.test('a session that is lost between SUBSCRIBE and SUBACK is subscribed to at last', async t => {
  let lost = 0
  const run = python(
    `
c.connect()
c.subscribe('in', 2)
c.close()
for i in range(2):
    try:
        c.connect()
        while c._open: c.wait_msg()
    except OSError: pass
print(c.store.unsure, Journal().unsure)`,
    ', journal=Journal()',
  )
  broker.hook = packet => {
    if (packet.type === 'CONNECT' && sent().length > 2 && lost === 0) {
      lost = 1
      broker.reset()
    }
    if (packet.type === 'SUBSCRIBE' && lost === 1) {
      lost = 2
      return 'cut'
    }
    return 'answer'
  }
  t.same(await run, ['False False'])
})
