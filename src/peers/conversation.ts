import type { Duplex } from 'node:stream'
import type { Packet } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import type { Version } from '../model/version.ts'
import { audit } from '../oracle/audit/packet-form.ts'
import { type Ending, Link } from '../transport/link.ts'
import { decode, encode, type Wrong } from '../wire/codec.ts'
import { createFramer, type Framer } from '../wire/framing.ts'

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
  onEnd(): void
}

/**
 * One connection to the target, in packets: every byte is framed, decoded and written into the trace, where the judges
 * read it.
 * What cannot be decoded makes it `broken`: nothing after it can be trusted.
 */
export class Conversation {
  readonly number: number
  readonly link: Link
  version: Version
  /** Set when the connection has ended. */
  ending: Ending | undefined
  /** Set when the target sent what is no MQTT packet. */
  broken: string | undefined
  /** How many QoS 2 PUBLISH packets of ours went out, by id. */
  readonly published = new Map<number, number>()
  private readonly options: ConversationOptions
  private readonly framer: Framer

  constructor(options: ConversationOptions) {
    this.options = options
    this.number = options.number
    this.version = options.version
    this.framer = createFramer({ maxPacketBytes: options.maxPacketBytes })
    this.link = new Link(options.stream)
    options.recorder.record({
      kind: 'open',
      connection: this.number,
      actor: options.actor,
      by: options.targetPlays === 'server' ? 'harness' : 'target',
      version: options.version,
    })
    this.link.listen({
      onBytes: bytes => this.receive(bytes),
      onEnd: ending => this.end(ending),
    })
  }

  get open(): boolean {
    return this.link.open && !this.broken
  }

  /** Fake broker: the version the client's CONNECT asked for. */
  speak(version: Version): void {
    this.version = version
  }

  /** Writes a packet and records it. `auto` marks what the automatic mode sent. Returns its bytes. */
  send(packet: Packet, how: { wrong?: Wrong; auto?: boolean } = {}): Uint8Array {
    const bytes = encode(packet, this.version, how.wrong)
    this.note(packet, bytes, how.auto)
    this.link.write(bytes)
    return bytes
  }

  /** Records a packet of ours whose bytes the caller writes by himself, in pieces or together with others. */
  note(packet: Packet, bytes: Uint8Array, auto = false): void {
    if (!this.link.open) return
    if (packet.type === 'PUBLISH' && packet.qos === 2 && packet.id !== undefined) {
      this.published.set(packet.id, (this.published.get(packet.id) ?? 0) + 1)
    }
    const { actor, recorder } = this.options
    const connection = this.number
    recorder.record(
      auto
        ? { seq: 0, at: 0, kind: 'packet', connection, actor, from: 'harness', packet, bytes, auto }
        : { seq: 0, at: 0, kind: 'packet', connection, actor, from: 'harness', packet, bytes },
    )
  }

  /** Writes bytes that are no whole packet. */
  sendBytes(bytes: Uint8Array, why: 'partial' | 'raw'): void {
    if (!this.link.open) return
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
    if (this.broken) return
    for (const frame of this.framer.push(chunk)) {
      if (frame.kind === 'broken') this.giveUp(frame.bytes, frame.reason)
      else this.receivePacket(frame.bytes)
      if (this.broken) return
    }
    this.options.onRead()
  }

  private receivePacket(bytes: Uint8Array): void {
    const { actor, recorder, targetPlays } = this.options
    const packet = decode(bytes, this.version)
    const connection = this.number
    const seen = recorder.record(
      packet
        ? { seq: 0, at: 0, kind: 'packet', connection, actor, from: 'target', packet, bytes }
        : { kind: 'bytes', connection, actor, from: 'target', bytes, why: 'garbage' },
    )
    if (packet) this.options.onPacket(packet, seen.seq)
    else this.stopReading(whyUnreadable(bytes, this.version, targetPlays))
  }

  private giveUp(bytes: Uint8Array, reason: string): void {
    this.options.recorder.record({
      kind: 'bytes',
      connection: this.number,
      actor: this.options.actor,
      from: 'target',
      bytes: bytes.subarray(0, 256),
      why: 'garbage',
    })
    this.stopReading(reason)
  }

  private stopReading(reason: string): void {
    this.broken = reason
    this.link.pause()
    this.options.onEnd()
  }

  private end(ending: Ending): void {
    this.ending = ending
    const rest = this.framer.rest()
    const { actor, recorder } = this.options
    if (rest.length > 0) {
      recorder.record({
        kind: 'bytes',
        connection: this.number,
        actor,
        from: 'target',
        bytes: rest.subarray(0, 4096),
        why: 'partial',
      })
    }
    recorder.record({
      kind: 'close',
      connection: this.number,
      actor,
      by: ending.by === 'us' ? 'harness' : 'target',
      how: ending.how,
    })
    this.options.onEnd()
  }
}

/** In words for people; the judges say it by the statement. */
export function whyUnreadable(
  bytes: Uint8Array,
  version: Version,
  from: 'client' | 'server',
): string {
  return audit(bytes, { version, from })[0]?.message ?? 'a packet that cannot be decoded'
}
