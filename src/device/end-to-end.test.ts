import { readFile } from 'node:fs/promises'
import path from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import t from 'tap'
import { createRandom } from '../model/random.ts'
import { openTarget } from '../targets/index.ts'
import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { TargetError } from '../targets/target-error.ts'

/*
 * The whole way: firmware on a board whose power and network fail at random → a real broker → a subscriber, and commands back.
 * Readings that publish() took arrive exactly once, and no command is obeyed twice. One that arrives as the power goes may be lost, between
 * its id's commit and the callback: at most one for each cut.
 */
const limitMs = 300_000
const waitLimitMs = 60_000
const troubles = 16
const seed = Number(process.env.MQTTSPEC_SEED ?? 20_260)
/** Brokers that send a message again, DUP 0, after its PUBCOMP, on the next connection: no receiver can tell (reports/findings.md). */
const sendsAnew = ['aedes']
const budgets = { connectMs: 5000, replyMs: 5000, startMs: 20_000 }

t.test('with the power and the link failing at random', { jobs: 2, timeout: limitMs }, async t => {
  for (const name of ['aedes', 'mosquitto']) {
    t.test(`through ${name}`, { buffered: true, timeout: limitMs }, async t => {
      const broker = await openTarget(name, budgets).catch(error => {
        if (error instanceof TargetError && error.code === 'PROGRAM_MISSING') return undefined
        throw error
      })
      if (!broker) return t.pass('not run', { skip: `${name} is not installed` })
      t.teardown(() => broker.stop())
      const run = await Run.open(new URL(broker.address))
      t.teardown(() => run.stop())
      await run.trouble(troubles)
      const taken = await run.settled()
      const { arrived, sent, obeyed, cuts, losses } = run
      t.comment(
        `${taken.length} readings, ${sent.length} commands, ${cuts} power cuts, ${losses} link losses, seed ${seed}`,
      )
      t.ok(cuts > 5 && losses > 5)
      t.same(repeated(arrived), [], 'no reading arrived twice')
      t.same(
        taken.filter(each => !arrived.includes(each)),
        [],
        'every reading that was taken arrived',
      )
      if (sendsAnew.includes(name)) t.comment(`${repeated(obeyed).length} commands were sent anew`)
      else t.same(repeated(obeyed), [], 'no command was obeyed twice')
      const lost = sent.filter(each => !obeyed.includes(each))
      t.ok(lost.length <= cuts, `${lost.length} commands lost in the gap`)
      t.comment(`${lost.length} commands fell into the gap of a power cut`)
    })
  }
})

class Run {
  readonly board: SimulatedPico
  private readonly client: MqttClient
  private readonly random = createRandom(seed)
  readonly taken: string[] = []
  readonly arrived: string[] = []
  readonly sent: string[] = []
  readonly obeyed: string[] = []
  cuts = 0
  losses = 0
  private subscribed = false
  private readonly waiters = new Set<() => void>()

  static async open({ hostname, port }: URL): Promise<Run> {
    const client = await mqtt.connectAsync({ host: hostname, port: Number(port), protocol: 'mqtt' })
    await client.subscribeAsync(['pico-1/temperature', 'pico-1/status'], { qos: 2 })
    const config = {
      id: 'pico-1',
      ssid: 'net',
      host: hostname,
      port: Number(port),
      keepalive: 20,
      interval_s: 1,
    }
    const files = { 'config.json': JSON.stringify(config), 'app.py': await talkativeApp() }
    const board = await createSimulatedPico({ program: 'main', files, graceMs: 300 })
    return new Run(board, client)
  }

  constructor(board: SimulatedPico, client: MqttClient) {
    this.board = board
    this.client = client
    board.onLine(line => {
      const [word, what = ''] = line.split(' ')
      if (word === 'taken') this.taken.push(what)
      if (word === 'obeyed') this.obeyed.push(what)
      if (word === 'subscribed') this.subscribed = true
      this.wake()
    })
    client.on('message', (topic, payload) => {
      if (topic === 'pico-1/temperature') this.arrived.push(payload.toString())
      this.wake()
    })
  }

  /** So many rounds: a command or two, some time, then the power or the link goes. */
  async trouble(rounds: number): Promise<void> {
    const { board, random } = this
    await this.until('the subscription', () => this.subscribed)
    for (let round = 0; round < rounds; round++) {
      const commands = [1, 2].map(n => this.command(`c${round}-${n}`))
      await this.run(random.int(0, 3000))
      if (random.int(0, 1) === 0) {
        this.cuts += 1
        await board.powerCut()
        await board.reboot()
      } else {
        this.losses += 1
        board.link(false)
        await this.run(random.int(0, 60_000))
        board.link(true)
      }
      await Promise.all(commands)
      const before = this.arrived.length
      await this.until('a reading', () => this.arrived.length > before)
    }
  }

  /** The readings taken so far. They have arrived and nothing more comes of them: later ones have passed behind. */
  async settled(): Promise<string[]> {
    const known = [...this.taken]
    await this.command('last')
    await this.until('the last command', () => this.obeyed.includes('last'))
    await this.until('all readings', () => known.every(each => this.arrived.includes(each)))
    const [last] = this.taken.slice(-1)
    await this.until('one more reading', () => this.taken.at(-1) !== last)
    await this.board.powerCut()
    const all = [...this.taken]
    await this.board.reboot()
    await this.until('what was left', () => all.every(each => this.arrived.includes(each)))
    return all
  }

  async stop(): Promise<void> {
    await this.board.stop()
    await this.client.endAsync(true)
  }

  private async command(text: string): Promise<void> {
    this.sent.push(text)
    await this.client.publishAsync('pico-1/led/set', text, { qos: 2 })
  }

  /** Lets the board's time pass, a little at a time, so that it works and does not only wait. */
  private async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) await this.board.advance(Math.min(500, left))
  }

  /** Moves the board's clock until it holds; rejects when ours runs out. */
  private async until(what: string, holds: () => boolean): Promise<void> {
    const endMs = performance.now() + waitLimitMs
    while (!holds()) {
      if (this.board.end)
        throw new Error(`${what}: the board ended: ${JSON.stringify(this.board.end)}`)
      if (performance.now() > endMs) throw new Error(`${what}: not within ${waitLimitMs} ms`)
      await Promise.race([
        this.board.advance(2000),
        new Promise<void>(done => this.waiters.add(done)),
      ])
    }
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter()
    this.waiters.clear()
  }
}

/** The app as it ships, with readings that can be told apart and a line for what it does. */
async function talkativeApp(): Promise<string> {
  let source = await readFile(path.join(packagedFirmware, 'app.py'), 'utf8')
  const patch = (from: string, to: string) => {
    if (source.split(from).length !== 2) throw new Error(`app.py does not hold this once: ${from}`)
    source = source.replace(from, to)
  }
  patch('from time import sleep_ms', 'from time import time, sleep_ms')
  patch(
    '            self.client.publish(self.id + "/temperature", "%.1f" % temperature(), False, 2, False)\n',
    '            t = "%d-%d" % (time(), ticks_ms())\n            self.client.publish(self.id + "/temperature", t, False, 2, False)\n            print("taken", t)\n',
  )
  patch(
    '        if msg == b"toggle":\n',
    '        print("obeyed", msg.decode())\n        if msg == b"toggle":\n',
  )
  patch(
    '            self.subscribed = code < 0x80\n',
    '            self.subscribed = code < 0x80\n            print("subscribed")\n',
  )
  return source
}

function repeated(all: readonly string[]): string[] {
  return all.filter((each, index) => all.indexOf(each) !== index)
}
