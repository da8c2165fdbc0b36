import mqtt from 'mqtt-packet'
import type { PlayOutcome } from '../model/board-checks.ts'
import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { FakeBroker, type Hook } from './device-broker.ts'

/*
 * The firmware as it ships, main program and all, over minutes and hours of its own time.
 */

/** `files` go over the firmware's. */
type Files = { [path: string]: string }
export type Play = {
  name: string
  /** `patienceMs`: real time for any one wait. */
  run(files?: Files, patienceMs?: number): Promise<PlayOutcome>
}

const minuteMs = 60_000
const defaultPatienceMs = 20_000
/** The third message: readings have 1, 3, 4 …; SUBSCRIBE has 2. */
const poisonId = 3
/** One reading, and then what the broker sends slowly. */
const slow = { intervalS: 3600 }
/** More than a tick counter holds. */
const tenDays = { intervalS: 10 * 86_400 }

export const plays: Play[] = [
  play('readings and commands', { intervalS: 3600 }, async ({ stage, board, broker }) => {
    const levels: number[] = []
    board.onPin((name, level) => levels.push(name === 'LED' ? level : -1))
    await stage.until('the first reading and the subscription', () => {
      return broker.log.includes('< suback 2') && readings(broker) === 1
    })
    broker.send('pico-1/led/set', 'on')
    broker.send('pico-1/led/set', 'toggle')
    await stage.until('the state of the LED, thrice', () => ledStates(broker) === 'off,on,off')
    stage.expect('LED', '1,0', levels.join())
    stage.expect('readings', 1, readings(broker))
    return 'one reading sent, two commands obeyed'
  }),
  play('link lost for minutes', { intervalS: 60 }, async ({ stage, board, broker }) => {
    await stage.until('the first reading', () => readings(broker) === 1 && broker.settled)
    board.link(false)
    await board.advance(4.5 * minuteMs)
    stage.expect('readings without a link', 1, readings(broker))
    stage.expect('that it noticed', true, stage.offline > 0)
    board.link(true)
    await board.advance(minuteMs)
    await stage.until('what was kept', () => readings(broker) >= 6 && broker.settled)
    stage.expect('readings', 6, readings(broker))
    return '4 readings taken without a link arrived once the link was back'
  }),
  play(
    'journal full when the link returns',
    { intervalS: 10 },
    async ({ stage, board, broker }) => {
      await stage.until('the first reading', () => readings(broker) === 1 && broker.settled)
      board.link(false)
      await board.advance(5 * minuteMs)
      board.link(true)
      await board.advance(minuteMs)
      await stage.until('what was kept', () => readings(broker) >= 9 && broker.settled)
      await stage.until('that it goes on', () => broker.log.length > 0 && readings(broker) >= 10)
      return 'the 8 readings that the journal held went out, and others after them'
    },
  ),
  play('broker gone for an hour', { intervalS: 600 }, async ({ stage, board, broker }) => {
    await stage.until('the first reading', () => readings(broker) === 1 && broker.settled)
    const { port } = broker
    await broker.stop()
    await board.advance(60 * minuteMs)
    const attempts = stage.offline
    stage.expect('attempts between 60 and 130', true, attempts >= 60 && attempts <= 130)
    await broker.start(port)
    // On a busy machine an attempt may run out of the board's skipped time; the next is up to a minute away.
    for (let minute = 0; minute < 8 && readings(broker) < 7; minute++) await board.advance(minuteMs)
    await stage.until('what was kept', () => readings(broker) >= 7 && broker.settled)
    stage.expect('readings', 7, readings(broker))
    return `${attempts} attempts in the hour, then all 6 readings`
  }),
  play('broker that answers late', { intervalS: 600 }, async ({ stage, board, broker }) => {
    const late = 4500
    broker.hook = () => 'ignore'
    await stage.until('CONNECT', () => broker.log.includes('> connect'))
    await board.advance(late)
    broker.raw(Buffer.of(0x20, 2, 0, 0))
    await stage.until('SUBSCRIBE, or that it gave up', () => {
      return stage.offline > 0 || broker.log.some(each => each.startsWith('> subscribe'))
    })
    await board.advance(late + minuteMs)
    broker.hook = () => 'answer'
    for (let minute = 0; minute < 8 && readings(broker) < 1; minute++) await board.advance(minuteMs)
    await stage.until('the subscription', () => {
      return broker.log.some(each => each.startsWith('< suback'))
    })
    stage.expect('readings', 1, readings(broker))
    return 'CONNACK was waited for in vain, again and again, and no watchdog bit'
  }),
  play(
    'a message that the broker never accepts',
    { intervalS: 5 },
    async ({ stage, board, broker }) => {
      // The broker cuts at each PUBLISH of one id, as it does for a payload above its limit.
      const cuts: number[] = []
      broker.hook = packet => {
        if (packet.cmd !== 'publish' || packet.messageId !== poisonId) return 'answer'
        cuts.push(packet.dup ? 1 : 0)
        return 'cut'
      }
      await stage.until('the first reading', () => readings(broker) === 1)
      for (let minute = 0; minute < 20 && readings(broker) < 20; minute++)
        await board.advance(minuteMs)
      stage.expect('times it was sent, at most 14', true, cuts.length >= 1 && cuts.length <= 14)
      await stage.until('readings behind it', () => readings(broker) >= 20)
      stage.expect('that it was told', 1, stage.lines.filter(one => /given up/.test(one)).length)
      await board.powerCut()
      const before = cuts.length
      await board.reboot()
      await board.advance(minuteMs)
      stage.expect('times it was sent after the boot', before, cuts.length)
      return `sent ${cuts.length} times, then given up; the readings behind it arrived`
    },
  ),
  play(
    'a broker that cuts each connection',
    { intervalS: 600 },
    async ({ stage, board, broker }) => {
      // Each connection stands for some turns of the board: a cut that came at once would leave nothing to take for peace.
      const cutEveryMs = 5000
      broker.hook = packet => (packet.cmd === 'publish' ? 'ignore' : 'answer')
      await stage.until('the first connection', () => broker.log.includes('> connect'))
      for (let atMs = 0; atMs < 10 * minuteMs; atMs += cutEveryMs) {
        await board.advance(cutEveryMs)
        broker.drop()
      }
      stage.expect('that it was cut', true, stage.offline > 0)
      const attempts = broker.log.filter(each => each === '> connect').length
      stage.expect('connections in ten minutes, at most 25', true, attempts <= 25)
      return `${attempts} connections in ten minutes`
    },
  ),
  play('a megabyte at 60 KB a second', slow, async scene => {
    await feed(scene, publishBytes(1_000_000), { bytes: 6000, everyMs: 100 })
    return 'a packet of 1 MB was read past in 17 s, and no watchdog bit'
  }),
  play('a packet at 670 bytes a second', slow, async scene => {
    await feed(scene, publishBytes(8000), { bytes: 67, everyMs: 100 })
    return 'a packet of 8,000 B took 12 s, and no watchdog bit'
  }),
  play('a CONNACK a byte at a time', slow, async ({ stage, board, broker }) => {
    broker.hook = () => 'ignore'
    await stage.until('CONNECT', () => broker.log.includes('> connect'))
    for (const byte of [0x20, 2, 0, 0]) {
      await board.advance(2800)
      broker.raw(Buffer.of(byte))
    }
    broker.hook = () => 'answer'
    for (let minute = 0; minute < 5 && readings(broker) < 1; minute++) await board.advance(minuteMs)
    await stage.until('the reading', () => readings(broker) === 1)
    return 'given up after 3 s, then another connection, and no watchdog bit'
  }),
  play('a wrong Wi-Fi key', { intervalS: 600, key: 'wrong' }, async ({ stage, board, broker }) => {
    await board.advance(2 * minuteMs)
    const told = stage.lines.filter(line => line === 'wifi net: wrong key').length
    stage.expect('that it was told, once', 1, told)
    stage.expect('packets', 0, broker.log.length)
    return 'it says so'
  }),
  play('a reading every ten days', tenDays, async ({ stage, board, broker }) => {
    await stage.until('the first reading', () => readings(broker) === 1 && broker.settled)
    await board.advance(10 * minuteMs)
    stage.expect('readings', 1, readings(broker))
    return 'one reading, and the next in ten days'
  }),
  {
    name: 'ids run out',
    async run(files = {}, patienceMs = defaultPatienceMs) {
      const count = idsMax + 10
      // The broker takes the first message and never finishes its exchange: its id, 1, stays in use.
      const hook: Hook = packet => (packet.cmd === 'pubrel' ? 'ignore' : 'answer')
      const stage = await Stage.open(
        port => ({ 'app.py': publishMany(port, count), ...files }),
        patienceMs,
        hook,
      )
      return stage.play(async ({ broker }) => {
        const end = await stage.ended()
        await broker.quiet()
        const withId = (id: number) =>
          broker.log.filter(each => each.startsWith(`> publish ${id} `))
        stage.expect('end of the program', 'exit', end)
        stage.expect('messages', count, broker.received.length)
        stage.expect('different messages', count, new Set(broker.received).size)
        stage.expect('messages with the id that is held', 1, withId(1).length)
        stage.expect('messages with id 0', 0, withId(0).length)
        return `${count} messages, while the exchange of the first stayed open`
      })
    },
  },
]

