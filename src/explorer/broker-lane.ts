import type { FaultBeyond } from '../explore/fault.ts'
import { clientIdEnd, type Intent, isRepeatable, type Peer, withMessages } from '../explore/flow.ts'
import type { Outcome } from '../explore/outcome.ts'
import type { Atom } from '../explore/schedule.ts'
import type { Setup } from '../explore/setup.ts'
import type { Breach } from '../model/finding.ts'
import type { Connack, Connect, Packet, Publish } from '../model/packet.ts'
import { sentinelPrefix, type TraceEvent } from '../model/trace.ts'
import { protocolLevel } from '../model/version.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { encode } from '../wire/codec.ts'
import { behindAllOf } from './behind-all.ts'
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

/** Schedules after which a lane begins anew: what the ledger remembers makes every judgement a little dearer. */
const schedulesMax = 64

const keepAliveS = 600
const keptExpiryS = 300

type Client = {
  endpoint: Endpoint
  clientId: string
  /** Comes back only when all has come to rest. */
  stays: boolean
  /** It went by DISCONNECT. */
  left: boolean
  /** The session is to be thrown away at the next connection. */
  throws: boolean
  /** The next connection only serves to do so. */
  wiping: boolean
  /** Topics that its application wants, so that it can ask for them anew. */
  wants: Map<string, number>
  wills: number
  /** It connects without its will. */
  withoutWill: boolean
  /** Times that the target would not have it. */
  refusals: number
  /** Times that it came back by itself in this round. */
  returns: number
}

/** A lane against a broker: all peers of the flow are our clients. */
export class BrokerLane implements Lane {
  readonly setup: Setup
  private readonly target: BrokerTarget
  private readonly options: LaneOptions
  private readonly judging: Judging
  private readonly turns = new Turns()
  private readonly clients = new Map<string, Client>()
  private strikes = new Strikes([])
  private schedules = 0
  private connections = 0
  private sentinels = 0
  private failure: string | undefined
  private interrupted = false
  private restarting: Promise<void> | undefined
  private expiring: number | undefined
  private killing = false
  private spent = false
  private begun = false
  private round = 0

  constructor(target: BrokerTarget, options: LaneOptions) {
    this.target = target
    this.options = options
    this.setup = { ...options.setup, flow: withMessages(options.setup.flow, options.messages) }
    this.judging = new Judging({
      target: 'broker',
      version: this.setup.version,
      hearsApp: true,
      keep: options.alone,
    })
    for (const spec of this.setup.flow.peers) this.clients.set(spec.name, this.client(spec))
  }

  /** What our own side broke: a bug of ours. Known only where the lane is alone. */
  get ourBreaches(): readonly Breach[] {
    return this.judging.ourBreaches
  }

  /** Kept only where the lane is alone. */
  get trace(): readonly TraceEvent[] {
    return this.judging.trace
  }

  get isNew(): boolean {
    return !this.begun
  }

  get isSpent(): boolean {
    return this.spent || this.schedules >= schedulesMax
  }

  async run(atoms: readonly Atom[]): Promise<Outcome> {
    const { flow, manner } = this.setup
    this.schedules += 1
    if (!this.begun && manner.before > 0) {
      // An undisturbed round first: the ids are in use again then.
      await this.play(new Strikes([]))
    }
    const outcome = await this.play(new Strikes(atoms))
    if (!isRepeatable(flow)) this.spent = true
    return outcome
  }

  interrupt(): void {
    this.interrupted = true
    this.fail(interruptedText)
    behindAllOf(this.target).leave()
  }

