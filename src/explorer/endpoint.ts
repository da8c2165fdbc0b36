import type { Duplex } from 'node:stream'
import type { Fault, FaultBeyond } from '../explore/fault.ts'
import type { Peer } from '../explore/flow.ts'
import type { Fault as TraceFault } from '../faults/index.ts'
import type { Ack, Connack, Packet, PacketType, Publish } from '../model/packet.ts'
import { sentinelPrefix } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { Conversation } from '../peers/conversation.ts'
import { send as writeNow } from '../transport/outbox.ts'
import { encode } from '../wire/codec.ts'
import type { Judging } from './judging.ts'
import { ack, OwnSession } from './own-session.ts'
import type { Strikes } from './strikes.ts'

/** What an endpoint needs of the lane it plays in. */
export type Surroundings = {
  version: Version
  plays: 'client' | 'server'
  judging: Judging
  strikes(): Strikes
  nextConnection(): number
  maxPacketBytes: number
  /** Where our identifiers begin, if they are to come to their end. */
  idsFrom?: number
  changed(): void
  /** A fault that needs more than this connection: the lane comes back over a new one, restarts the target, … */
  beyond(endpoint: Endpoint, fault: FaultBeyond): void
  /** The connection has ended, by whomever. */
  ended(endpoint: Endpoint): void
  /** CONNECT, CONNACK and what else is about connections. */
  greeted(endpoint: Endpoint, packet: Packet): void
}

type Outgoing = { packet: Packet; label: string }

/**
 * One end of a session that is ours. It follows the sender and receiver state machines by itself, and lets the faults of the
 * schedule befall its packets. What it leaves to others is how connections begin.
 */
export class Endpoint {
  readonly spec: Peer
  readonly session: OwnSession
  conversation: Conversation | undefined
  private stream: Duplex | undefined
  /** `up`: CONNACK has been taken, or given. `closing`: a RST of ours is on its way. */
  status: 'away' | 'dialling' | 'greeting' | 'up' | 'closing' = 'away'
  /** A direction that is lost until the connection is renewed. */
  private lostIn = false
  private lostOut = false
  stalled = false
  /** Connections that were left without a word: those that are read until the target ends them, and those that nobody reads. */
  private leftOpen: Conversation[] = []
  private leftUnread: Conversation[] = []
  /** Publications that wait for the connection or for room in the window. */
  readonly queue: { packet: Publish; label: string }[] = []
  /** PUBLISHes of a resumed session that wait for room in the window. */
  private again: { packet: Publish; label: string }[] = []
  /** Requests that wait for SUBACK or UNSUBACK. */
  readonly requests = new Map<number, string>()
  /** PINGREQs without an answer. */
  pings = 0
  /** Ids of QoS 1 and 2 PUBLISHes sent on this connection and not yet through. */
  private readonly inFlight = new Set<number>()
  /** What the other side allows, 5.0 §3.2.2.3. */
  window = 65_535
  private readonly held: Outgoing[] = []
  private readonly heldTypes = new Set<PacketType>()
  /** Nothing is acknowledged, over any number of connections. */
  private acknowledgesNothing = false
  private delayed: Outgoing | undefined
  private joined: Outgoing | undefined
  /** Later writes wait while one goes out in pieces. */
  private pieces: (() => void)[] | undefined
  /** The reaction to the packet under way is to be left out: the connection ends behind it. */
  private mute = false
  private refusing = false
  /** Sentinels of fences that came in. */
  readonly sentinels = new Set<string>()
  private readonly around: Surroundings

  constructor(spec: Peer, around: Surroundings) {
    this.spec = spec
    this.around = around
    this.session = new OwnSession(around.idsFrom)
  }

  get name(): string {
    return this.spec.name
  }

  get isOpen(): boolean {
    return this.conversation?.open ?? false
  }

  /** Up, and nothing of it is lost: what is owed may still come. */
  get isWhole(): boolean {
    return this.status === 'up' && this.isOpen && !this.lostIn && !this.lostOut && !this.stalled
  }

  /** A connection is on its way, and nothing of it is lost. */
  get isComing(): boolean {
    if (this.status === 'dialling' || this.status === 'closing') return true
    return this.status === 'greeting' && !this.lostIn && !this.lostOut
  }

  /** Something of ours is kept back until all has come to rest. */
  get holdsBack(): boolean {
    return (
      this.held.length > 0 ||
      this.heldTypes.size > 0 ||
      this.acknowledgesNothing ||
      this.delayed !== undefined ||
      this.joined !== undefined ||
      this.stalled
    )
  }

