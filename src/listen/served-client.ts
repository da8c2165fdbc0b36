import type { Duplex } from 'node:stream'
import type { Allowance } from '../engine/traces/trace-log.ts'
import type { Fault } from '../faults/index.ts'
import type { Finding } from '../model/finding.ts'
import type { Connack, Connect, Packet, Publish, Subscribe, Unsubscribe } from '../model/packet.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { Conversation } from '../peers/conversation.ts'
import { allocateId, createSession, react, resends, type Session } from '../peers/session.ts'
import { encode } from '../wire/codec.ts'
import { ClientRecord } from './client-record.ts'
import { ExercisePlayer, type GoneBy, type Stage } from './exercise-player.ts'
import type { Exercise } from './exercises.ts'
import { copyFor, type Subscribed, sizeOf, topicOf, type Waiting } from './messages.ts'
import type { FindingTexts, PieceTraces } from './rooms.ts'
import { type Shown, shownBy } from './share.ts'

export type ServedClientOptions = {
  /** Unique among the guests, safe in file names and on command lines. */
  name: string
  clientId: string
  version: Version
  pieces: Exercise[]
  /** How long the client may owe an answer or a resend. */
  patienceMs: number
  maxPacketBytes: number
  allowance: Allowance
  texts: FindingTexts
  pieceTraces: PieceTraces
  /** Of all messages that wait for clients. */
  waiting: Waiting
  /** How many connections there are. */
  connectionsOpen(): number
  retained(): Iterable<Publish>
  /** So many bytes were read of it. */
  onRead(bytes: number): void
  /** Calls `resume` when it may be read again; reading it took so long just now. */
  awaitTurn(tookMs: number, resume: () => void): void
  /** A message that subscribers have to get, this client among them. */
  publish(message: Publish): void
  onEvent(event: TraceEvent): void
  /** A piece begins or ends. */
  onPiece(text: string): void
  onFinding(finding: Finding): void
}

/** Messages that wait for a client or for its answer, and bytes that wait for one that does not read. */
const queueMax = 1000
const queueBytesMax = 2 * 1024 * 1024
const unreadBytesMax = 2 * 1024 * 1024
/** Of all clients together: the more there are, the less may wait for each of them. */
const unreadBytesOfAllMax = 64 * 1024 * 1024
/** Subscriptions of one client; more are refused. */
const subscriptionsMax = 1000
/** What a subscription, an identifier and a message under way take beside their texts, about. */
const entryBytes = 200
/** Messages to a client that it has not answered yet. */
const inFlightMax = 64
/** Whoever sends more packets at once waits for its turn. */
const packetsAtOnceMax = 64
/** And who has sent more than this behind what was just read. */
const untoldBytesMax = 4096
/** Of a piece during which a client floods, its beginning and its end are kept. */
const pieceHeadMax = 200
const pieceTailMax = 300

/** One client by its id: its connections one after another, its session, and the programme that is played to it. */
export class ServedClient {
  readonly options: ServedClientOptions
  readonly record: ClientRecord
  readonly performance: ExercisePlayer
  session: Session = createSession()
  connections = 0
  /** Some CONNECT asked for a session that is kept. */
  wantedKept = false
  /** The highest QoS the client ever subscribed at; -1 for none. */
  everSubscribedAt = -1
  /** The highest QoS of its messages; -1 for none. */
  private publishedAt = -1
  private readonly subscriptions = new Map<string, Subscribed>()
  private readonly queue: Publish[] = []
  private queueBytes = 0
  private conversation: Conversation | undefined
  private connect: Connect | undefined
  private accepted = false
  private known = false
  /** It has sent DISCONNECT on this connection. */
  private saidGoodbye = false
  private endedMs = 0
  private expiryS = 0
  private receiveMaximum = 65_535
  private idle: NodeJS.Timeout | undefined
  /** The packets of what is being read, and when the first of them was. */
  private readonly reading = { packets: 0, beganMs: 0, bytes: 0, isUnfinished: false }
  /** Why nothing more is taken of it. */
  gaveUp: string | undefined
  /** The events that opened the present connection: what follows makes no sense without them. */
  private opening: TraceEvent[] = []

  constructor(options: ServedClientOptions) {
    this.options = options
    this.record = new ClientRecord({
      version: options.version,
      allowance: options.allowance,
      texts: options.texts,
      onEvent: event => {
        if (event.kind === 'packet' && event.from === 'target') {
          this.reading.bytes += event.bytes.length
        }
        if (event.kind === 'open') this.opening = []
        const opens = event.kind === 'packet' && /^CONN/.test(event.packet.type)
        if ((event.kind === 'open' || opens) && this.opening.length < 3) this.opening.push(event)
        options.onEvent(event)
      },
      onFinding: options.onFinding,
    })
    this.performance = new ExercisePlayer(options.pieces, this.stage(), options.patienceMs)
  }