  private async play(strikes: Strikes): Promise<Outcome> {
    this.strikes = strikes
    this.round += 1
    for (const client of this.clients.values()) client.returns = 0
    const found = this.judging.found.length
    if (!this.begun) await this.begin()
    strikes.inSteps = true
    for (const intent of this.setup.flow.steps) {
      if (this.failure !== undefined) break
      if (intent.kind === 'rest') await this.rest()
      else this.perform(intent)
    }
    await this.recover()
    await this.fence()
    // What came before the answers to the fence may have begun another exchange.
    await this.settle()
    if (this.failure === undefined) this.judging.close()
    for (const { endpoint } of this.clients.values()) endpoint.dropAbandoned()
    const outcome = this.judging.outcomeOf(strikes, found, this.failure)
    if (outcome.breaches.length > 0 || this.failure !== undefined) this.spent = true
    return outcome
  }

  private async begin(): Promise<void> {
    this.begun = true
    for (const client of this.clients.values()) this.connect(client)
    await this.until(() => this.allUp || !this.isExpecting)
    for (const intent of this.setup.flow.begin) {
      if (intent.kind === 'rest') await this.rest()
      else this.perform(intent)
    }
    await this.rest()
    if (![...this.clients.values()].every(({ endpoint }) => endpoint.isWhole && endpoint.isIdle)) {
      // Something struck already: the flow begins with all in place.
      await this.recover()
    }
  }

  // ---- intents

  private perform(intent: Exclude<Intent, { kind: 'rest' }>): void {
    const client = this.clients.get(intent.peer)
    if (!client) return
    const { endpoint } = client
    switch (intent.kind) {
      case 'subscribe':
        client.wants.set(intent.topic, intent.qos)
        if (endpoint.status === 'up') this.subscribe(client, intent.topic, intent.qos)
        return
      case 'unsubscribe':
        client.wants.delete(intent.topic)
        if (endpoint.status === 'up') this.unsubscribe(client, intent.topic)
        return
      case 'publish':
        endpoint.publish(this.publication(intent), intent.label)
        return
      case 'leave':
        client.stays = true
        this.disconnect(client, intent.withWill && this.setup.version === '5.0' ? 0x04 : 0)
        return
      case 'cut':
        client.stays = true
        endpoint.cut(intent.how)
        return
      case 'return':
        client.stays = false
        client.withoutWill = intent.withoutWill
        if (intent.anew) {
          client.throws = true
          client.wants.clear()
        }
        if (endpoint.status === 'away') this.connect(client)
        return
      case 'takeover':
        this.takeOver(client, true)
        return
      case 'hold':
        endpoint.hold()
        return
      case 'release':
        endpoint.release()
        return
    }
    intent satisfies never
  }

  private publication(intent: Extract<Intent, { kind: 'publish' }>): Publish {
    const { label, qos, retain, expiryS } = intent
    const properties =
      expiryS !== undefined && this.setup.version === '5.0'
        ? { messageExpiryInterval: expiryS }
        : {}
    return {
      type: 'PUBLISH',
      topic: this.topic(intent.topic),
      qos,
      dup: false,
      retain,
      payload: this.payload(label),
      properties,
    }
  }

  private topic(name: string): string {
    return `${this.options.nonce}/${name}`
  }

  private payload(label: string): Uint8Array {
    // Of the same length in every round: points inside a packet mean the same bytes.
    return new TextEncoder().encode(`${label}.${String(this.round).padStart(3, '0')}`)
  }

  private subscribe({ endpoint }: Client, topic: string, qos: number): void {
    const id = endpoint.session.allocate(new Set(endpoint.requests.keys()))
    endpoint.requests.set(id, '')
    endpoint.send(
      {
        type: 'SUBSCRIBE',
        id,
        subscriptions: [
          {
            filter: this.topic(topic),
            qos,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 0,
          },
        ],
        properties: {},
      },
      '',
    )
  }

  private unsubscribe({ endpoint }: Client, topic: string): void {
    const id = endpoint.session.allocate(new Set(endpoint.requests.keys()))
    endpoint.requests.set(id, '')
    endpoint.send({ type: 'UNSUBSCRIBE', id, filters: [this.topic(topic)], properties: {} }, '')
  }

  // ---- connections

