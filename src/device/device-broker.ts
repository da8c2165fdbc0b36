import type { Duplex } from 'node:stream'
import type { Packet, Publish } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import { versionOfLevel } from '../model/version.ts'
import { Conversation } from '../peers/conversation.ts'
import { allocateId, createSession, react, resends, type Session } from '../peers/session.ts'
import { Listener } from '../transport/listen.ts'
import type { BrokerRecord } from './exactly-once.ts'

/** What the broker does with one packet instead of answering it. */
export type Hook = (packet: Packet) => 'answer' | 'ignore' | 'cut'

/** All that the broker keeps for its one client. */
type Kept = {
  session: Session
  /** Payloads by id of QoS 2 messages whose PUBREL has not come. */
  held: Map<number, string>
  /** Messages that no connection has carried yet. */
  queued: Publish[]
}

const packetBytesMax = 1_000_000

/**
 * The peer broker for one client, which outlives the boots of a board: what it keeps can be taken away and put back. It answers by the rules
 * that our other peers keep, and writes down what came and what a client must never do.
 */
export class DeviceBroker {
  private listener: Listener | undefined
  private readonly streams = new Set<Duplex>()
  private readonly waiters = new Set<() => void>()
  private current: Conversation | undefined
  private connections = 0
  private kept: Kept | undefined
  /** Payloads of PUBLISH packets taken for new messages, in order. */
  received: string[] = []
  /** One line per packet: `> publish 7 dup m1` came in, `< pubrec 7` went out. */
  log: string[] = []
  breaches: string[] = []
  hook: Hook = () => 'answer'
  /** Whether every message has a payload of its own. */
  tellsApart = true

  get port(): number {
    return this.listener?.port ?? 0
  }

  async start(port = 0): Promise<this> {
    const serve = (stream: Duplex) => this.serve(stream)
    const listener: Listener = await Listener.open({
      host: '127.0.0.1',
      port,
      changed() {
        for (const stream of listener.waiting.splice(0)) serve(stream)
      },
    })
    this.listener = listener
    return this
  }

  async stop(): Promise<void> {
    for (const stream of this.streams) stream.destroy()
    await this.listener?.close()
  }

  /** Forgets everything, or all but what was kept and what came before. */
  reset(kept?: Kept, before: { received: string[]; log: string[] } = { received: [], log: [] }) {
    this.current?.link.destroy()
    this.current = undefined
    this.kept = kept && copyOf(kept)
    this.received = [...before.received]
    this.log = [...before.log]
    this.breaches = []
    this.hook = () => 'answer'
  }

  record(): BrokerRecord {
    const { received, log, breaches, kept } = this
    return { received, log, breaches, open: [...(kept?.held.values() ?? []), ...this.outgoing] }
  }

  /** Whether the exchange of a message to the device is still open. */
  owes(payload: string): boolean {
    return this.outgoing.includes(payload)
  }

  /** Called after each packet and each end of a connection. */
  onChange(listener: () => void): () => void {
    this.waiters.add(listener)
    return () => this.waiters.delete(listener)
  }

  saved(): Kept | undefined {
    return this.kept && copyOf(this.kept)
  }

  /** Queues a message for the device; it goes out now or at the next connection. */
  send(
    topic: string,
    payload: string | Buffer,
    qos: 1 | 2 = 2,
    properties: Publish['properties'] = {},
  ): void {
    if (!this.kept) throw new Error('the device has no session yet')
    const { session, queued } = this.kept
    queued.push({
      type: 'PUBLISH',
      id: allocateId(session),
      topic,
      payload: Buffer.from(payload),
      qos,
      dup: false,
      retain: false,
      properties,
    })
    if (this.current?.open) this.transmit(this.current, this.kept)
  }

  /** Ends the connection as a broker that dies would. */
  drop(): void {
    this.current?.link.destroy()
  }

