import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { DeviceBroker } from './device-broker.ts'
import { longRuns } from './long-runs.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

const client = 'lib/umqtt2/client.py'
/** What a broken copy never does need not be waited for as long. */
const brokenWaitLimitMs = 6000

/** One place of the firmware changed, and what the long run of that name finds then. */
const broken = [
  {
    what: 'obeys a toggle twice',
    file: 'app.py',
    from: '            self.led.toggle()\n',
    to: '            self.led.toggle()\n            self.led.toggle()\n',
    longRun: 'readings and commands',
    problem: /LED/,
  },
  {
    what: 'takes no reading while it is offline',
    file: 'app.py',
    from: '        self.left_ms = max(0, self.left_ms + self.interval_ms)\n',
    to: '        self.left_ms = max(0, self.left_ms + self.interval_ms)\n        if self.subscribed and not self.client.sock:\n            return\n',
    longRun: 'link lost for minutes',
    problem: /readings: expected 6|what was kept/,
  },
  {
    what: 'tells its state through the journal',
    file: 'app.py',
    from: 'self.client.publish(self.id + "/" + what, value, True)',
    to: 'self.client.publish(self.id + "/" + what, value, True, 1, False)',
    longRun: 'journal full when the link returns',
    problem: /what was kept/,
  },
  {
    what: 'knocks every second',
    file: 'app.py',
    from: 'return min(ms * 2, RETRY_MAX_MS)',
    to: 'return RETRY_MIN_MS',
    longRun: 'broker gone for an hour',
    problem: /attempts between/,
  },
  {
    what: 'does not feed its watchdog within a packet',
    file: 'app.py',
    from: '    app.client.wait = dog.feed\n',
    to: '',
    longRun: 'a packet at 670 bytes a second',
    problem: /the board reset \d+ times/,
  },
  {
    what: 'takes a CONNACK for peace',
    file: 'app.py',
    from: '                if app.acknowledged or ticks_diff(ticks_ms(), at) > PEACE_MS:\n',
    to: '                if True:\n',
    longRun: 'a broker that cuts each connection',
    problem: /connections in ten minutes/,
  },
  {
    what: 'sends a message for ever',
    file: client,
    from: '                        self.store.blame(m)\n',
    to: '',
    longRun: 'a message that the broker never accepts',
    problem: /times it was sent/,
  },
  {
    what: 'counts its ids on beyond 65,535',
    file: client,
    from: 'self.store.last_id % 65535 + 1',
    to: 'self.store.last_id + 1',
    longRun: 'ids run out',
    problem: /messages with id 0: expected 0, got 1/,
  },
  {
    what: 'lets its ids run over to 0',
    file: client,
    from: 'self.store.last_id % 65535 + 1',
    to: '(self.store.last_id + 1) % 65536',
    longRun: 'ids run out',
    problem: /messages with id 0: expected 0, got 1/,
  },
  {
    what: 'uses an id that is in flight',
    file: client,
    from: ' and not self.store.find(pid)',
    to: '',
    longRun: 'ids run out',
    problem: /messages with the id that is held: expected 1, got 2/,
  },
]

/** Boards side by side: most of what they do is wait. */
const sideBySide = { jobs: 4, timeout: limitMs }

t.test('firmware with one place changed is found out', sideBySide, async t => {
  for (const { what, file, from, to, longRun: name, problem } of broken) {
    t.test(`${name}: firmware that ${what}`, { buffered: true, timeout: limitMs }, async t => {
      const source = await readFile(path.join(packagedFirmware, file), 'utf8')
      t.equal(source.split(from).length, 2, 'the place is there once')
      const longRun = longRuns.find(each => each.name === name)
      const { problems } = await longRun!.run(
        { [file]: source.replace(from, to) },
        brokenWaitLimitMs,
      )
      t.match(problems.join('; '), problem)
    })
  }
})

/** Firmware without a broker, for so long; what it printed. */
async function alone(t: Tap, ms: number, files: { [path: string]: string }, config: object = {}) {
  const text = JSON.stringify({ id: 'p', ssid: 'net', host: '127.0.0.1', port: 1, ...config })
  const board = await createSimulatedPico({
    program: 'main',
    files: { 'config.json': text, ...files },
  })
  t.teardown(() => board.stop())
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  await board.advance(ms)
  return { lines, end: board.end, resets: board.stats().resets }
}

t.test(
  'a link that is up in name only is made anew, once the back-off is at its longest',
  async t => {
    const network = `
STA_IF = 0
class WLAN:
    def __init__(self, interface): self.on = False
    def active(self, on):
        self.on = on
        print('wifi', on)
    def config(self, **values): pass
    def connect(self, ssid, key): pass
    def isconnected(self): return self.on
`
    const { lines, end } = await alone(t, 6 * 60_000, { 'network.py': network })
    t.equal(end, undefined)
    const off = lines.filter(line => line === 'wifi False').length
    t.ok(off > 3 && off < 20, `${off} times`)
  },
)

t.test('a MicroPython without TLS says so, and the board goes on', async t => {
  const broker = await new DeviceBroker().start()
  t.teardown(() => broker.stop())
  const config = { ssl: true, port: broker.port }
  const { lines, end, resets } = await alone(t, 60_000, {}, config)
  t.equal(end, undefined)
  t.equal(resets, 0)
  t.match(lines[0], /^offline: ImportError\(.*ssl/)
})

type Tap = Pick<typeof t, 'teardown'>