  /** Our own side has nothing under way. */
  get isIdle(): boolean {
    return (
      this.session.out.size === 0 &&
      this.session.held.size === 0 &&
      this.queue.length === 0 &&
      this.requests.size === 0 &&
      !this.pieces
    )
  }

  /** Takes over a stream as its connection. */
  attach(stream: Duplex): Conversation {
    this.renew()
    const { judging, version, plays } = this.around
    const conversation: Conversation = new Conversation({
      stream,
      number: this.around.nextConnection(),
      actor: this.name,
      version,
      targetPlays: plays === 'client' ? 'server' : 'client',
      maxPacketBytes: this.around.maxPacketBytes,
      recorder: judging,
      onPacket: (packet, seq) => {
        if (conversation === this.conversation) this.arrive(packet, seq)
        else if (this.leftOpen.includes(conversation)) this.pass(conversation, packet, seq)
      },
      onRead: () => this.around.changed(),
      onEnd: () => {
        if (conversation === this.conversation) this.onEnd()
        else this.around.changed()
      },
    })
    this.conversation = conversation
    this.stream = stream
    return conversation
  }

  /** Nobody is there any more to whom it could come. */
  private pass({ number }: Conversation, { type }: Packet, seq: number): void {
    const fault = { kind: 'lose', seq, packet: type } as const
    this.around.judging.record({ kind: 'fault', actor: this.name, connection: number, fault })
  }

  /** The last connection is gone on both sides: only then is it certain that a DISCONNECT was read before what follows. */
  closed(budgetMs: number): Promise<void> {
    const { stream } = this
    if (!stream || stream.closed) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, budgetMs)
      stream.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  private renew(): void {
    this.lostIn = false
    this.lostOut = false
    this.stalled = false
    this.held.length = 0
    this.heldTypes.clear()
    this.delayed = undefined
    this.joined = undefined
    this.pieces = undefined
    this.pings = 0
    this.inFlight.clear()
    // Of a resume that was cut short: the session may be gone at the next connection.
    this.again = []
    this.requests.clear()
    this.window = 65_535
  }

  private onEnd(): void {
    if (this.status !== 'away') {
      this.status = 'away'
      this.around.ended(this)
    }
    this.around.changed()
  }

  // ---- sending

  publish(packet: Publish, label: string): void {
    this.queue.push({ packet, label })
    this.pump()
  }

  /** Begins what waits, as far as the window lets it; what has to go out again comes first. */
  pump(): void {
    while (this.status === 'up' && this.isOpen) {
      const full = this.inFlight.size >= this.window
      const again = this.again[0]
      if (again) {
        if (full) return
        this.again.shift()
        this.inFlight.add(again.packet.id ?? 0)
        this.send(again.packet, again.label)
        continue
      }
      const [next] = this.queue
      if (!next || (next.packet.qos > 0 && full)) return
      this.queue.shift()
      this.begin(next.packet, next.label)
    }
  }

  private begin(publish: Publish, label: string): void {
    if (publish.qos === 0) return this.send(publish, label)
    const id = this.session.allocate(new Set(this.requests.keys()))
    const packet = { ...publish, id }
    this.session.out.set(id, { label, packet, stage: 'publish' })
    this.inFlight.add(id)
    this.send(packet, label)
  }

  /** The session goes on: what is unfinished goes out again. PUBREL takes no room in the window. */
  resume(): void {
    this.again = []
    for (const { packet, label } of this.session.resends()) {
      if (packet.type === 'PUBLISH') this.again.push({ packet, label })
      else this.send(packet, label)
    }
    this.pump()
  }

  /** Sends a packet, or what the schedule makes of it. */
  send(packet: Packet, label: string): void {
    const { conversation } = this
    if (!conversation?.open || this.mute || this.lostOut) return
    const bytes = encode(packet, this.around.version)
    if (packet.type === 'PINGREQ' || packet.type === 'PINGRESP' || label === fenceLabel) {
      this.write({ packet, label }, bytes)
      return
    }
    const fault = this.around.strikes().pass(this.name, 'out', packet, label, bytes.length)
    if (!fault) this.write({ packet, label }, bytes)
    else this.strikeOurs(fault, { packet, label }, bytes)
  }