  private client(spec: Peer): Client {
    const client: Client = {
      endpoint: new Endpoint(spec, {
        version: this.setup.version,
        plays: 'client',
        judging: this.judging,
        strikes: () => this.strikes,
        nextConnection: () => ++this.connections,
        maxPacketBytes: this.options.maxPacketBytes,
        ...(this.options.idsFrom === undefined ? {} : { idsFrom: this.options.idsFrom }),
        changed: () => this.turns.changed(),
        beyond: (_, fault) => this.beyond(client, fault),
        ended: () => this.ended(client),
        greeted: (_, packet) => this.greeted(client, packet),
      }),
      clientId: `${this.options.nonce}${clientIdEnd(spec)}`.slice(0, 23),
      stays: false,
      left: false,
      throws: false,
      wiping: false,
      wants: new Map(),
      wills: 0,
      withoutWill: false,
      refusals: 0,
      returns: 0,
    }
    return client
  }

  private connect(client: Client): void {
    const { endpoint } = client
    if (endpoint.status !== 'away') return
    endpoint.status = 'dialling'
    if (client.left) {
      client.left = false
      void endpoint.closed(this.options.budgets.replyMs).then(() => this.dial(client))
    } else this.dial(client)
  }

  private dial(client: Client): void {
    const { endpoint } = client
    this.target.dial(this.options.budgets.connectMs).then(
      stream => {
        if (endpoint.status !== 'dialling') return void stream.destroy()
        endpoint.attach(withCanary(stream, this.options, this.judging))
        endpoint.status = 'greeting'
        endpoint.send(this.connectPacket(client), '')
        this.turns.changed()
      },
      error => {
        endpoint.status = 'away'
        if (!this.restarting)
          this.fail(`no connection to the target: ${error.code ?? error.message}`)
      },
    )
  }

