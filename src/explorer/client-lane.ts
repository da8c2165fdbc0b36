import { eventOf } from '../engine/actors/app-actor.ts'
import type { FaultBeyond } from '../explore/fault.ts'
import { type Intent, isRepeatable, withMessages } from '../explore/flow.ts'
import type { Outcome } from '../explore/outcome.ts'
import type { Atom } from '../explore/schedule.ts'
import type { Setup } from '../explore/setup.ts'
import type { AppCommand } from '../model/app.ts'
import type { Breach } from '../model/finding.ts'
import type { Connack, Connect, Packet, Publish } from '../model/packet.ts'
import { sentinelPrefix } from '../model/trace.ts'
import { versionOfLevel } from '../model/version.ts'
import type { AppHandle, ClientTarget } from '../targets/target.ts'
import { Listener } from '../transport/listen.ts'
import { Endpoint, fenceLabel } from './endpoint.ts'
import { Judging } from './judging.ts'
import {
  askAfterMs,
  interruptedText,
  type Lane,
  type LaneOptions,
  quietRounds,
  returnsMax,
  turnsMax,
  withCanary,
} from './lane.ts'
import { Strikes } from './strikes.ts'
import { Turns } from './turns.ts'

/** Schedules after which a lane begins anew. */
const schedulesMax = 32

/** The peer of a flow that is our broker; every other is the application on the client under test. */
const ours = 'broker'

/** A lane against a client library: the application is told what to do, and our broker follows the state machines. */
export class ClientLane implements Lane {
  readonly setup: Setup
  private readonly target: ClientTarget
  private readonly options: LaneOptions
  private readonly judging: Judging
  private readonly turns = new Turns()
  private readonly broker: Endpoint
  private readonly name: string
  private listener: Listener | undefined
  private app: AppHandle | undefined
  private strikes = new Strikes([])
  private schedules = 0
  private connections = 0
  private sentinels = 0
  private tags = 0
  private round = 0
  private readonly untold = new Set<string>()
  private connected = false
  private begun = false
  private spent = false
  private failure: string | undefined
  /** The session that our broker has with the client is thrown away at its next CONNECT. */
  private throws = false
  /** Whether our broker has a session with it at all. */
  private knows = false
  /** The client is meant to be away. */
  private stays = true
  /** Times that it was told to come back at once in this round. */
  private returns = 0
  /** It is told to come back only when all has come to rest. */
  private asked = false
  /** The power of the board is off, or its program starts. */
  private powering: Promise<void> | undefined
  private powerCuts = 0

  constructor(target: ClientTarget, options: LaneOptions) {
    this.target = target
    this.options = options
    this.setup = { ...options.setup, flow: withMessages(options.setup.flow, options.messages) }
    const { version, flow } = this.setup
    this.name = flow.peers.find(({ name }) => name !== ours)?.name ?? 'app'
    this.judging = new Judging({
      target: 'client',
      version,
      hearsApp: target.level === 1,
      keep: options.alone,
    })
    this.broker = new Endpoint(
      { name: ours, session: 'kept' },
      {
        version,
        plays: 'server',
        judging: this.judging,
        strikes: () => this.strikes,
        nextConnection: () => ++this.connections,
        maxPacketBytes: options.maxPacketBytes,
        ...(options.idsFrom === undefined ? {} : { idsFrom: options.idsFrom }),
        changed: () => this.turns.changed(),
        beyond: (_, fault) => this.beyond(fault),
        ended: () => this.ended(),
        greeted: (_, packet) => this.greeted(packet),
      },
    )
  }

  get ourBreaches(): readonly Breach[] {
    return this.judging.ourBreaches
  }

  get isNew(): boolean {
    return !this.begun
  }

  get isSpent(): boolean {
    return this.spent || this.schedules >= schedulesMax
  }

  async run(atoms: readonly Atom[]): Promise<Outcome> {
    this.schedules += 1
    try {
      if (!this.begun && this.setup.manner.before > 0) await this.play(new Strikes([]))
      const outcome = await this.play(new Strikes(atoms))
      if (!isRepeatable(this.setup.flow)) this.spent = true
      return outcome
    } catch (error) {
      this.spent = true
      const lost = error instanceof Error ? error.message : String(error)
      return { ...this.judging.outcomeOf(this.strikes, 0, lost), breaches: [], lost }
    }
  }

  interrupt(): void {
    this.fail(interruptedText)
  }