  /**
   * Takes over a connection whose CONNECT is known and still to be read from it.
   *
   * @param onUnfinished Gets what a packet takes that is not whole, and a way to end the connection over it; says whether such packets take
   *   so much room that they are read in turns.
   */
  attach(
    stream: Duplex,
    onUnfinished: (bytes: number, isNew: boolean, end: (why: string) => void) => boolean,
  ): void {
    this.leave('taken over')
    this.connections += 1
    const conversation: Conversation = new Conversation({
      stream,
      number: this.connections,
      actor: 'broker',
      version: this.options.version,
      targetPlays: 'client',
      maxPacketBytes: this.options.maxPacketBytes,
      recorder: this.record,
      onPacket: (packet, seq) => this.onPacket(conversation, packet, seq),
      onRead: () => this.afterRead(conversation),
      onUnfinished: (bytes, isNew) => {
        const isCrowded = onUnfinished(bytes, isNew, why => this.dismiss(conversation, why))
        this.reading.isUnfinished = bytes > 0 && isCrowded
      },
      onEnd: () => this.onEnd(conversation),
    })
    this.conversation = conversation
    this.connect = undefined
    this.accepted = false
    this.saidGoodbye = false
  }

  /** How much of the programme was seen of it. */
  get shown(): Shown {
    return shownBy({
      version: this.options.version,
      played: this.performance.played,
      todo: this.performance.todo,
      wantedKept: this.wantedKept,
      publishedAt: this.publishedAt,
      subscribedAt: this.everSubscribedAt,
    })
  }

  /** Gives the client its copy of a message; kept for later where it is away. */
  offer(message: Publish, own: boolean, retained = false): void {
    const version5 = this.options.version === '5.0'
    const copy = copyFor(message, this.subscriptions.values(), { own, version5, retained })
    if (!copy || this.tooLarge(copy)) return
    if (copy.qos === 0) {
      if (this.accepted) this.send(copy)
      return
    }
    if (!this.accepted && !this.known) return
    this.enqueue(copy)
    this.pump()
  }

  private enqueue(message: Publish): void {
    const bytes = sizeOf(message)
    const waiting = this.queueBytes + this.inFlightBytes
    if (this.queue.length >= queueMax || waiting + bytes > queueBytesMax) return
    if (!this.options.waiting.take(bytes)) return
    this.queue.push({ ...message, payload: Uint8Array.from(message.payload) })
    this.queueBytes += bytes
  }

  /** What it may still ask for again. */
  private get inFlightBytes(): number {
    let bytes = 0
    for (const { packet, state } of this.session.flows.values()) {
      if (state === 'publish') bytes += sizeOf(packet)
    }
    return bytes
  }

  /** About how much memory is taken by what it began and did not end. */
  get heldBytes(): number {
    let bytes = this.record.heldBytes + this.session.held.size * entryBytes
    for (const filter of this.subscriptions.keys()) bytes += filter.length + entryBytes
    for (const { packet } of this.session.flows.values()) bytes += sizeOf(packet) + entryBytes
    return bytes
  }

  /** Nothing more is taken of it: what was seen so far is judged, and what it left under way is forgotten. */
  giveUp(why: string): void {
    if (this.gaveUp !== undefined) return
    this.gaveUp = why
    this.note(`the client is given up: ${why}`)
    this.drop()
    this.close()
    this.record.letGo()
    this.forget()
    this.known = false
    this.opening = []
  }

  /** Called now and then. */
  tick(): void {
    if (this.gaveUp !== undefined) return
    this.record.overdue(this.options.patienceMs)
    this.performance.tick()
    this.mustRead()
  }

  /** A client that does not read what it is sent has to go, before what waits for it fills the memory. */
  private mustRead(): void {
    const { conversation } = this
    const share = unreadBytesOfAllMax / Math.max(1, this.options.connectionsOpen())
    if (!conversation || conversation.link.unsentBytes <= Math.min(unreadBytesMax, share)) return
    this.note('the client does not read what it is sent; the connection is reset')
    this.drop()
  }

  /** Drops the connection without a word and closes the books. */
  close(): void {
    clearTimeout(this.idle)
    this.performance.close()
    this.record.close()
    this.conversation?.link.destroy()
    this.conversation = undefined
  }

