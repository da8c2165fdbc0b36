import type { Packet } from 'mqtt-packet'
import t from 'tap'
import { openBench } from './bench.ts'
import { Stage } from './stage.ts'

/*
 * The client on the wire. Cases in Python run on the board as they stand; the rest goes through the adapter.
 */
const bench = await openBench()
const { board, broker } = bench
t.teardown(bench.stop)

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
  await board.reboot({ image: bench.blank.image, program: { code: program } })
  const end = await board.ended
  await broker.quiet()
  off()
  if (end.why !== 'exit') lines.push(JSON.stringify(end))
  return lines
}

/** A board with the tester, connected. */
async function connected(fields = {}): Promise<Stage> {
  broker.reset(bench.used.session)
  const stage = new Stage(board, broker, 20_000)
  await board.reboot({ image: bench.used.image, program: 'tester' })
  await stage.connect(fields)
  return stage
}

/** Once the device has its SUBACK. */
function onceSubscribed(act: () => void): void {
  broker.hook = packet => {
    if (packet.cmd === 'subscribe') setImmediate(act)
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
      if (packet.cmd === 'connect') seen.push(packet)
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
    keepalive: 30,
    username: 'u',
    will: { topic: 'gone', qos: 2, retain: true },
  })
  t.equal(seen.length, 2)
  t.notOk(seen[1]?.cmd === 'connect' && seen[1].password)
})

t.test('unicode topics and payloads go both ways', async t => {
  const stage = await connected()
  await stage.publish('grüße 🌡', 2, 'haus/küche/温度')
  await stage.told('grüße 🌡')
  stage.send('größer', 'in/ü')
  await stage.settled()
  stage.leave()
  t.same(broker.received, ['grüße 🌡'])
  t.match(
    stage.events.find(line => line.event === 'delivered'),
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
    packet.cmd === 'publish' && packet.payload.toString() === 'held' ? 'ignore' : 'answer'
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
    if (packet.cmd === 'connect' && broker.log.length > 1) open = true
    if (open || packet.cmd === 'connect') return 'answer'
    return packet.cmd === 'publish' && /m[01]/.test(packet.payload.toString()) ? 'answer' : 'ignore'
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
    const stage = await connected()
    await stage.subscribe('in')
    broker.hook = packet =>
      packet.cmd === 'pubcomp' || packet.cmd === 'pubrel' ? 'ignore' : 'answer'
    await stage.publish('released')
    await stage.until('PUBREL', () => sent().some(line => line.startsWith('> pubrel')))
    broker.hook = packet => (packet.cmd === 'publish' ? 'ignore' : 'answer')
    await stage.publish('stored')
    await stage.until('PUBLISH', () => sent().some(line => line.endsWith('stored')))
    broker.reset()
    await stage.told('stored')
    stage.leave()
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
  t.ok(sent().includes('> pubrec 1') && sent().includes('> pubcomp 1'))
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
      if (packet.cmd === 'publish') broker.raw(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
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
except OSError as e: print(e.errno == errno.ETIMEDOUT, 12 <= time.ticks_diff(time.ticks_ms(), a) / 1000 < 20)
try: c.publish('t', 'm', qos=1)
except OSError as e: print(e.errno == errno.ENOTCONN)
c.connect()
a = time.ticks_ms()
try: c.publish('t', 'm', qos=2)
except OSError as e: print(e.errno == errno.ETIMEDOUT, 2 <= time.ticks_diff(time.ticks_ms(), a) / 1000 < 10)`,
      ', keepalive=20, ack_timeout=2',
    )
    broker.hook = packet => (packet.cmd === 'connect' ? 'answer' : 'ignore')
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
  broker.hook = packet => (packet.cmd === 'connect' ? 'answer' : 'ignore')
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
    if (packet.cmd !== 'publish') return 'answer'
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

t.test('the drop-in has the names of umqtt.simple', async t => {
  const lines = await python(`
from umqtt.simple import MQTTClient as Simple, MQTTException as Trouble
print(Simple is MQTTClient, Trouble is MQTTException)
print([n for n in ('set_callback', 'set_last_will', 'connect', 'disconnect', 'ping', 'publish', 'subscribe', 'unsubscribe', 'wait_msg', 'check_msg') if not hasattr(c, n)])`)
  t.same(lines, ['True True', '[]'])
})