const idsMax = 65_535

const ledStates = (broker: FakeBroker) =>
  broker.received.filter(each => each === 'on' || each === 'off').join()

const readings = (broker: FakeBroker) => broker.received.filter(each => each === '27.0').length

/** A program that publishes so many messages, the first at QoS 2, fifty at a time. */
function publishMany(port: number, count: number): string {
  return `
from umqtt2.client import MQTTClient
def loop():
    c = MQTTClient('pico-1', '127.0.0.1', ${port}, ack_timeout=3600)
    c.store.slots = 64
    c.connect(False)
    c.publish('t', 'held', qos=2, wait=False)
    n = 0
    while n < ${count - 1}:
        for i in range(min(50, ${count - 1} - n)):
            c.publish('t', 'm%d' % n, qos=1, wait=False)
            n += 1
        while c.pending() > 1:
            c.wait_msg()
        yield
    c.disconnect()
`
}

type Scene = { stage: Stage; board: SimulatedPico; broker: FakeBroker }

/** A PUBLISH at QoS 0 of so many bytes in all. */
function publishBytes(count: number): Buffer {
  const payload = Buffer.alloc(count - 5 - 2 - 13, 'x')
  return mqtt.generate({
    cmd: 'publish',
    topic: 'pico-1/led/se',
    payload,
    qos: 0,
    dup: false,
    retain: false,
  })
}