  private connectPacket(client: Client): Connect {
    const { version } = this.setup
    const { spec } = client.endpoint
    const kept = spec.session === 'kept' && !client.wiping
    const { username, password } = this.target.credentials
    return {
      type: 'CONNECT',
      protocolName: version === '3.1' ? 'MQIsdp' : 'MQTT',
      protocolLevel: protocolLevel[version],
      clientId: client.clientId,
      clean: !kept || client.throws,
      keepAliveS,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new TextEncoder().encode(password) }),
      ...(spec.will && !client.withoutWill ? { will: this.will(client, spec.will) } : {}),
      properties:
        version === '5.0'
          ? {
              ...(kept ? { sessionExpiryInterval: spec.expiryS ?? keptExpiryS } : {}),
              ...(spec.receiveMaximum === undefined ? {} : { receiveMaximum: spec.receiveMaximum }),
            }
          : {},
    }
  }

  private will(client: Client, { qos, retain }: { qos: number; retain: boolean }) {
    client.wills += 1
    const label = `w${client.wills}`
    return { topic: this.topic('will'), payload: this.payload(label), qos, retain, properties: {} }
  }

  private greeted(client: Client, packet: Packet): void {
    if (packet.type !== 'CONNACK') return
    if (packet.code !== 0) {
      client.refusals += 1
      client.endpoint.cut('fin')
      return
    }
    const { endpoint } = client
    if (client.wiping) {
      // Only to throw the session away: now back to a session that is kept.
      endpoint.accepted(packet, false)
      endpoint.session.knows = false
      client.wiping = false
      client.throws = false
      this.disconnect(client)
      if (endpoint.status === 'away') this.connect(client)
      return
    }
    const resumed = this.isResumed(client, packet)
    client.throws = false
    endpoint.accepted(packet, resumed)
    if (endpoint.spec.session === 'fresh') endpoint.session.forget()
    if (resumed) endpoint.resume()
    else for (const [topic, qos] of client.wants) this.subscribe(client, topic, qos)
    endpoint.pump()
  }

  /** 3.1 has no Session Present: a session that was to be kept is taken for kept. */
  private isResumed(client: Client, packet: Connack): boolean {
    const fresh = client.endpoint.spec.session === 'fresh' || client.throws
    return (
      !fresh &&
      (this.setup.version === '3.1' ? client.endpoint.session.knows : packet.sessionPresent)
    )
  }

  private disconnect(client: Client, code = 0): void {
    const { endpoint } = client
    if (!endpoint.isOpen) return
    client.left = true
    endpoint.send({ type: 'DISCONNECT', code, properties: {} }, '')
    endpoint.cut('fin')
  }

  private ended(client: Client): void {
    if (client.stays || this.setup.manner.back === 'at rest' || this.recovering) return
    // What a target sends to a session that is resumed may end the connection again, and again.
    client.returns += 1
    if (client.returns > returnsMax) return
    if (client.refusals > 2 || this.restarting || this.expiring !== undefined || this.killing)
      return
    this.connect(client)
  }

  private takeOver(client: Client, reads: boolean): void {
    if (client.endpoint.status !== 'up') return
    client.endpoint.abandon(reads)
    this.connect(client)
  }

  private beyond(client: Client, fault: FaultBeyond): void {
    switch (fault.kind) {
      case 'half-open':
        this.takeOver(client, false)
        return
      case 'takeover':
        this.takeOver(client, true)
        return
      case 'leave':
        this.disconnect(client)
        return
      case 'lose-session':
        client.throws = true
        client.wiping = this.setup.version !== '5.0'
        client.endpoint.cut('fin')
        return
      case 'restart':
        // A store may be written on the next turn of the target's loop: what it answered just before a KILL proves nothing. So that
        // comes when all else is at rest, with this exchange as it stands.
        if (fault.how === 'kill') {
          client.stays = true
          this.killing = true
          client.endpoint.cut('fin')
        } else this.restart('term')
        return
      case 'expire':
        client.stays = true
        this.expiring = 1
        client.endpoint.cut('fin')
        return
      case 'refuse-connection':
        // Befalls a CONNACK of ours; here the target sends it.
        return
      case 'power':
        // Of boards alone.
        return
    }
    fault satisfies never
  }

  private restart(how: 'term' | 'kill'): void {
    const { target } = this
    if (!target.restart || this.restarting) return
    this.judging.record({ kind: 'fault', actor: 'target', fault: { kind: 'restart', how } })
    this.judging.record({ kind: 'restart', phase: 'down', how })
    this.restarting = target.restart(how).then(
      async () => {
        for (const { endpoint } of this.clients.values()) if (endpoint.isOpen) endpoint.cut('fin')
        this.judging.record({ kind: 'restart', phase: 'up', how })
        this.restarting = undefined
        this.turns.changed()
      },
      error => {
        this.restarting = undefined
        this.fail(`the target does not serve again after ${how.toUpperCase()}: ${error.message}`)
      },
    )
  }

  // ---- coming to rest

  private recovering = false

  private get allUp(): boolean {
    for (const { endpoint } of this.clients.values()) if (endpoint.status !== 'up') return false
    return true
  }

  /** Nothing is under way on our side, and the target owes nothing. */
  private get isDone(): boolean {
    for (const { endpoint } of this.clients.values()) {
      if (!endpoint.isWhole || !endpoint.isIdle || endpoint.holdsBack) return false
    }
    return this.judging.owesNothing
  }

  private get isComing(): boolean {
    if (this.restarting) return true
    for (const { endpoint } of this.clients.values()) if (endpoint.isComing) return true
    return false
  }

  /** Something is to come by itself: a connection, or an answer to what the target has certainly been sent. */
  private get isExpecting(): boolean {
    if (this.restarting) return true
    for (const { endpoint } of this.clients.values()) {
      if (endpoint.isComing) return true
      if (endpoint.isWhole && !endpoint.isIdle && !endpoint.holdsBack) return true
    }
    return false
  }

  /**
   * Waits until nothing more happens without us. Never a verdict: it only says when what is kept back may go on. Where what is expected
   * does not come, PINGREQs ask: what comes back behind them is behind all that was on its way.
   */
  private async rest(): Promise<void> {
    await this.until(() => this.isDone || !this.isExpecting, askAfterMs)
    await this.quiet()
  }

  private async quiet(): Promise<void> {
    let quiet = 0
    for (let turn = 0; turn < turnsMax && quiet < quietRounds; turn++) {
      if (this.isDone || this.failure !== undefined) return
      const before = this.judging.count
      const asked = this.pingAll()
      await this.until(() => this.isDone || (this.answered && !this.isComing))
      quiet = this.judging.count - before <= 2 * asked ? quiet + 1 : 0
    }
  }

  private pingAll(): number {
    let asked = 0
    for (const { endpoint } of this.clients.values()) {
      if (!endpoint.isWhole) continue
      endpoint.ping()
      asked += 1
    }
    return asked
  }

  /** Every request of those who are there is answered. */
  private get isQuiet(): boolean {
    for (const { endpoint } of this.clients.values()) {
      if (endpoint.isWhole && endpoint.requests.size > 0) return false
    }
    return true
  }

  private get answered(): boolean {
    for (const { endpoint } of this.clients.values()) {
      if (endpoint.isWhole && endpoint.pings > 0) return false
    }
    return true
  }

  /** All come back undisturbed and finish what they began; what is still owed then is a breach. */
  private async recover(): Promise<void> {
    for (let turn = 0; turn < returnsMax; turn++) {
      if (this.failure !== undefined || this.isDone) break
      await this.rest()
      if (this.expiring !== undefined) await this.expire()
      if (this.killing) await this.kill()
      let released = false
      for (const { endpoint } of this.clients.values()) {
        if (!endpoint.holdsBack) continue
        endpoint.release()
        released = true
      }
      if (released) await this.rest()
      let moved = false
      for (const client of this.clients.values()) moved = this.bringBack(client) || moved
      if (!moved && !released) break
    }
    await this.settle()
  }

  private bringBack(client: Client): boolean {
    const { endpoint } = client
    client.stays = false
    if (endpoint.isComing) return true
    if (endpoint.isWhole) return false
    if (client.refusals > 2) return false
    if (endpoint.isOpen) {
      this.recovering = true
      endpoint.cut('fin')
      this.recovering = false
    }
    this.connect(client)
    return true
  }

  /**
   * What the target answered before the last PINGRESP is stored. A subscription goes before it: some brokers write their store when one
   * changes, and not for an exchange alone.
   */
  private async kill(): Promise<void> {
    this.killing = false
    for (const client of this.clients.values()) {
      if (client.endpoint.isWhole) this.subscribe(client, 'stored', 0)
    }
    await this.until(() => this.isQuiet)
    this.pingAll()
    await this.until(() => this.answered)
    this.restart('kill')
    await this.until(() => !this.restarting, this.options.budgets.startMs)
  }

  private async expire(): Promise<void> {
    const seconds = this.expiring ?? 0
    this.expiring = undefined
    const expiryS = Math.max(...this.setup.flow.peers.map(peer => peer.expiryS ?? 0), seconds)
    const ms = (expiryS + 3) * 1000
    this.judging.record({ kind: 'wait', rule: 'session expiry', ms })
    const { signal } = this.options
    const wake = () => this.turns.changed()
    signal.addEventListener('abort', wake, { once: true })
    const ended = await this.until(() => signal.aborted, ms)
    signal.removeEventListener('abort', wake)
    if (ended) this.fail('the search ended before a session had expired')
  }

  private async settle(): Promise<void> {
    if (!this.options.patient) return this.firstLook()
    return this.judging.paidOff(
      () => this.isDone || this.failure !== undefined,
      () => this.until(() => this.isDone),
    )
  }

  /** What is still owed when a message behind all others is through counts, and what comes before it was only slow. */
  private async firstLook(): Promise<void> {
    await this.rest()
    if (this.isDone || this.failure !== undefined) return
    const { nonce, budgets } = this.options
    const hasLeft = () => this.failure !== undefined
    const asker = { nonce, version: this.setup.version, budgets, hasLeft }
    if (await behindAllOf(this.target).reached(asker)) await this.quiet()
  }

  private async fence(): Promise<void> {
    for (const { endpoint } of this.clients.values()) endpoint.dropUnread()
    if (this.failure !== undefined) return
    if (this.options.alone) await this.sentinel()
    const asked = this.pingAll()
    if (asked === 0) return
    await this.until(() => this.answered)
    this.judging.record({
      kind: 'fence',
      actors: [...this.clients.keys()],
      how: this.options.alone ? 'sentinel' : 'ping',
    })
  }

  /** A message behind all others, on each topic and at each QoS that somebody has subscribed to. */
  private async sentinel(): Promise<void> {
    const from = [...this.clients.values()].find(({ endpoint }) => endpoint.isWhole)
    if (!from) return
    const wanted: { endpoint: Endpoint; payload: string }[] = []
    const sent = new Set<string>()
    for (const { endpoint, wants } of this.clients.values()) {
      if (!endpoint.isWhole) continue
      for (const [topic, granted] of wants) {
        for (const qos of this.levels(topic, granted)) {
          const payload = `${sentinelPrefix}${this.round}-${topic}-${qos}-${this.sentinels}`
          wanted.push({ endpoint, payload })
          if (sent.has(payload)) continue
          sent.add(payload)
          const publish: Publish = {
            type: 'PUBLISH',
            topic: this.topic(topic),
            qos,
            dup: false,
            retain: false,
            payload: new TextEncoder().encode(payload),
            properties: {},
          }
          from.endpoint.publish(publish, fenceLabel)
        }
      }
    }
    this.sentinels += 1
    await this.until(
      () =>
        wanted.every(({ endpoint, payload }) => endpoint.sentinels.has(payload)) &&
        [...this.clients.values()].every(({ endpoint }) => endpoint.isIdle),
      this.options.patient ? this.options.budgets.replyMs : askAfterMs * 4,
    )
  }

  /** The QoS of what was published on the topic. */
  private levels(topic: string, granted: number): number[] {
    const all = [...this.setup.flow.begin, ...this.setup.flow.steps]
    const used = all.flatMap(one =>
      one.kind === 'publish' && one.topic === topic ? [one.qos] : [],
    )
    return [...new Set(used.map(qos => (Math.min(qos, granted) === 0 ? 0 : qos)))].filter(
      qos => qos > 0,
    )
  }

  private until(check: () => boolean, ms = this.options.budgets.replyMs): Promise<boolean> {
    return this.turns.until(() => this.failure !== undefined || check(), ms)
  }

  private fail(why: string): void {
    this.failure ??= why
    this.turns.changed()
  }

  /** The broker must not keep what nobody will ever ask for again. */
  async close(): Promise<void> {
    for (const client of this.clients.values()) {
      client.stays = true
      client.endpoint.dropAbandoned()
      client.endpoint.conversation?.link.destroy()
    }
    this.failure = undefined
    if (this.target.death() || this.interrupted) return
    await Promise.all([...this.clients.values()].map(client => this.wipe(client)))
  }

  /** CONNECT with a clean session, DISCONNECT, and the end. */
  private async wipe(client: Client): Promise<void> {
    if (client.endpoint.spec.session === 'fresh' || !this.begun) return
    const stream = await this.target.dial(this.options.budgets.connectMs).catch(() => undefined)
    if (!stream) return
    const { version } = this.setup
    const { will: _will, ...plain } = this.connectPacket(client)
    const connect: Connect = { ...plain, clean: true, properties: {} }
    stream.on('error', () => undefined)
    stream.on('data', () => {
      stream.end(encode({ type: 'DISCONNECT', code: 0, properties: {} }, version))
    })
    stream.write(encode(connect, version))
    stream.resume()
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, this.options.budgets.replyMs)
      stream.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      stream.once('end', () => stream.destroy())
    })
  }
}
