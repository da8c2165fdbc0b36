import type { Duplex } from 'node:stream'
import type { Packet } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import type { Version } from '../model/version.ts'
import { halfOf, isOurEnd, textFrame } from '../transport/frame-stream.ts'
import { type Ending, Link } from '../transport/link.ts'
import { encode, type Wrong } from '../wire/codec.ts'
import { AnswersInOrder } from './answers-in-order.ts'
import { PacketFlow } from './packet-flow.ts'
import { ServerKeepAlive } from './server-keep-alive.ts'

export type ConversationOptions = {
  stream: Duplex
  /** Number of the connection within its case, from 1. */
  number: number
  actor: string
  version: Version
  /** Whom the target plays on this connection. */
  targetPlays: 'client' | 'server'
  maxPacketBytes: number
  recorder: Recorder
  onPacket(packet: Packet, seq: number): void
  /** All packets of one read have been handed over. Waking waiters once per read keeps a flood linear. */
  onRead(): void
  /** So much memory is taken by a packet that is not whole after a read; `isNew`: another one than after the last. */
  onUnfinished?(bytes: number, isNew: boolean): void
  onEnd(): void
}

/** The first byte of DISCONNECT. */
const disconnectByte = 0xe0

/**
 * One connection to the target, in packets: every byte is framed, decoded and written into the trace, where the judges
 * read it.
 * What cannot be decoded makes it `broken`: nothing after it can be trusted.
 */
export class Conversation {
  readonly number: number
  readonly link: Link
  /** Set when the connection has ended. */
  ending: Ending | undefined
  /** Set when the target sent what is no MQTT packet. */
  broken: string | undefined
  /** The target wrote something, if no whole packet. */
  spoken = false
  /** A DISCONNECT of ours went out: nothing may follow it [5.0:MQTT-3.14.4-1, §4.13.2]. */
  left = false
  /** How many QoS 2 PUBLISH packets of ours went out, by id. */
  readonly published = new Map<number, number>()
  /** Of a fence, on a connection where the scenario answers by hand. */
  readonly answers = new AnswersInOrder()
  private readonly keepAlive = new ServerKeepAlive(() => {
    if (this.open) this.send({ type: 'PINGREQ' }, { auto: true })
  })
  private readonly options: ConversationOptions
  private readonly flow: PacketFlow

  constructor(options: ConversationOptions) {
    this.options = options
    this.number = options.number
    this.flow = new PacketFlow({
      connection: options.number,
      actor: options.actor,
      from: 'target',
      plays: options.targetPlays,
      version: options.version,
      maxPacketBytes: options.maxPacketBytes,
      recorder: options.recorder,
    })
    this.link = new Link(options.stream)
    options.recorder.record({
      kind: 'open',
      connection: this.number,
      actor: options.actor,
      by: options.targetPlays === 'server' ? 'harness' : 'target',
      version: options.version,
      ...(this.link.upgrade ? { upgrade: this.link.upgrade } : {}),
    })
    this.link.listen({
      onBytes: bytes => this.receive(bytes),
      onEnd: ending => this.end(ending),
      onGone: () => options.onEnd(),
    })
  }

  get open(): boolean {
    return this.link.open && !this.broken
  }

  /** Whether what is sent now goes out as packets, and not in text frames or halves of frames. */
  get sendsPackets(): boolean {
    return this.link.framing !== 'text' && this.link.framing !== 'half'
  }

  /** Fake broker: the version the client's CONNECT asked for. */
  speak(version: Version): void {
    this.flow.version = version
  }

  get version(): Version {
    return this.flow.version
  }

  /** Writes a packet and records it. `auto` marks what the automatic mode sent. Returns its bytes. */
  send(packet: Packet, how: { wrong?: Wrong; auto?: boolean } = {}): Uint8Array {
    const bytes = encode(packet, this.version, how.wrong)
    const { framing } = this.link
    if (framing === 'text' || framing === 'half') return this.sendInNoFrame(bytes, framing)
    this.note(packet, bytes, how.auto)
    this.link.write(bytes)
    this.answers.sent(packet)
    return bytes
  }

  /** Records a packet of ours whose bytes the caller writes by himself, in pieces or together with others. */
  note(packet: Packet, bytes: Uint8Array, auto = false): void {
    if (!this.link.open) return
    if (packet.type === 'PUBLISH' && packet.qos === 2 && packet.id !== undefined) {
      this.published.set(packet.id, (this.published.get(packet.id) ?? 0) + 1)
    }
    this.keepAlive.sent(packet)
    if (packet.type === 'DISCONNECT') this.left = true
    const { actor, recorder } = this.options
    const connection = this.number
    recorder.record(
      auto
        ? { seq: 0, at: 0, kind: 'packet', connection, actor, from: 'harness', packet, bytes, auto }
        : { seq: 0, at: 0, kind: 'packet', connection, actor, from: 'harness', packet, bytes },
    )
  }

  /** What is in a text frame, or in half a frame, is no packet: nothing is owed for it. */
  private sendInNoFrame(bytes: Uint8Array, framing: 'text' | 'half'): Uint8Array {
    const { actor, recorder } = this.options
    const shown = framing === 'text' ? bytes : halfOf(bytes)
    const why = framing === 'text' ? 'raw' : 'partial'
    const connection = this.number
    if (this.link.open) {
      recorder.record({ kind: 'bytes', connection, actor, from: 'harness', bytes: shown, why })
    }
    this.link.write(bytes)
    return bytes
  }

  /** Writes bytes that are no whole packet. */
  sendBytes(bytes: Uint8Array, why: 'partial' | 'raw'): void {
    if (!this.link.open) return
    if (bytes[0] === disconnectByte) this.left = true
    this.options.recorder.record({
      kind: 'bytes',
      connection: this.number,
      actor: this.options.actor,
      from: 'harness',
      bytes,
      why,
    })
    this.link.write(bytes)
  }

  private receive(chunk: Uint8Array): void {
    this.spoken = true
    if (this.broken) return
    let packets = 0
    for (const incoming of this.flow.read(chunk)) {
      packets += 1
      if (incoming.kind === 'packet') this.arrive(incoming.packet, incoming.seq)
      else this.stopReading(incoming.why)
      if (this.broken) return
    }
    this.options.onUnfinished?.(this.flow.unfinishedBytes, packets > 0)
    this.options.onRead()
  }

  private arrive(packet: Packet, seq: number): void {
    if (!this.keepAlive.takes(packet)) this.options.onPacket(packet, seq)
  }

  /** Nothing is read of it any more: what comes after cannot be trusted, or is too much. */
  stopReading(reason: string): void {
    if (this.broken) return
    this.broken = reason
    this.link.pause()
    this.options.onEnd()
  }

  private end(ending: Ending): void {
    this.ending = ending
    this.keepAlive.stop()
    this.flow.end()
    const isOurs = ending.by === 'us' || ending.lost === textFrame || isOurEnd(ending.lost)
    if (isOurEnd(ending.lost)) this.broken ??= ending.lost
    const { actor, recorder } = this.options
    recorder.record({
      kind: 'close',
      connection: this.number,
      actor,
      by: isOurs ? 'harness' : 'target',
      how: ending.how,
      ...(ending.lost === textFrame ? { textFrame: true } : {}),
    })
    this.options.onEnd()
  }
}