  /** Resolves when every connection is over and all that came on it was read. */
  quiet(): Promise<void> {
    if (this.streams.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const off = this.onChange(() => {
        if (this.streams.size > 0) return
        off()
        resolve()
      })
    })
  }

  /** Sends raw bytes on the present connection. */
  raw(bytes: Uint8Array): void {
    this.current?.sendBytes(bytes, 'raw')
  }

  /** No exchange is open in either direction. */
  get settled(): boolean {
    return this.kept?.held.size === 0 && this.outgoing.length === 0
  }

  /** Payloads of messages to the device that are not complete. */
  private get outgoing(): string[] {
    if (!this.kept) return []
    const sent = [...this.kept.session.flows.values()].map(({ packet }) => packet)
    return [...sent, ...this.kept.queued].map(textOf)
  }

  private serve(stream: Duplex): void {
    this.streams.add(stream)
    stream.on('close', () => {
      this.streams.delete(stream)
      if (this.current === conversation) this.current = undefined
      this.tell()
    })
    this.connections += 1
    const conversation: Conversation = new Conversation({
      stream,
      number: this.connections,
      actor: 'device',
      version: '3.1.1',
      targetPlays: 'client',
      maxPacketBytes: packetBytesMax,
      recorder: this.recorder,
      onPacket: packet => {
        if (packet.type === 'CONNECT') this.takeOver(conversation)
        if (this.current === conversation && conversation.open) this.receive(conversation, packet)
        this.tell()
      },
      onRead: () => undefined,
      onEnd: () => {
        if (conversation.broken) this.breaches.push(`malformed: ${conversation.broken}`)
        this.tell()
      },
    })
  }

  /** A second connection of the client ends the first. */
  private takeOver(conversation: Conversation): void {
    if (this.current !== conversation) this.current?.link.destroy()
    this.current = conversation
  }

  private receive(conversation: Conversation, packet: Packet): void {
    this.log.push(`> ${describe(packet)}`)
    const todo = this.hook(packet)
    if (todo === 'cut') conversation.link.destroy()
    if (todo === 'answer') this.answer(conversation, packet)
  }

  private answer(conversation: Conversation, packet: Packet): void {
    if (packet.type === 'CONNECT') {
      conversation.speak(versionOfLevel(packet.protocolLevel) ?? '3.1.1')
      this.accept(conversation, packet.clean)
      return
    }
    if (!this.kept) return
    const { session, held } = this.kept
    if (packet.type === 'PUBLISH') this.take(packet, held)
    if (packet.type === 'PUBREL') held.delete(packet.id)
    for (const reply of react(session, packet, { auto: true, plays: 'server' }).replies) {
      conversation.send(reply)
    }
  }

  private accept(conversation: Conversation, clean: boolean): void {
    const sessionPresent = this.kept !== undefined && !clean
    if (!sessionPresent) this.kept = { session: createSession(), held: new Map(), queued: [] }
    conversation.send({ type: 'CONNACK', sessionPresent, code: 0, properties: {} })
    if (!this.kept) return
    for (const packet of resends(this.kept.session)) conversation.send(packet)
    this.transmit(conversation, this.kept)
  }

  /** What a client must not do with a message, and whether it is a new one. */
  private take(packet: Publish, held: Map<number, string>): void {
    const payload = textOf(packet)
    const { id = 0 } = packet
    if (this.tellsApart && this.received.includes(payload) && !packet.dup)
      this.breaches.push(`${payload} was sent again without DUP`)
    const known = packet.qos === 2 ? held.get(id) : undefined
    if (known !== undefined && known !== payload)
      this.breaches.push(`id ${id} is used for ${payload} while it stands for ${known}`)
    if (known === undefined) this.received.push(payload)
    if (packet.qos === 2) held.set(id, known ?? payload)
  }

  /** What waited goes out for the first time. */
  private transmit(conversation: Conversation, { session, queued }: Kept): void {
    for (const packet of queued.splice(0)) {
      session.flows.set(packet.id ?? 0, { packet, state: 'publish', code: 0 })
      conversation.send(packet)
    }
  }

  /** Writes down what went out; what came in is for the one that takes it. */
  private readonly recorder: Recorder = {
    record: event => {
      if (event.kind === 'packet' && event.from === 'harness')
        this.log.push(`< ${describe(event.packet)}`)
      return { ...event, seq: this.log.length, at: 0 }
    },
  }

  private tell(): void {
    for (const waiter of [...this.waiters]) waiter()
  }
}

function describe(packet: Packet): string {
  const type = packet.type.toLowerCase()
  if (packet.type === 'CONNACK') return packet.sessionPresent ? `${type} present` : type
  const id = 'id' in packet && packet.id !== undefined ? ` ${packet.id}` : ''
  if (packet.type !== 'PUBLISH') return type + id
  const { payload, dup } = packet
  const told = payload.length > 40 ? `${payload.length} bytes` : textOf(packet)
  return `${type}${id}${dup ? ' dup' : ''} ${told}`
}

function textOf({ payload }: Publish): string {
  return Buffer.from(payload).toString()
}

function copyOf({ session, held, queued }: Kept): Kept {
  const flows = new Map([...session.flows].map(([id, flow]) => [id, { ...flow }]))
  const { nextId } = session
  return {
    session: { flows, held: new Set(session.held), sentinels: new Set(), nextId },
    held: new Map(held),
    queued: [...queued],
  }
}