  private async play(strikes: Strikes): Promise<Outcome> {
    this.strikes = strikes
    this.round += 1
    this.returns = 0
    const found = this.judging.found.length
    if (!this.begun) await this.begin()
    strikes.inSteps = true
    for (const intent of this.setup.flow.steps) {
      if (this.failure !== undefined) break
      await this.powering
      if (intent.kind === 'rest') await this.rest()
      else await this.perform(intent)
    }
    await this.recover()
    await this.fence()
    await this.settle()
    if (this.failure === undefined) this.judging.close()
    const outcome = this.judging.outcomeOf(strikes, found, this.failure)
    if (outcome.breaches.length > 0 || this.failure !== undefined) this.spent = true
    return outcome
  }

  private async begin(): Promise<void> {
    this.begun = true
    const host = this.target.listenHost
    this.listener = await Listener.open({ host, port: 0, changed: () => this.accept() })
    this.app = await this.target.open(`${this.options.nonce}${this.name}`)
    this.app.onEvent(raw => this.hear(raw))
    await this.comeBack()
    await this.until(() => this.broker.status === 'up' || !this.isComing)
    for (const intent of this.setup.flow.begin) {
      if (intent.kind === 'rest') await this.rest()
      else await this.perform(intent)
    }
    await this.rest()
    if (!this.broker.isWhole) await this.recover()
  }

  // ---- the application

  private async perform(intent: Exclude<Intent, { kind: 'rest' }>): Promise<void> {
    const isOurs = intent.peer === ours
    switch (intent.kind) {
      case 'subscribe':
        await this.tell('subscribe', {
          filter: this.topic(intent.topic),
          qos: intent.qos,
          tag: this.tag(),
        })
        return
      case 'unsubscribe':
        await this.tell('unsubscribe', { filter: this.topic(intent.topic), tag: this.tag() })
        return
      case 'publish':
        if (isOurs) {
          this.broker.publish(this.publication(intent), intent.label)
          return
        }
        await this.appPublish(intent)
        return
      case 'leave':
        this.stays = true
        await this.tell('disconnect', {})
        return
      case 'cut':
        this.broker.cut(intent.how)
        return
      case 'return':
        await this.comeBack()
        return
      case 'hold':
        if (isOurs) this.broker.hold()
        return
      case 'release':
        if (isOurs) this.broker.release()
        return
      case 'takeover':
        return
    }
    intent satisfies never
  }

  private async appPublish(intent: Extract<Intent, { kind: 'publish' }>): Promise<void> {
    const tag = this.tag()
    if (intent.qos > 0) this.untold.add(tag)
    const { topic, qos, payload } = this.publication(intent)
    await this.tell('publish', { topic, qos, payload, tag, retain: intent.retain })
  }

  private publication({
    topic,
    qos,
    retain,
    label,
  }: Extract<Intent, { kind: 'publish' }>): Publish {
    const payload = new TextEncoder().encode(`${label}.${String(this.round).padStart(3, '0')}`)
    return {
      type: 'PUBLISH',
      topic: this.topic(topic),
      qos,
      dup: false,
      retain,
      payload,
      properties: {},
    }
  }

  private topic(name: string): string {
    return `${this.options.nonce}/${name}`
  }

  private tag(): string {
    this.tags += 1
    return `t${this.tags}`
  }

  private async comeBack(): Promise<void> {
    this.stays = false
    if (this.asked) return
    this.asked = true
    await this.tell('connect', {
      host: this.target.listenHost,
      port: this.listener?.port ?? 0,
      version: this.setup.version,
      clientId: `${this.options.nonce}${this.name}`.slice(0, 23),
      session: 'kept',
      keepAliveS: 60,
    })
  }

  /** Written down as it is given: what the client does at once may be on the wire before its adapter has answered. */
  private async tell(name: AppCommand['do'], fields: { [name: string]: unknown }): Promise<void> {
    const { app } = this
    if (!app || this.failure !== undefined) return
    const { topic, filter, qos, tag, payload } = fields
    const command = {
      do: name,
      ...(topic === undefined ? {} : { topic }),
      ...(filter === undefined ? {} : { filter }),
      ...(qos === undefined ? {} : { qos }),
      ...(tag === undefined ? {} : { tag }),
      ...(payload instanceof Uint8Array ? { payload } : {}),
      ok: true,
    } as AppCommand
    this.judging.record({ kind: 'command', actor: this.name, command })
    const cuts = this.powerCuts
    const answer = await app.command(name, fields)
    // Nobody knows how far a board got with it whose power went meanwhile.
    if (answer.ok || this.powerCuts > cuts) return
    const refused = { ...command, ok: false, error: answer.error }
    this.judging.record({ kind: 'command', actor: this.name, command: refused })
    this.fail(`the adapter cannot ${name}: ${answer.error}`)
  }