  private strikeOurs(fault: Fault, item: Outgoing, bytes: Uint8Array): void {
    const { packet } = item
    switch (fault.kind) {
      case 'lose':
        this.lostOut = true
        this.note(`${packet.type} and all behind it is lost on its way`)
        return
      case 'cut':
        if (fault.where === 'behind') this.write(item, bytes)
        this.cut(fault.how)
        return
      case 'cut-inside':
        this.flushWaiting()
        this.fault({
          kind: 'truncate',
          packet: packet.type,
          keepBytes: fault.keepBytes,
          ofBytes: bytes.length,
        })
        this.conversation?.sendBytes(bytes.subarray(0, fault.keepBytes), 'partial')
        this.cut(fault.how)
        return
      case 'hold':
        this.fault({ kind: 'hold', packet: packet.type })
        // The order of acknowledgements is the receiver's duty, but for PUBCOMP: others may overtake it. Source: 5.0 §4.6.
        if (packet.type !== 'PUBCOMP') this.heldTypes.add(packet.type)
        this.held.push(item)
        return
      case 'delay':
        this.delayed = item
        this.fault({ kind: 'reorder', packets: [packet.type] })
        return
      case 'coalesce':
        this.joined = item
        return
      case 'split':
        this.split(item, bytes, fault.at)
        return
      case 'repeat':
        this.write(item, bytes)
        this.fault({ kind: 'duplicate', packet: packet.type, copies: 2 })
        this.sendTwice(packet, item.label)
        return
      case 'refuse-message':
        this.refuse(packet, item.label)
        return
      case 'stall':
        this.write(item, bytes)
        this.stall()
        return
      case 'lose-session':
      case 'half-open':
      case 'takeover':
      case 'leave':
      case 'restart':
      case 'expire':
      case 'power':
        this.write(item, bytes)
        this.around.beyond(this, fault)
        return
      case 'refuse-connection':
        this.around.beyond(this, fault)
        return
    }
    fault satisfies never
  }

  private sendTwice(packet: Packet, label: string): void {
    const copy = packet.type === 'PUBLISH' && packet.qos > 0 ? { ...packet, dup: true } : packet
    if (packet.type === 'PUBLISH' && packet.qos === 0) return
    this.write({ packet: copy, label }, encode(copy, this.around.version))
  }

  /** 5.0: reason codes that a receiver may always give. Source: 5.0 §3.4.2.1, §3.5.2.1. */
  private refuse(packet: Packet, label: string): void {
    if (packet.type !== 'PUBREC' && packet.type !== 'PUBACK') return
    // What was taken once must not be refused when it comes again.
    const repeated = this.refusing
    const refusal = repeated ? packet : ack(packet.type, packet.id, 0x83)
    if (!repeated && packet.type === 'PUBREC') this.session.held.delete(packet.id)
    this.write({ packet: refusal, label }, encode(refusal, this.around.version))
  }

  /** Writes it, behind what waits for such an occasion. */
  private write(item: Outgoing, bytes: Uint8Array): void {
    if (this.pieces) {
      this.pieces.push(() => this.write(item, bytes))
      return
    }
    const { type } = item.packet
    if (this.heldTypes.has(type) || (this.acknowledgesNothing && isAck(type))) {
      this.held.push(item)
      return
    }
    const { delayed, joined } = this
    this.joined = undefined
    if (joined) this.put(joined.packet, encode(joined.packet, this.around.version))
    if (delayed && delayed.packet.type === type) {
      this.delayed = undefined
      this.put(delayed.packet, encode(delayed.packet, this.around.version))
    }
    this.put(item.packet, bytes)
    if (this.delayed && type !== 'PINGREQ') this.flushWaiting()
  }

  private put(packet: Packet, bytes: Uint8Array): void {
    const { conversation } = this
    if (!conversation?.open) return
    conversation.note(packet, bytes, true)
    conversation.link.write(bytes)
  }

  private flushWaiting(): void {
    const { delayed, joined } = this
    this.joined = undefined
    this.delayed = undefined
    for (const item of [joined, delayed]) {
      if (item) this.put(item.packet, encode(item.packet, this.around.version))
    }
  }

