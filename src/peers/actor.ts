import type { Duplex } from 'node:stream'
import type { Packet, PacketType, Publish, Subscribe } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import type { Version } from '../model/version.ts'
import type { Wrong } from '../wire/codec.ts'
import type { AuthExchange } from './authentication/exchange.ts'
import { Conversation } from './conversation.ts'
import {
  createSession,
  type Flow,
  isSentinel,
  react,
  renewal,
  resends,
  type Session,
  type Withheld,
} from './session.ts'

/** A packet of the target that no expectation has taken yet. */
export type Arrived = { packet: Packet; seq: number; ignorable: boolean }

export type ActorOptions = {
  name: string
  version: Version
  plays: 'client' | 'server'
  clientId: string
  recorder: Recorder
  maxPacketBytes: number
  /** A number for each new connection of the case. */
  nextConnection(): number
  /** Whether a message that came is none of this case: it is answered, and no expectation looks at it. */
  isForeign?(packet: Packet): boolean
  /** Something changed: a packet came, a connection ended. */
  changed(): void
}

/**
 * One fake client, or one client's connections at the fake broker: its session, its present connection, and the packets that
 * the scenario has not looked at yet. In automatic mode it follows the state machines by itself.
 */
export class Actor {
  readonly name: string
  readonly plays: 'client' | 'server'
  readonly version: Version
  clientId: string
  auto = true
  /** Some CONNECT of ours asked the target to keep the session. */
  keptSession = false
  /** Fake broker: the last CONNECT was accepted. */
  accepted = false
  /** Fake broker: what it has of the client outlives the last connection, where Clean Session or Clean Start does not end it. */
  leavesSession = true
  session: Session = createSession()
  /** Fake client: what answers an AUTH that asks for more. */
  authentication: AuthExchange | undefined
  conversation: Conversation | undefined
  inbox: Arrived[] = []
  /** Sentinel payloads that came in, for fences. */
  readonly sentinels = new Set<string>()
  /** Topic and QoS of the last message this actor published, which a fence follows. */
  lastPublished: { topic: string; qos: number } | undefined
  /** Ids of QoS 2 messages that we sent on earlier connections. */
  readonly publishedBefore = new Set<number>()
  /** Packet types whose automatic sending waits: `held`, or so many ms late. */
  readonly withheld: Withheld = new Map()
  /** Fake broker: what the client subscribed to, and on which connection it did so last. */
  private readonly subscribed = new Map<string, Conversation | undefined>()
  /** Fake broker: connections on which CONNACK went out, and answers that wait for it. */
  private readonly greetings = new WeakSet<Conversation>()
  private early: { packet: Packet; conversation: Conversation }[] = []
  private readonly stash: { packet: Packet; conversation: Conversation }[] = []
  private readonly options: ActorOptions

  constructor(options: ActorOptions) {
    this.options = options
    this.name = options.name
    this.plays = options.plays
    this.version = options.version
    this.clientId = options.clientId
  }

  get connected(): boolean {
    return this.conversation?.open ?? false
  }

  /** Takes over a new connection; what the old one left unread is forgotten. */
  attach(stream: Duplex): Conversation {
    this.inbox = []
    for (const id of this.conversation?.published.keys() ?? []) this.publishedBefore.add(id)
    const conversation: Conversation = new Conversation({
      stream,
      number: this.options.nextConnection(),
      actor: this.name,
      version: this.version,
      targetPlays: this.plays === 'client' ? 'server' : 'client',
      maxPacketBytes: this.options.maxPacketBytes,
      recorder: this.options.recorder,
      onPacket: (packet, seq) => this.arrive(conversation, packet, seq),
      onRead: () => this.options.changed(),
      onEnd: () => this.options.changed(),
    })
    this.conversation = conversation
    return conversation
  }

  /** Sends by hand. Throws where there is no connection: the scenario's steps are out of order. */
  send(packet: Packet, wrong?: Wrong): void {
    // By topic alias alone the topic is that of before.
    if (packet.type === 'PUBLISH' && packet.topic !== '') {
      this.lastPublished = { topic: packet.topic, qos: Math.min(packet.qos, 2) }
    }
    const conversation = this.need()
    conversation.send(packet, wrong ? { wrong } : {})
    if (packet.type === 'CONNACK') this.greeted(conversation)
  }

  /** CONNACK went out: what the client sent before it is answered now [MQTT-3.2.0-1]. */
  greeted(conversation: Conversation): void {
    this.greetings.add(conversation)
    const due = this.early.filter(entry => entry.conversation === conversation)
    this.early = this.early.filter(entry => entry.conversation !== conversation)
    for (const { packet } of due) this.reply(conversation, packet)
  }

  need(): Conversation {
    if (!this.conversation) throw new RangeError(`${this.name} has no connection`)
    return this.conversation
  }

