import mqtt from 'mqtt-packet'
import type { LongRunOutcome } from '../model/board-checks.ts'
import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { DeviceBroker, type Hook } from './device-broker.ts'

/*
 * The firmware as it ships, main program and all, over minutes and hours of its own time.
 */

/** `files` go over the firmware's. */
type Files = { [path: string]: string }
export type LongRun = {
  name: string
  /** `waitLimitMs`: real time for any one wait. */
  run(files?: Files, waitLimitMs?: number): Promise<LongRunOutcome>
}

const minuteMs = 60_000
const defaultWaitLimitMs = 20_000
/** The third message: readings have 1, 3, 4 …; SUBSCRIBE has 2. */
const poisonId = 3
/** One reading, and then what the broker sends slowly. */
const slow = { intervalS: 3600 }
/** More than a tick counter holds. */
const tenDays = { intervalS: 10 * 86_400 }

export const longRuns: LongRun[] = [
  longRun('readings and commands', { intervalS: 3600 }, async ({ firmware, board, broker }) => {
    const levels: number[] = []
    board.onPin((name, level) => levels.push(name === 'LED' ? level : -1))
    await firmware.until('the first reading and the subscription', () => {
      return broker.log.includes('< suback 2') && readings(broker) === 1
    })
    broker.send('pico-1/led/set', 'on')
    broker.send('pico-1/led/set', 'toggle')
    await firmware.until('the state of the LED, thrice', () => ledStates(broker) === 'off,on,off')
    firmware.expect('LED', '1,0', levels.join())
    firmware.expect('readings', 1, readings(broker))
    return 'one reading sent, two commands obeyed'
  }),
  longRun('link lost for minutes', { intervalS: 60 }, async ({ firmware, board, broker }) => {
    await firmware.until('the first reading', () => readings(broker) === 1 && broker.settled)
    board.link(false)
    await board.advance(4.5 * minuteMs)
    firmware.expect('readings without a link', 1, readings(broker))
    firmware.expect('that it noticed', true, firmware.offline > 0)
    board.link(true)
    await board.advance(minuteMs)
    await firmware.until('what was kept', () => readings(broker) >= 6 && broker.settled)
    firmware.expect('readings', 6, readings(broker))
    return '4 readings taken without a link arrived once the link was back'
  }),
  longRun(
    'journal full when the link returns',
    { intervalS: 10 },
    async ({ firmware, board, broker }) => {
      await firmware.until('the first reading', () => readings(broker) === 1 && broker.settled)
      board.link(false)
      await board.advance(5 * minuteMs)
      board.link(true)
      await board.advance(minuteMs)
      await firmware.until('what was kept', () => readings(broker) >= 9 && broker.settled)
      await firmware.until('that it goes on', () => broker.log.length > 0 && readings(broker) >= 10)
      return 'the 8 readings that the journal held went out, and others after them'
    },
  ),
  longRun('broker gone for an hour', { intervalS: 600 }, async ({ firmware, board, broker }) => {
    await firmware.until('the first reading', () => readings(broker) === 1 && broker.settled)
    const { port } = broker
    await broker.stop()
    await board.advance(60 * minuteMs)
    const attempts = firmware.offline
    firmware.expect('attempts between 60 and 130', true, attempts >= 60 && attempts <= 130)
    await broker.start(port)
    // On a busy machine an attempt may run out of the board's skipped time; the next is up to a minute away.
    for (let minute = 0; minute < 8 && readings(broker) < 7; minute++) await board.advance(minuteMs)
    await firmware.until('what was kept', () => readings(broker) >= 7 && broker.settled)
    firmware.expect('readings', 7, readings(broker))
    return `${attempts} attempts in the hour, then all 6 readings`
  }),
  longRun('broker that answers late', { intervalS: 600 }, async ({ firmware, board, broker }) => {
    const late = 4500
    broker.hook = () => 'ignore'
    await firmware.until('CONNECT', () => broker.log.includes('> connect'))
    await board.advance(late)
    broker.raw(Buffer.of(0x20, 2, 0, 0))
    await firmware.until('SUBSCRIBE, or that it gave up', () => {
      return firmware.offline > 0 || broker.log.some(each => each.startsWith('> subscribe'))
    })
    await board.advance(late + minuteMs)
    broker.hook = () => 'answer'
    for (let minute = 0; minute < 8 && readings(broker) < 1; minute++) await board.advance(minuteMs)
    await firmware.until('the subscription', () => {
      return broker.log.some(each => each.startsWith('< suback'))
    })
    firmware.expect('readings', 1, readings(broker))
    return 'CONNACK was waited for in vain, again and again, and no watchdog bit'
  }),
  longRun(
    'a message that the broker never accepts',
    { intervalS: 5 },
    async ({ firmware, board, broker }) => {
      // The broker cuts at each PUBLISH of one id, as it does for a payload above its limit.
      const cuts: number[] = []
      broker.hook = packet => {
        if (packet.type !== 'PUBLISH' || packet.id !== poisonId) return 'answer'
        cuts.push(packet.dup ? 1 : 0)
        return 'cut'
      }
      await firmware.until('the first reading', () => readings(broker) === 1)
      for (let minute = 0; minute < 20 && readings(broker) < 20; minute++)
        await board.advance(minuteMs)
      firmware.expect('times it was sent, at most 14', true, cuts.length >= 1 && cuts.length <= 14)
      await firmware.until('readings behind it', () => readings(broker) >= 20)
      firmware.expect(
        'that it was told',
        1,
        firmware.lines.filter(one => /given up/.test(one)).length,
      )
      await board.powerCut()
      const before = cuts.length
      await board.reboot()
      await board.advance(minuteMs)
      firmware.expect('times it was sent after the boot', before, cuts.length)
      return `sent ${cuts.length} times, then given up; the readings behind it arrived`
    },
  ),
  longRun(
    'a broker that cuts each connection',
    { intervalS: 600 },
    async ({ firmware, board, broker }) => {
      // Each connection stands for some turns of the board: a cut that came at once would leave nothing to take for peace.
      const cutEveryMs = 5000
      broker.hook = packet => (packet.type === 'PUBLISH' ? 'ignore' : 'answer')
      await firmware.until('the first connection', () => broker.log.includes('> connect'))
      for (let atMs = 0; atMs < 10 * minuteMs; atMs += cutEveryMs) {
        await board.advance(cutEveryMs)
        broker.drop()
      }
      firmware.expect('that it was cut', true, firmware.offline > 0)
      const attempts = broker.log.filter(each => each === '> connect').length
      firmware.expect('connections in ten minutes, at most 25', true, attempts <= 25)
      return `${attempts} connections in ten minutes`
    },
  ),
  longRun('a megabyte at 60 KB a second', slow, async parts => {
    await feed(parts, publishBytes(1_000_000), { bytes: 6000, everyMs: 100 })
    return 'a packet of 1 MB was read past in 17 s, and no watchdog bit'
  }),
  longRun('a packet at 670 bytes a second', slow, async parts => {
    await feed(parts, publishBytes(8000), { bytes: 67, everyMs: 100 })
    return 'a packet of 8,000 B took 12 s, and no watchdog bit'
  }),
  longRun('a CONNACK a byte at a time', slow, async ({ firmware, board, broker }) => {
    broker.hook = () => 'ignore'
    await firmware.until('CONNECT', () => broker.log.includes('> connect'))
    for (const byte of [0x20, 2, 0, 0]) {
      await board.advance(2800)
      broker.raw(Buffer.of(byte))
    }
    broker.hook = () => 'answer'
    for (let minute = 0; minute < 5 && readings(broker) < 1; minute++) await board.advance(minuteMs)
    await firmware.until('the reading', () => readings(broker) === 1)
    return 'given up after 3 s, then another connection, and no watchdog bit'
  }),
  longRun(
    'a wrong Wi-Fi key',
    { intervalS: 600, key: 'wrong' },
    async ({ firmware, board, broker }) => {
      await board.advance(2 * minuteMs)
      const told = firmware.lines.filter(line => line === 'wifi net: wrong key').length
      firmware.expect('that it was told, once', 1, told)
      firmware.expect('packets', 0, broker.log.length)
      return 'it says so'
    },
  ),
  longRun('a reading every ten days', tenDays, async ({ firmware, board, broker }) => {
    await firmware.until('the first reading', () => readings(broker) === 1 && broker.settled)
    await board.advance(10 * minuteMs)
    firmware.expect('readings', 1, readings(broker))
    return 'one reading, and the next in ten days'
  }),
  {
    name: 'ids run out',
    async run(files = {}, waitLimitMs = defaultWaitLimitMs) {
      // The broker takes the first message and never finishes its exchange: its id, 1, stays in use.
      const hook: Hook = packet => (packet.type === 'PUBREL' ? 'ignore' : 'answer')
      const firmware = await FirmwareRun.open(
        port => ({ 'app.py': publishOverTheEnd(port), ...files }),
        waitLimitMs,
        hook,
      )
      return firmware.run(async ({ broker }) => {
        const end = await firmware.ended()
        await broker.quiet()
        const withId = (id: number) =>
          broker.log.filter(each => each.startsWith(`> publish ${id} `))
        firmware.expect('end of the program', 'exit', end)
        firmware.expect('messages', count, broker.received.length)
        firmware.expect('different messages', count, new Set(broker.received).size)
        firmware.expect('messages with the id that is held', 1, withId(1).length)
        firmware.expect('messages with id 0', 0, withId(0).length)
        return `ids ${lastId + 1} to ${idsMax} and on from 1, while the exchange of the first stayed open`
      })
    },
  },
]