  private stage(): Stage {
    const guest = this
    return {
      version: guest.options.version,
      get session() {
        return guest.session
      },
      get nowMs() {
        return guest.record.nowMs
      },
      get lastSeq() {
        return guest.record.lastSeq
      },
      get connected() {
        return guest.accepted
      },
      get kept() {
        return guest.keeps
      },
      get windowOpen() {
        return guest.session.flows.size < guest.receiveMaximum
      },
      topicAt: qos => guest.topicAt(qos),
      send: packet => guest.send(packet),
      sendHalf: packet => guest.sendHalf(packet),
      take: packet => guest.take(packet),
      fault: fault => guest.fault(fault),
      cut: how => guest.cut(how),
      announce: text => guest.options.onPiece(text),
      find: breach => guest.record.find(breach),
      waited: (rule, ms) => guest.record.record({ kind: 'wait', rule, ms }),
      eventsSince: (seq, isWrong) => guest.eventsSince(seq, isWrong),
    }
  }

  private get keeps(): boolean {
    if (this.options.version === '5.0') return this.expiryS > 0
    return this.connect?.clean === false
  }

  /** One that sends many packets at once, or parts of one where many do, is not read before it is its turn again. */
  private afterRead(conversation: Conversation): void {
    const { packets, beganMs, bytes, isUnfinished } = this.reading
    this.reading.packets = 0
    this.reading.bytes = 0
    this.options.onRead(bytes)
    const isMuch = packets >= packetsAtOnceMax || conversation.link.untoldBytes > untoldBytesMax
    if (!(isMuch || isUnfinished) || !conversation.open) return
    conversation.link.pause()
    // Where no packet was whole there is nothing that took its time, and no moment at which it began.
    this.options.awaitTurn(packets === 0 ? 0 : performance.now() - beganMs, () => {
      if (conversation.open) conversation.link.resume()
    })
  }

  private onPacket(conversation: Conversation, packet: Packet, seq: number): void {
    if (this.reading.packets++ === 0) this.reading.beganMs = performance.now()
    if (conversation !== this.conversation) return
    if (packet.type === 'CONNECT') {
      if (!this.connect) this.welcome(packet)
      else this.end(conversation, 0x82)
      return
    }
    if (!this.accepted) return
    this.watchIdleness()
    if (packet.type === 'PUBLISH') this.publishedAt = Math.max(this.publishedAt, packet.qos)
    if (this.performance.onPacket(packet, seq)) return
    this.answer(conversation, packet)
    if (conversation !== this.conversation) return
    this.performance.afterPacket(packet)
    this.pump()
  }

  private welcome(packet: Connect): void {
    const { version } = this.options
    const expiry = packet.properties.sessionExpiryInterval
    const awayS = (this.record.nowMs - this.endedMs) / 1000
    const expired = version === '5.0' && awayS > this.expiryS
    const resumed = this.known && !packet.clean && !expired && !this.performance.forgets
    this.connect = packet
    const code = refusal(packet, version)
    if (code === 0) {
      if (!resumed) this.forget()
      this.known = true
      this.expiryS = typeof expiry === 'number' ? expiry : 0
      const maximum = packet.properties.receiveMaximum
      this.receiveMaximum = typeof maximum === 'number' ? maximum : 65_535
    }
    this.wantedKept ||= this.keeps
    this.send(this.connack(packet, code, resumed))
    if (code !== 0) {
      this.hangUp()
      return
    }
    this.accepted = true
    this.watchIdleness()
    if (resumed) for (const owed of resends(this.session)) this.send(owed)
    this.performance.onBack(resumed)
    this.pump()
  }

  private connack(packet: Connect, code: number, resumed: boolean): Connack {
    const { version, clientId, maxPacketBytes } = this.options
    const properties: Connack['properties'] =
      version !== '5.0' || code !== 0
        ? {}
        : {
            maximumPacketSize: maxPacketBytes,
            sharedSubscriptionAvailable: 0,
            ...(packet.clientId === '' ? { assignedClientIdentifier: clientId } : {}),
          }
    const sessionPresent = code === 0 && resumed && version !== '3.1'
    return { type: 'CONNACK', sessionPresent, code, properties }
  }

  private answer(conversation: Conversation, packet: Packet): void {
    switch (packet.type) {
      case 'SUBSCRIBE':
        this.subscribe(packet)
        return
      case 'UNSUBSCRIBE':
        this.unsubscribe(packet)
        return
      case 'DISCONNECT':
        this.farewell(conversation, packet.properties.sessionExpiryInterval)
        return
      default:
        for (const reply of this.take(packet)) this.send(reply)
    }
  }

