import type { PlayOutcome } from '../model/bench.ts'
import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { FakeBroker, type Hook } from './fake-broker.ts'

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

function play(
  name: string,
  { intervalS }: { intervalS: number },
  story: (scene: Scene) => Promise<string>,
): Play {
  return {
    name,
    async run(files = {}, patienceMs = defaultPatienceMs) {
      const config = (port: number) => JSON.stringify(appConfig(port, intervalS))
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