const idsMax = 65_535
/** The last id that counts as used when the second message is published. */
const lastId = idsMax - 100
const count = 200

const ledStates = (broker: DeviceBroker) =>
  broker.received.filter(each => each === 'on' || each === 'off').join()

const readings = (broker: DeviceBroker) => broker.received.filter(each => each === '27.0').length

/** A program that publishes the first message at QoS 2, with id 1, and many more from shortly before the end of the ids, fifty at a time. */
function publishOverTheEnd(port: number): string {
  return `
from umqtt2.client import MQTTClient
def loop():
    c = MQTTClient('pico-1', '127.0.0.1', ${port}, ack_timeout=3600)
    c.store.slots = 64
    c.connect(False)
    c.publish('t', 'held', qos=2, wait=False)
    c.store.last_id = ${lastId}
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

type Parts = { firmware: FirmwareRun; board: SimulatedPico; broker: DeviceBroker }

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
  { firmware, board, broker }: Parts,
  packet: Buffer,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): Promise<void> {
  await firmware.until('the first reading', () => readings(broker) === 1 && broker.settled)
  for (let at = 0; at < packet.length; at += bytes) {
    broker.raw(packet.subarray(at, at + bytes))
    await board.advance(everyMs)
  }
  broker.send('pico-1/led/set', 'on')
  await firmware.until('the next command', () => ledStates(broker).endsWith(',on'))
  firmware.expect('lost connections', 0, firmware.offline)
}

function longRun(
  name: string,
  { intervalS, key }: { intervalS: number; key?: string },
  steps: (parts: Parts) => Promise<string>,
): LongRun {
  return {
    name,
    async run(files = {}, waitLimitMs = defaultWaitLimitMs) {
      const config = (port: number) =>
        JSON.stringify({ ...appConfig(port, intervalS), ...(key ? { key } : {}) })
      const firmware = await FirmwareRun.open(
        port => ({ 'config.json': config(port), ...files }),
        waitLimitMs,
      )
      return firmware.run(steps)
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
class FirmwareRun {
  private readonly board: SimulatedPico
  private readonly broker: DeviceBroker
  private readonly waitLimitMs: number
  private readonly problems: string[] = []
  /** How often the application said that it lost its broker or did not reach it. */
  offline = 0
  /** What it printed. */
  readonly lines: string[] = []

  static async open(
    files: (port: number) => Files,
    waitLimitMs: number,
    hook?: Hook,
  ): Promise<FirmwareRun> {
    const broker = await new DeviceBroker().start()
    // Readings are alike: the temperature of a simulated board never changes.
    broker.tellsApart = false
    if (hook) broker.hook = hook
    const board = await createSimulatedPico({
      program: 'main',
      files: files(broker.port),
      graceMs: 50,
    })
    return new FirmwareRun(board, broker, waitLimitMs)
  }

  constructor(board: SimulatedPico, broker: DeviceBroker, waitLimitMs: number) {
    this.board = board
    this.broker = broker
    this.waitLimitMs = waitLimitMs
    board.onLine(line => {
      this.lines.push(line)
      if (line.startsWith('offline')) this.offline += 1
    })
  }

  async run(steps: (parts: Parts) => Promise<string>): Promise<LongRunOutcome> {
    const { board, broker, problems } = this
    let seen = ''
    try {
      seen = await steps({ firmware: this, board, broker })
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
      await this.until('the end', () => board.end !== undefined, 'from the last packet')
    } catch (error) {
      await board.powerCut()
      return error instanceof Error ? error.message : String(error)
    }
    const { end } = board
    return end && 'message' in end ? end.message : String(end?.why)
  }

  /** Rejects where the board stands still or real time runs out; `from the last packet`: time counts anew with each. */
  until(what: string, holds: () => boolean, how?: 'from the last packet'): Promise<void> {
    const { waitLimitMs } = this
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        for (const off of offs) off()
        settle()
      }
      const check = () => {
        const { end } = this.board
        if (how === 'from the last packet') timer.refresh()
        if (holds()) finish(resolve)
        else if (end) finish(() => reject(new Error(`${what}: the board ended: ${end.why}`)))
      }
      const late = () => finish(() => reject(new Error(`${what}: not within ${waitLimitMs} ms`)))
      const timer = setTimeout(late, waitLimitMs)
      const offs = [this.broker.onChange(check), this.board.onEnd(check)]
      check()
    })
  }
}