/** Sends it in pieces by the board's clock, once the board is at peace. Both go on after it. */
async function feed(
  { stage, board, broker }: Scene,
  packet: Buffer,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): Promise<void> {
  await stage.until('the first reading', () => readings(broker) === 1 && broker.settled)
  for (let at = 0; at < packet.length; at += bytes) {
    broker.raw(packet.subarray(at, at + bytes))
    await board.advance(everyMs)
  }
  broker.send('pico-1/led/set', 'on')
  await stage.until('the next command', () => ledStates(broker).endsWith(',on'))
  stage.expect('lost connections', 0, stage.offline)
}

function play(
  name: string,
  { intervalS, key }: { intervalS: number; key?: string },
  story: (scene: Scene) => Promise<string>,
): Play {
  return {
    name,
    async run(files = {}, patienceMs = defaultPatienceMs) {
      const config = (port: number) =>
        JSON.stringify({ ...appConfig(port, intervalS), ...(key ? { key } : {}) })
      const stage = await Stage.open(
        port => ({ 'config.json': config(port), ...files }),
        patienceMs,
      )
      return stage.play(story)
    },
  }
}

function appConfig(port: number, intervalS: number) {
  return {
    id: 'pico-1',
    ssid: 'net',
    host: '127.0.0.1',
    port,
    keepalive: 60,
    interval_s: intervalS,
  }
}

/** A board with its main program, a fake broker, and what was found wrong. */
class Stage {
  private readonly board: SimulatedPico
  private readonly broker: FakeBroker
  private readonly patienceMs: number
  private readonly problems: string[] = []
  /** How often the application said that it lost its broker or did not reach it. */
  offline = 0
  /** What it printed. */
  readonly lines: string[] = []

  static async open(
    files: (port: number) => Files,
    patienceMs: number,
    hook?: Hook,
  ): Promise<Stage> {
    const broker = await new FakeBroker().start()
    // Readings are alike: the temperature of a simulated board never changes.
    broker.tellsApart = false
    if (hook) broker.hook = hook
    const board = await createSimulatedPico({
      program: 'main',
      files: files(broker.port),
      graceMs: 50,
    })
    return new Stage(board, broker, patienceMs)
  }

  constructor(board: SimulatedPico, broker: FakeBroker, patienceMs: number) {
    this.board = board
    this.broker = broker
    this.patienceMs = patienceMs
    board.onLine(line => {
      this.lines.push(line)
      if (line.startsWith('offline')) this.offline += 1
    })
  }

  async play(story: (scene: Scene) => Promise<string>): Promise<PlayOutcome> {
    const { board, broker, problems } = this
    let seen = ''
    try {
      seen = await story({ stage: this, board, broker })
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
    problems.push(...broker.breaches)
    const { resets } = board.stats()
    if (resets > 0) problems.push(`the board reset ${resets} times`)
    await board.stop()
    await broker.stop()
    return { seen, problems }
  }

  expect(what: string, wanted: unknown, got: unknown): void {
    if (wanted !== got) this.problems.push(`${what}: expected ${wanted}, got ${got}`)
  }

  /** How the program ended. One that sends nothing more and does not end either is told so, and ended. */
  async ended(): Promise<string> {
    const { board } = this
    try {
      await this.until('the end', () => board.end !== undefined, 'patient')
    } catch (error) {
      await board.powerCut()
      return error instanceof Error ? error.message : String(error)
    }
    const { end } = board
    return end && 'message' in end ? end.message : String(end?.why)
  }

  /** Rejects where the board stands still or real time runs out; `patient`: counted from the last packet. */
  until(what: string, holds: () => boolean, how?: 'patient'): Promise<void> {
    const { patienceMs } = this
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        for (const off of offs) off()
        settle()
      }
      const check = () => {
        const { end } = this.board
        if (how === 'patient') timer.refresh()
        if (holds()) finish(resolve)
        else if (end) finish(() => reject(new Error(`${what}: the board ended: ${end.why}`)))
      }
      const late = () => finish(() => reject(new Error(`${what}: not within ${patienceMs} ms`)))
      const timer = setTimeout(late, patienceMs)
      const offs = [this.broker.onChange(check), this.board.onEnd(check)]
      check()
    })
  }
}