  private hear(raw: { event: string; [name: string]: unknown }): void {
    const event = eventOf(raw)
    if (!event) return
    this.judging.record({ kind: 'app', actor: this.name, event })
    if (event.event === 'published') this.untold.delete(event.tag)
    if (event.event === 'connected') this.connected = (event.code ?? 0) === 0
    if (event.event === 'disconnected') this.connected = false
    this.turns.changed()
  }

  // ---- our broker

  private accept(): void {
    for (
      let stream = this.listener?.waiting.shift();
      stream;
      stream = this.listener?.waiting.shift()
    ) {
      if (this.broker.isOpen) this.broker.abandon(true)
      this.broker.attach(withCanary(stream, this.options, this.judging))
      this.broker.status = 'greeting'
      this.asked = false
    }
    this.turns.changed()
  }

  private greeted(packet: Packet): void {
    const { broker } = this
    switch (packet.type) {
      case 'CONNECT':
        this.greet(packet)
        return
      case 'SUBSCRIBE': {
        const codes = packet.subscriptions.map(({ qos }) => qos)
        broker.send({ type: 'SUBACK', id: packet.id, codes, properties: {} }, '')
        return
      }
      case 'UNSUBSCRIBE': {
        const codes = packet.filters.map(() => 0)
        broker.send({ type: 'UNSUBACK', id: packet.id, codes, properties: {} }, '')
        return
      }
      default:
        return
    }
  }

  private greet({ clean, protocolLevel, properties }: Connect): void {
    const { broker } = this
    broker.conversation?.speak(versionOfLevel(protocolLevel) ?? this.setup.version)
    const resumed = this.knows && !clean && !this.throws
    this.throws = false
    const connack: Connack = { type: 'CONNACK', sessionPresent: resumed, code: 0, properties: {} }
    const { receiveMaximum } = properties
    const window = typeof receiveMaximum === 'number' ? { receiveMaximum } : {}
    if (!resumed) broker.session.forget()
    broker.send(this.setup.version === '3.1' ? { ...connack, sessionPresent: false } : connack, '')
    if (!broker.isOpen || broker.status !== 'greeting') return
    this.knows = true
    broker.accepted({ ...connack, properties: window }, resumed)
    if (resumed) broker.resume()
    broker.pump()
  }

  private beyond(fault: FaultBeyond): void {
    switch (fault.kind) {
      case 'lose-session':
        this.throws = true
        this.broker.cut('fin')
        return
      case 'refuse-connection':
        this.broker.conversation?.send(
          {
            type: 'CONNACK',
            sessionPresent: false,
            code: this.setup.version === '5.0' ? 0x88 : 3,
            properties: {},
          },
          { auto: true },
        )
        this.broker.cut('fin')
        return
      case 'power':
        this.powering ??= this.cutPower().finally(() => {
          this.powering = undefined
          this.turns.changed()
        })
        return
      case 'half-open':
      case 'takeover':
      case 'leave':
      case 'restart':
      case 'expire':
        // A client is never asked for these: src/explore/fault.ts offers them for brokers alone.
        return
    }
    fault satisfies never
  }

  /** The program of a board starts anew, and connects as it did before. What it had to tell of what was under way it need not tell any more. */
  private async cutPower(): Promise<void> {
    const { app, judging } = this
    if (!app) return
    this.powerCuts += 1
    const how = 'kill'
    judging.record({ kind: 'fault', actor: 'target', fault: { kind: 'restart', how } })
    judging.record({ kind: 'restart', phase: 'down', how })
    try {
      const answer = await app.command('power', {})
      if (!answer.ok) this.fail(`the adapter cannot cut the power: ${answer.error}`)
      judging.record({ kind: 'restart', phase: 'up', how })
      this.connected = false
      this.untold.clear()
      if (this.broker.isOpen) this.broker.cut('rst')
      this.asked = false
      await this.comeBack()
    } catch (error) {
      this.fail(String(error))
    }
  }