  /** In pieces, each in a turn of the loop of its own, so that the target reads them apart. */
  private split(item: Outgoing, bytes: Uint8Array, at: number | 'every'): void {
    const { conversation } = this
    if (!conversation) return
    this.flushWaiting()
    const parts: Uint8Array[] = []
    if (at === 'every') for (let i = 0; i < bytes.length; i++) parts.push(bytes.subarray(i, i + 1))
    else parts.push(bytes.subarray(0, at), bytes.subarray(at))
    this.fault({ kind: 'split', packet: item.packet.type, writes: parts.length })
    conversation.note(item.packet, bytes, true)
    const waiting: (() => void)[] = []
    this.pieces = waiting
    const next = () => {
      if (conversation !== this.conversation || this.pieces !== waiting) return
      const part = parts.shift()
      if (part) {
        conversation.link.write(part)
        writeNow()
        setImmediate(next)
        return
      }
      this.pieces = undefined
      for (const write of waiting) write()
      this.around.changed()
    }
    next()
  }

  // ---- receiving

  private arrive(packet: Packet, seq: number): void {
    const sentinel = packet.type === 'PUBLISH' && isSentinel(packet)
    const label = sentinel ? fenceLabel : this.labelOf(packet)
    if (this.lostIn) {
      // What comes behind our own end is nobody's loss.
      if (this.status !== 'closing' && this.status !== 'away')
        this.fault({ kind: 'lose', seq, packet: packet.type })
      return
    }
    if (packet.type === 'PINGRESP') {
      this.pings = Math.max(0, this.pings - 1)
      return
    }
    if (packet.type === 'PINGREQ') {
      this.send({ type: 'PINGRESP' }, '')
      return
    }
    if (sentinel) this.sentinels.add(Buffer.from(packet.payload).toString('latin1'))
    if (label === fenceLabel) {
      this.react(packet, label)
      return
    }
    // Its length does not matter: we have read it whole.
    const fault = this.around.strikes().pass(this.name, 'in', packet, label, 0)
    if (!fault) this.react(packet, label)
    else this.strikeTheirs(fault, packet, label, seq)
  }

  private strikeTheirs(fault: Fault, packet: Packet, label: string, seq: number): void {
    switch (fault.kind) {
      case 'lose':
        this.fault({ kind: 'lose', seq, packet: packet.type })
        this.lostIn = true
        return
      case 'cut':
        if (fault.where === 'before') this.fault({ kind: 'lose', seq, packet: packet.type })
        else this.reactMutely(packet, label)
        this.cut(fault.how)
        return
      case 'stall':
        this.react(packet, label)
        this.stall()
        return
      case 'half-open':
      case 'takeover':
      case 'leave':
      case 'lose-session':
      case 'restart':
      case 'expire':
      case 'power':
        this.reactMutely(packet, label)
        this.around.beyond(this, fault)
        return
      case 'cut-inside':
      case 'hold':
      case 'delay':
      case 'split':
      case 'coalesce':
      case 'repeat':
      case 'refuse-message':
      case 'refuse-connection':
        this.react(packet, label)
        return
    }
    fault satisfies never
  }

  /** We have read it, and nothing that it asks for leaves any more. */
  private reactMutely(packet: Packet, label: string): void {
    this.mute = true
    this.react(packet, label)
    this.mute = false
  }

  /** The state machines of docs/qos2.md. */
  private react(packet: Packet, label: string): void {
    const { session } = this
    switch (packet.type) {
      case 'PUBLISH': {
        const { id, qos } = packet
        if (qos === 0 || id === undefined) return
        session.names.set(id, label)
        if (qos === 1) return this.answer('PUBACK', id, label)
        this.refusing = session.held.has(id)
        session.held.set(id, label)
        this.answer('PUBREC', id, label)
        this.refusing = false
        return
      }
      case 'PUBREL':
        session.held.delete(packet.id)
        this.answer('PUBCOMP', packet.id, label)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        this.acknowledged(packet, label)
        return
      case 'SUBACK':
      case 'UNSUBACK':
        this.requests.delete(packet.id)
        return
      case 'CONNECT':
      case 'CONNACK':
      case 'SUBSCRIBE':
      case 'UNSUBSCRIBE':
      case 'DISCONNECT':
      case 'AUTH':
        this.around.greeted(this, packet)
        return
      case 'PINGREQ':
      case 'PINGRESP':
        return
    }
  }

  private answer(type: 'PUBACK' | 'PUBREC' | 'PUBCOMP', id: number, label: string): void {
    this.send(ack(type, id), label)
  }