  /** The session takes note; a message that is new goes to its subscribers. */
  private take(packet: Packet): Packet[] {
    const fresh =
      packet.type === 'PUBLISH' &&
      !(packet.qos === 2 && packet.id !== undefined && this.session.held.has(packet.id))
    const { replies } = react(this.session, packet, { auto: true, plays: 'server' })
    if (fresh && packet.topic !== '') this.options.publish(packet)
    return replies
  }

  private subscribe({ id, subscriptions, properties }: Subscribe): void {
    const version5 = this.options.version === '5.0'
    const identifiers = properties.subscriptionIdentifiers
    const identifier = Array.isArray(identifiers) ? identifiers[0] : identifiers
    const added: Subscribed[] = []
    const codes = subscriptions.map(one => {
      if (one.filter.startsWith('$share/') && version5) return 0x9e
      if (one.qos > 2) return 0x80
      const entry = { ...one, identifier: typeof identifier === 'number' ? identifier : undefined }
      const isNew = !this.subscriptions.has(one.filter)
      if (isNew && this.subscriptions.size >= subscriptionsMax) return version5 ? 0x97 : 0x80
      this.subscriptions.set(one.filter, entry)
      this.everSubscribedAt = Math.max(this.everSubscribedAt, one.qos)
      if (one.retainHandling === 0 || (one.retainHandling === 1 && isNew)) added.push(entry)
      return one.qos
    })
    this.send({ type: 'SUBACK', id, codes, properties: {} })
    for (const message of this.options.retained()) {
      const copy = copyFor(message, added, { own: false, version5, retained: true })
      if (copy?.qos === 0) this.send(copy)
      else if (copy) this.enqueue(copy)
    }
  }

  private unsubscribe({ id, filters }: Unsubscribe): void {
    const known = filters.map(filter => this.subscriptions.delete(filter))
    const codes = this.options.version === '5.0' ? known.map(was => (was ? 0 : 0x11)) : []
    this.send({ type: 'UNSUBACK', id, codes, properties: {} })
  }

  /** The client closes after DISCONNECT; one that does not is found out by the referee, and helped in the end. */
  private farewell(conversation: Conversation, expiry: unknown): void {
    if (typeof expiry === 'number') this.expiryS = expiry
    this.accepted = false
    this.saidGoodbye = true
    if (this.connect) delete this.connect.will
    setTimeout(() => conversation.link.fin(), this.options.patienceMs + 1000).unref()
  }

  private onEnd(conversation: Conversation): void {
    if (conversation !== this.conversation) return
    const { broken } = conversation
    if (broken) {
      this.note(`what the client sent is no MQTT packet: ${broken}; the connection is reset`)
      this.cut('rst')
    } else this.gone(this.saidGoodbye ? 'disconnect' : 'closed')
  }

  /** Ends the present connection without a word to the client. */
  private cut(how: 'fin' | 'rst'): void {
    const { conversation } = this
    if (!conversation) return
    this.fault({ kind: 'cut', how })
    this.gone('us')
    if (how === 'fin') conversation.link.fin()
    else void conversation.link.rst()
  }

  private gone(by: GoneBy): void {
    clearTimeout(this.idle)
    const was = this.connect
    this.conversation = undefined
    this.accepted = false
    this.endedMs = this.record.nowMs
    this.performance.onGone(by)
    if (!this.keeps) {
      this.forget()
      this.known = false
    }
    const delay = was?.will?.properties.willDelayInterval
    if (was?.will && !delay) {
      this.options.publish({ type: 'PUBLISH', dup: false, ...was.will })
    }
  }

  /** Its connection takes more room than there is. */
  private dismiss(conversation: Conversation, why: string): void {
    if (conversation !== this.conversation) {
      conversation.link.rstAtOnce()
      return
    }
    this.note(`the connection is reset: ${why}`)
    this.drop()
  }

  /** Ends the present connection at once: it takes what others need. */
  private drop(): void {
    const { conversation } = this
    if (!conversation) return
    this.fault({ kind: 'cut', how: 'rst' })
    this.gone('us')
    conversation.link.rstAtOnce()
  }

  /** Another connection of the same client id ends this one. */
  leave(why: string): void {
    const { conversation } = this
    if (!conversation) return
    this.note(`the connection ends: ${why}`)
    if (this.accepted) this.end(conversation, 0x8e)
    else this.hangUp()
  }

  private end(conversation: Conversation, code: number): void {
    if (this.options.version === '5.0' && conversation.open) {
      this.send({ type: 'DISCONNECT', code, properties: {} })
    }
    this.hangUp()
  }