  private ended(): void {
    if (this.powering || this.stays || this.setup.manner.back === 'at rest') return
    // What it meets when it is back may make it leave again, and again.
    this.returns += 1
    if (this.returns <= returnsMax) this.reconnect().catch(error => this.fail(String(error)))
  }

  /** A library that comes back by itself is left alone. */
  private async reconnect(): Promise<void> {
    if (this.target.reconnects === 'self' || this.stays || this.asked) return
    this.asked = true
    await this.turnsOf(() => !this.connected)
    this.asked = false
    if (!this.broker.isOpen) await this.comeBack().catch(error => this.fail(String(error)))
  }

  /** Before it knows of the cut it would take itself for connected. */
  private async turnsOf(check: () => boolean): Promise<void> {
    const until = performance.now() + this.options.budgets.replyMs
    while (!check() && performance.now() < until) {
      await this.powering
      await this.app?.ping()
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  // ---- coming to rest

  private get isDone(): boolean {
    if (this.powering) return false
    const { broker } = this
    const idle = broker.isWhole && broker.isIdle && !broker.holdsBack
    return idle && this.untold.size === 0 && this.judging.owesNothing
  }

  private get isComing(): boolean {
    if (this.powering) return true
    return this.broker.isComing || (this.asked && !this.stays)
  }

  private async rest(): Promise<void> {
    await this.until(() => this.isDone, askAfterMs)
    let quiet = 0
    for (let turn = 0; turn < turnsMax && quiet < quietRounds; turn++) {
      // What is asked of a board without power is lost.
      await this.powering
      if (this.isDone || this.failure !== undefined) return
      const before = this.judging.count
      await this.app?.ping()
      await this.until(() => this.isDone || !this.isComing)
      await new Promise(resolve => setImmediate(resolve))
      quiet = this.judging.count === before ? quiet + 1 : 0
    }
  }

  private async recover(): Promise<void> {
    for (let turn = 0; turn < returnsMax; turn++) {
      if (this.failure !== undefined || this.isDone) break
      await this.rest()
      await this.powering
      if (this.broker.holdsBack) {
        this.broker.release()
        await this.rest()
      }
      if (this.isDone || (this.broker.isWhole && !this.broker.holdsBack)) break
      this.stays = false
      if (this.broker.isOpen && !this.broker.isWhole) this.broker.cut('fin')
      if (this.target.reconnects !== 'self') await this.reconnect()
      await this.until(() => this.broker.status === 'up', this.options.budgets.reconnectMs)
      if (this.broker.status !== 'up' && this.broker.status !== 'greeting') {
        this.fail('the client does not come back')
      }
    }
    await this.settle()
  }

  private settle(): Promise<void> {
    if (!this.options.patient) return this.rest()
    return this.judging.paidOff(
      () => this.isDone || this.failure !== undefined,
      () => this.until(() => this.isDone),
    )
  }

  /** A message of ours behind all others, on a topic that the application asked for, and a nonce behind what it has to say. */
  private async fence(): Promise<void> {
    if (this.failure !== undefined) return
    this.broker.dropAbandoned()
    const wanted = this.setup.flow.begin.find(intent => intent.kind === 'subscribe')
    if (this.options.alone && wanted && this.broker.isWhole) {
      this.sentinels += 1
      const text = `${sentinelPrefix}${this.round}-${this.sentinels}`
      const payload = new TextEncoder().encode(text)
      const topic = this.topic(wanted.topic)
      this.broker.publish(
        { type: 'PUBLISH', topic, qos: 1, dup: false, retain: false, payload, properties: {} },
        fenceLabel,
      )
      await this.until(() => this.broker.isIdle, this.options.patient ? undefined : askAfterMs * 4)
    }
    await this.powering
    await this.app?.ping()
    this.judging.record({ kind: 'fence', actors: [ours, this.name], how: 'nonce' })
  }

  private until(check: () => boolean, ms = this.options.budgets.replyMs): Promise<boolean> {
    return this.turns.until(() => this.failure !== undefined || check(), ms)
  }

  private fail(why: string): void {
    this.failure ??= why
    this.turns.changed()
  }

  async close(): Promise<void> {
    this.stays = true
    this.broker.dropAbandoned()
    await this.app?.stop().catch(() => undefined)
    this.broker.conversation?.link.destroy()
    this.listener?.close()
  }
}
