import t from 'tap'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { FakeBroker } from './fake-broker.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

/*
 * The firmware as it ships, main program and all, over minutes and hours of its own time.
 */
const minute = 60_000

async function open(t: Teardown, intervalS: number) {
  const broker = await new FakeBroker().start()
  broker.tellsApart = false
  const config = {
    id: 'pico-1',
    ssid: 'net',
    host: '127.0.0.1',
    port: broker.port,
    keepalive: 60,
    interval_s: intervalS,
  }
  const board = await createSimulatedPico({
    program: 'main',
    files: { 'config.json': JSON.stringify(config) },
    graceMs: 50,
  })
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  t.teardown(async () => {
    await board.stop()
    await broker.stop()
  })
  return { board, broker, lines }
}

type Teardown = { teardown: typeof t.teardown }

/** Resolves when the broker's state is so. */
function until(broker: FakeBroker, holds: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const check = () => {
      if (!holds()) return
      off()
      resolve()
    }
    const off = broker.onChange(check)
    check()
  })
}

const readings = (broker: FakeBroker) => broker.received.filter(each => each === '27.0').length

t.test('the app publishes its temperature and obeys the LED commands, each once', async t => {
  t.setTimeout(limitMs)
  const { board, broker } = await open(t, 3600)
  const levels: number[] = []
  board.onPin((name, level) => levels.push(name === 'LED' ? level : -1))
  await until(broker, () => readings(broker) === 1 && broker.log.includes('< suback 2'))
  broker.send('pico-1/led/set', 'on')
  broker.send('pico-1/led/set', 'toggle')
  await until(broker, () => broker.received.includes('on') && broker.received.includes('off'))
  t.same(levels, [1, 0])
  t.same(broker.breaches, [])
  t.equal(board.end, undefined)
})

t.test('minutes without a link lose no reading and repeat none', async t => {
  t.setTimeout(limitMs)
  const { board, broker, lines } = await open(t, 60)
  await until(broker, () => readings(broker) === 1 && broker.settled)
  board.link(false)
  await board.advance(4.5 * minute)
  t.equal(readings(broker), 1)
  board.link(true)
  await board.advance(minute)
  await until(broker, () => readings(broker) >= 6 && broker.settled)
  t.equal(readings(broker), 6, 'one a minute')
  t.ok(
    lines.some(line => line.startsWith('offline')),
    'it noticed',
  )
  t.same(broker.breaches, [])
})

t.test(
  'a broker gone for an hour is asked less and less often, then gets what the journal kept',
  async t => {
    t.setTimeout(limitMs)
    const { board, broker, lines } = await open(t, 600)
    await until(broker, () => readings(broker) === 1 && broker.settled)
    const { port } = broker
    await broker.stop()
    await board.advance(60 * minute)
    const attempts = lines.filter(line => line.startsWith('offline')).length
    t.ok(attempts >= 60 && attempts <= 130, `${attempts} attempts in an hour`)
    t.equal(board.end, undefined, 'and the watchdog was fed')
    t.equal(board.stats().resets, 0)
    await broker.start(port)
    await board.advance(2 * minute)
    await until(broker, () => readings(broker) >= 7 && broker.settled)
    t.equal(readings(broker), 7)
    t.same(broker.breaches, [])
  },
)
