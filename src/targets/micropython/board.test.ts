import net from 'node:net'
import t from 'tap'
import { createSimulatedPico, type RebootOptions, type SimulatedPico } from './board.ts'

const blank = await createSimulatedPico({ program: { code: '' } })
await blank.ended
const image = blank.flash()
t.teardown(() => blank.stop())

/** Boots a fresh flash with this code; */
async function boot(code: string, options: RebootOptions = {}): Promise<SimulatedPico> {
  await blank.reboot({ program: { code }, image, ...options })
  return blank
}

/** Runs code to its end and returns what it printed and how it ended. */
async function run(code: string, options: RebootOptions = {}) {
  const lines: string[] = []
  const off = blank.onLine(line => lines.push(line))
  const board = await boot(code, options)
  const end = await board.ended
  off()
  return { lines, end }
}

type Teardown = { teardown: typeof t.teardown }

/** A server that does what a line asks of it. */
async function serve(t: Teardown): Promise<number> {
  const server = net.createServer({ noDelay: true }, socket => {
    socket.on('error', () => undefined)
    socket.on('data', bytes => {
      const asked = bytes.toString()
      if (asked === 'half')
        socket.write('one ', () => setImmediate(() => socket.write('line\nrest')))
      if (asked === 'bulk') socket.write(Buffer.alloc(100_000, 'x'))
      if (asked === 'end') socket.end('last')
      if (asked === 'reset') socket.resetAndDestroy()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

t.test("sockets behave as a board's do", async t => {
  const port = await serve(t)
  const { lines, end } = await run(`
import socket, errno, select
def dial():
    s = socket.socket()
    s.connect(socket.getaddrinfo('127.0.0.1', ${port})[0][-1])
    return s
s = dial()
s.write(b'half'); print(s.readline(), s.read(4))
s.setblocking(False); print(s.read(1))
try: s.recv(1)
except OSError as e: print(e.errno == errno.EAGAIN)
s.settimeout(0.05)
try: s.read(1)
except OSError as e: print(e.errno == errno.ETIMEDOUT)
p = select.poll(); p.register(s, select.POLLIN); print(p.poll(10))
s.settimeout(None); s.write(b'bulk')
n = 0
while n < 100000: n += len(s.recv(5000))
print(n, len(p.poll(0)))
b = bytearray(4); s.write(b'end'); print(s.readinto(b), b, s.read(1)); s.close()
s = dial(); s.write(b'reset')
try: s.read(1)
except OSError as e: print(e.errno == errno.ECONNRESET)
s.close()
try: socket.socket().connect(('127.0.0.1', 1))
except OSError as e: print(e.errno == errno.ECONNREFUSED)
try: socket.getaddrinfo('no-such-host.invalid', 1)
except OSError as e: print(e)
`)
  t.same(end, { why: 'exit' })
  t.same(lines, [
    "b'one line\\n' b'rest'",
    'None',
    'True',
    'True',
    '[]',
    '100000 0',
    "4 bytearray(b'last') b''",
    'True',
    'True',
    '-2',
  ])
})

t.test('only what was flushed or closed survives a power cut', async t => {
  const board = await boot(`
import os, time
open('/empty', 'w').close()
with open('/closed', 'w') as f: f.write('kept')
f = open('/flushed', 'w'); f.write('kept'); f.flush(); f.write(' lost')
os.mkdir('/d'); open('/d/a', 'w').close(); os.rename('/d/a', '/d/b'); os.remove('/empty')
print('ready')
time.sleep(1000)
`)
  await line(board, 'ready')
  await board.powerCut()
  t.same(board.end, { why: 'cut' })
  const flash = board.flash()
  t.equal(text(flash.get('closed')), 'kept')
  t.equal(text(flash.get('flushed')), 'kept')
  t.ok(flash.has('d/b') && !flash.has('d/a') && !flash.has('empty'))
  await board.reboot({
    program: { code: "import os\nprint(open('/flushed').read(), os.listdir('/d'))" },
  })
  await line(board, "kept ['b']")
})

t.test('a power cut comes right before or right after the commit it was set to', async t => {
  const code = "for i in range(3):\n    with open('/f%d' % i, 'w') as f: f.write('x')\n    print(i)"
  for (const when of ['before', 'after'] as const) {
    const { lines, end } = await run(code, { cutAt: { kind: 'commit', index: 3, when } })
    t.same(end, { why: 'point', point: { kind: 'commit', index: 3, when } })
    t.same(lines, ['0'])
  }
})

t.test('the heap is hard, and garbage between turns of loop() is none of its load', async t => {
  const app = `
def loop():
    for i in range(400):
        b = bytearray(5000)
        yield
    print('through')
    try:
        bytearray(180000)
    except MemoryError:
        print('no more')
    yield
`
  const board = await createSimulatedPico({ program: 'main', files: { 'app.py': app } })
  t.teardown(() => board.stop())
  const lines: string[] = []
  board.onLine(each => lines.push(each))
  t.same(await board.ended, { why: 'exit' })
  t.same(lines, ['through', 'no more'])
  const { heap } = board.stats()
  t.ok(heap.peakBytes > 5000 && heap.peakBytes < 60_000, `peak ${heap.peakBytes}`)
})

t.test('a reboot finds the same memory as the first boot', async t => {
  const app =
    'x = []\ndef loop():\n    x.append(bytearray(3000))\n    print(len(x))\n    while True:\n        yield\n'
  const board = await createSimulatedPico({ program: 'main', files: { 'app.py': app } })
  t.teardown(() => board.stop())
  const boots: number[] = []
  for (let boot = 0; boot < 3; boot++) {
    await line(board, '1')
    boots.push(await firstTurn(board))
    await board.reboot()
  }
  t.equal(boots[1], boots[0])
  t.equal(boots[2], boots[0])
})

t.test('an hour of sleep takes no time, and time skipped is time passed', async t => {
  // Time may be skipped only once the board sleeps: the line may come before boot() returns.
  const asleep = new Promise<void>(resolve => {
    const off = blank.onLine(each => {
      if (each !== 'asleep') return
      off()
      resolve()
    })
  })
  const board = await boot(`
import time
a = time.ticks_ms()
print('asleep')
time.sleep(3600)
print(time.ticks_diff(time.ticks_ms(), a) // 1000)
`)
  const started = performance.now()
  await asleep
  const slept = line(board, '3600')
  await board.advance(3_600_500)
  await slept
  t.ok(performance.now() - started < 10_000)
  t.ok(board.stats().skippedMs > 3_590_000)
})

t.test('without a link nothing goes in or out; with it, what waited arrives', async t => {
  const port = await serve(t)
  const board = await boot(`
import socket, network, time, errno
w = network.WLAN(network.STA_IF); w.connect('net')
s = socket.socket(); s.connect(('127.0.0.1', ${port}))
print(w.isconnected())
while w.isconnected(): time.sleep_ms(5)
try: socket.socket().connect(('127.0.0.1', ${port}))
except OSError as e: print(e.errno == 113)
s.write(b'end'); s.settimeout(0.05)
try: s.read(4)
except OSError as e: print('nothing')
s.settimeout(None)
print(s.read(4))
`)
  await line(board, 'True')
  board.link(false)
  await line(board, 'nothing')
  board.link(true)
  await line(board, "b'last'")
})

t.test('Ctrl-C interrupts a wait and a read', async t => {
  const port = await serve(t)
  const board = await boot(`
import time, socket
try:
    print('sleeping'); time.sleep(1000)
except KeyboardInterrupt: print('woken')
s = socket.socket(); s.connect(('127.0.0.1', ${port}))
try:
    print('reading'); s.read(1)
except KeyboardInterrupt: print('stopped')
`)
  await line(board, 'sleeping')
  board.interrupt()
  await line(board, 'reading')
  board.interrupt()
  await line(board, 'stopped')
})

t.test('a board that resets for ever is stopped with a message', async t => {
  const { end } = await run('import machine\nmachine.reset()')
  t.match(end, { why: 'reset-loop', message: /reset 6 times in a row.*machine\.reset/ })
})

t.test('a watchdog that is not fed resets the board, by its own clock', async t => {
  const board = await boot(`
import machine, time
print('cause', machine.reset_cause())
dog = machine.WDT(timeout=8000)
for i in range(3): time.sleep(5); dog.feed()
print('fed')
time.sleep(60)
`)
  const { resets } = board.stats()
  const fed = line(board, 'fed')
  await board.advance(16_000)
  await fed
  const again = line(board, 'cause 3')
  await board.advance(10_000)
  await again
  t.equal(board.stats().resets, resets + 1)
})

t.test('a missing module and an endless computation end in bounded time', async t => {
  const { end } = await run('import no_such_module')
  t.match(end, { why: 'exception', type: 'ImportError', message: /no_such_module/ })
  const board = await boot("print('busy')\nwhile True: pass")
  await line(board, 'busy')
  await board.powerCut()
  t.same(board.end, { why: 'cut' })
  await board.reboot({ program: { code: "print('well')" } })
  await line(board, 'well')
})

/** Resolves when the board prints the line; it may have been printed while nobody listened. */
function line(board: SimulatedPico, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const off = [
      board.onLine(each => {
        if (each === wanted) settle(resolve)
      }),
      board.onEnd(end => settle(() => reject(new Error(`${wanted}: ${JSON.stringify(end)}`)))),
    ]
    const settle = (how: () => void) => {
      for (const each of off) each()
      how()
    }
  })
}

async function firstTurn(board: SimulatedPico): Promise<number> {
  while (board.stats().heap.liveBytes === 0) await new Promise(resolve => setImmediate(resolve))
  return board.stats().heap.bootBytes
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString()
}