  private acknowledged(packet: Ack, label: string): void {
    const { session } = this
    const sending = session.out.get(packet.id)
    switch (packet.type) {
      case 'PUBACK':
        if (sending?.packet.qos === 1) this.finish(packet.id)
        return
      case 'PUBREC':
        if (sending && sending.packet.qos === 2) {
          if (packet.code >= 0x80) return this.finish(packet.id)
          sending.stage = 'pubrel'
          this.send(ack('PUBREL', packet.id), label)
          return
        }
        // An id that we do not know: 5.0 has a code for it. Source: 5.0 §3.6.2.1.
        this.send(ack('PUBREL', packet.id, this.around.version === '5.0' ? 0x92 : 0), label)
        return
      case 'PUBCOMP':
        if (sending?.stage === 'pubrel') this.finish(packet.id)
        return
      case 'PUBREL':
        return
    }
  }

  private finish(id: number): void {
    this.session.out.delete(id)
    this.inFlight.delete(id)
    this.pump()
  }

  /** The message that a packet belongs to. */
  private labelOf(packet: Packet): string {
    switch (packet.type) {
      case 'PUBLISH':
        return labelIn(packet.payload)
      case 'PUBREL':
        return this.session.held.get(packet.id) ?? this.session.names.get(packet.id) ?? ''
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        return this.session.out.get(packet.id)?.label ?? ''
      case 'SUBACK':
      case 'UNSUBACK':
        return this.requests.get(packet.id) ?? ''
      default:
        return ''
    }
  }

  // ---- connections

  /** CONNACK of the target, where we are the client. Whether the session goes on. */
  accepted({ properties }: Connack, resumed: boolean): void {
    this.status = 'up'
    const { receiveMaximum } = properties
    if (typeof receiveMaximum === 'number') this.window = receiveMaximum
    if (!resumed) this.session.forget()
  }

  ping(): void {
    if (!this.isOpen || this.lostOut) return
    this.pings += 1
    this.send({ type: 'PINGREQ' }, '')
  }

  cut(how: 'fin' | 'rst'): void {
    const { conversation } = this
    if (!conversation?.link.open) return
    this.fault({ kind: 'cut', how })
    this.status = 'closing'
    this.lostIn = true
    this.lostOut = true
    if (how === 'fin') conversation.link.fin()
    else void conversation.link.rst()
  }

  /** The connection is left as it is, unread, and nobody will hear of it again. */
  abandon(read: boolean): void {
    const { conversation } = this
    if (!conversation) return
    if (!read) {
      conversation.link.pause()
      this.fault({ kind: 'stall' })
    }
    if (read) this.leftOpen.push(conversation)
    else this.leftUnread.push(conversation)
    this.conversation = undefined
    this.status = 'away'
  }

  dropUnread(): void {
    for (const { link } of this.leftUnread.splice(0)) void link.rst()
  }

  /** The target had its time to end them: it owes that to a session that was taken over. */
  dropAbandoned(): void {
    this.dropUnread()
    for (const { link } of this.leftOpen.splice(0)) void link.rst()
  }

  private stall(): void {
    this.stalled = true
    this.conversation?.link.pause()
    this.fault({ kind: 'stall' })
  }

  /** A receiver may take its time: nothing says how long. */
  hold(): void {
    this.acknowledgesNothing = true
  }

  /** All else has come to rest: what was kept back goes on. */
  release(): void {
    if (this.stalled) {
      this.stalled = false
      this.fault({ kind: 'resume' })
      this.conversation?.link.resume()
    }
    this.flushWaiting()
    this.heldTypes.clear()
    this.acknowledgesNothing = false
    for (const { packet } of this.held.splice(0)) {
      this.fault({ kind: 'release', packet: packet.type })
      this.put(packet, encode(packet, this.around.version))
    }
  }

  private fault(fault: TraceFault): void {
    const { conversation } = this
    this.around.judging.record({
      kind: 'fault',
      actor: this.name,
      ...(conversation ? { connection: conversation.number } : {}),
      fault,
    })
  }

  private note(text: string): void {
    this.around.judging.record({ kind: 'note', text: `${this.name}: ${text}` })
  }
}

function isAck(type: PacketType): boolean {
  return type === 'PUBACK' || type === 'PUBREC' || type === 'PUBREL' || type === 'PUBCOMP'
}

/** What belongs to a fence is no point of the flow. */
export const fenceLabel = 'fence'

const prefix = new TextEncoder().encode(sentinelPrefix)

function isSentinel({ payload }: Publish): boolean {
  if (payload.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (payload[i] !== prefix[i]) return false
  return true
}

const dot = 0x2e

/** A payload is `m1.` and what makes it unique. */
function labelIn(payload: Uint8Array): string {
  const end = payload.indexOf(dot)
  return end > 0 && end < 8 ? Buffer.from(payload.subarray(0, end)).toString('latin1') : ''
}