  private hangUp(): void {
    const { conversation } = this
    this.gone('us')
    conversation?.link.fin()
  }

  /** A client that says nothing for one and a half times its Keep Alive has to go [MQTT-3.1.2-24]. */
  private watchIdleness(): void {
    clearTimeout(this.idle)
    const { keepAliveS } = this.connect ?? { keepAliveS: 0 }
    if (keepAliveS === 0 || !this.accepted) return
    this.idle = setTimeout(() => this.tooQuiet(keepAliveS), keepAliveS * 1500)
    this.idle.unref()
  }

  private tooQuiet(keepAliveS: number): void {
    const { version } = this.options
    const rule = { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-23', '5.0': 'MQTT-3.1.2-20' }[version]
    this.record.find({
      statement: `${version}:${rule}`,
      level: 'MUST',
      message: `Nothing came for one and a half times the Keep Alive of ${keepAliveS} s`,
      expected: `PINGREQ within ${keepAliveS} s`,
      got: `no packet in ${keepAliveS * 1.5} s`,
      seq: this.record.lastSeq,
      judge: 'referee',
    })
    this.leave('Keep Alive is over')
  }

  /** Sends what waits, as far as the client's Receive Maximum allows. */
  private pump(): void {
    const most = Math.min(this.receiveMaximum, inFlightMax)
    while (this.accepted && this.session.flows.size < most) {
      const message = this.queue.shift()
      if (!message) return
      this.queueBytes -= sizeOf(message)
      this.options.waiting.give(sizeOf(message))
      const packet = { ...message, id: allocateId(this.session) }
      this.session.flows.set(packet.id, { packet, state: 'publish', code: 0 })
      this.send(packet)
    }
  }

  private tooLarge({ topic, payload }: Publish): boolean {
    const most = this.connect?.properties.maximumPacketSize
    return typeof most === 'number' && topic.length * 3 + payload.length + 256 > most
  }

  private topicAt(qos: number): string | undefined {
    for (const one of this.subscriptions.values()) {
      const topic = one.qos >= qos ? topicOf(one.filter) : undefined
      if (topic !== undefined) return topic
    }
    return undefined
  }

  private send(packet: Packet): void {
    this.conversation?.send(packet, { auto: true })
    if (packet.type === 'PUBLISH') this.mustRead()
  }

  private sendHalf(packet: Packet): void {
    const bytes = encode(packet, this.options.version)
    const keepBytes = Math.floor(bytes.length / 2)
    this.fault({ kind: 'truncate', packet: packet.type, keepBytes, ofBytes: bytes.length })
    this.conversation?.sendBytes(bytes.subarray(0, keepBytes), 'partial')
  }

  private fault(fault: Fault): void {
    const connection = this.conversation?.number
    this.record.record({
      kind: 'fault',
      actor: 'broker',
      ...(connection === undefined ? {} : { connection }),
      fault,
    })
  }

  private note(text: string): void {
    this.record.record({ kind: 'note', text })
  }

  private forget(): void {
    this.session = createSession()
    this.subscriptions.clear()
    this.options.waiting.give(this.queueBytes)
    this.queue.length = 0
    this.queueBytes = 0
  }

  private eventsSince(seq: number, isWrong: boolean): TraceEvent[] {
    const own = this.record.events().filter(event => event.seq >= seq)
    const first = own.find(event => 'connection' in event)
    const opening = this.openingOf(first)
    const kept =
      own.length > pieceHeadMax + pieceTailMax
        ? [...own.slice(0, pieceHeadMax), ...own.slice(-pieceTailMax)]
        : own
    const all = [...opening.filter(event => event.seq < seq), ...kept]
    const { findings } = this.record
    return this.options.pieceTraces.keep(all, isWrong || findings.some(one => one.seq >= seq))
  }

  /** The events that opened the connection of `event`, as far as the trace still has them. */
  private openingOf(event: TraceEvent | undefined): TraceEvent[] {
    if (!event || !('connection' in event)) return []
    if (this.opening.some(one => 'connection' in one && one.connection === event.connection)) {
      return this.opening
    }
    return this.record
      .events()
      .filter(
        one =>
          'connection' in one &&
          one.connection === event.connection &&
          (one.kind === 'open' || (one.kind === 'packet' && /^CONN/.test(one.packet.type))),
      )
  }
}

/** What CONNACK refuses with; 0 where it does not. We take any user name and password. */
function refusal({ clientId, clean, properties }: Connect, version: Version): number {
  if (version === '5.0') return properties.authenticationMethod === undefined ? 0 : 0x8c
  if (clientId !== '') return 0
  return version === '3.1' || !clean ? 2 : 0
}