  /** Begins an exchange which the automatic mode completes. */
  begin(packet: Publish): Flow {
    if (!isSentinel(packet)) this.lastPublished = { topic: packet.topic, qos: packet.qos }
    const flow: Flow = { packet, state: 'publish', code: 0 }
    if (packet.qos > 0 && packet.id !== undefined) this.session.flows.set(packet.id, flow)
    else flow.state = 'done'
    this.need().send(packet, { auto: true })
    return flow
  }

  /** After a resumed session: what the automatic mode has not finished goes out again. */
  resend(): void {
    for (const packet of resends(this.session)) this.need().send(packet, { auto: true })
  }

  forget(): void {
    this.session = createSession()
  }

  /** Sends what was held of these types, in the order it was due. */
  release(types: PacketType[]): void {
    for (const type of types) this.withheld.delete(type)
    const due = this.stash.filter(entry => types.includes(entry.packet.type))
    for (const entry of due) {
      this.stash.splice(this.stash.indexOf(entry), 1)
      if (entry.conversation.open) entry.conversation.send(entry.packet, { auto: true })
    }
  }

  /** Drops the connection without a word; used at the end of a case. */
  destroy(): void {
    this.conversation?.link.destroy()
  }

  private arrive(conversation: Conversation, packet: Packet, seq: number): void {
    if (packet.type === 'PUBLISH' && isSentinel(packet)) {
      this.sentinels.add(Buffer.from(packet.payload).toString('utf8'))
    }
    if (this.authenticates(conversation, packet)) return
    const reaction = this.renews(packet)
      ? renewal(packet)
      : react(this.session, packet, { auto: this.auto, plays: this.plays })
    for (const reply of reaction.replies) this.answer(conversation, packet, reply)
    const current = conversation === this.conversation
    const ignorable = reaction.ignorable || (this.options.isForeign?.(packet) ?? false)
    if (reaction.shown && current) this.inbox.push({ packet, seq, ignorable })
    if (!this.auto && packet.type === 'PUBLISH' && !isSentinel(packet)) {
      conversation.answers.expects(packet)
    }
  }

  /** Answers an AUTH that asks for more; what it has no answer to is for the scenario to see. */
  private authenticates(conversation: Conversation, packet: Packet): boolean {
    const { authentication } = this
    if (packet.type !== 'AUTH' || packet.code !== continueAuthentication || !authentication) {
      return false
    }
    const { authenticationData: challenge } = packet.properties
    try {
      const data = authentication.next(
        challenge instanceof Uint8Array ? challenge : new Uint8Array(0),
      )
      conversation.send(authPacket(authentication, continueAuthentication, data), { auto: true })
      return true
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
  }

  /** A client that came back may subscribe anew to what it has, at any time: that is no part of what a scenario looks at. */
  private renews(packet: Packet): packet is Subscribe {
    if (packet.type !== 'SUBSCRIBE' || this.plays !== 'server') return false
    const keys = packet.subscriptions.map(({ filter, qos }) => `${qos} ${filter}`)
    const known = keys.every(key => this.subscribed.get(key) !== undefined)
    const earlier = keys.every(key => this.subscribed.get(key) !== this.conversation)
    for (const key of keys) this.subscribed.set(key, this.conversation)
    return known && earlier
  }

  private answer(conversation: Conversation, packet: Packet, reply: Packet): void {
    if (this.auto || packet.type !== 'PUBLISH') return this.reply(conversation, reply)
    conversation.answers.answer(packet, () => {
      if (conversation.open) this.reply(conversation, reply)
    })
  }

  private reply(conversation: Conversation, packet: Packet): void {
    if (this.plays === 'server' && conversation.left) return
    if (this.plays === 'server' && !this.greetings.has(conversation)) {
      this.early.push({ packet, conversation })
      return
    }
    const late = this.withheld.get(packet.type)
    if (late === undefined) conversation.send(packet, { auto: true })
    else if (late === 'held') this.stash.push({ packet, conversation })
    else setTimeout(() => conversation.open && conversation.send(packet, { auto: true }), late)
  }
}

/** Reason codes of AUTH. Source: 5.0 §3.15.2.1. */
const continueAuthentication = 0x18
const reAuthenticate = 0x19

/** AUTH with the method that all of one authentication share [5.0:MQTT-4.12.0-5]. */
function authPacket({ method }: AuthExchange, code: number, data: Uint8Array): Packet {
  return {
    type: 'AUTH',
    code,
    properties: { authenticationMethod: method, authenticationData: data },
  }
}

/** The AUTH by which an authenticated client begins anew. */
export function reauthPacket(exchange: AuthExchange): Packet {
  return authPacket(exchange, reAuthenticate, exchange.first())
}
