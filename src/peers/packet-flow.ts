import type { Packet } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import type { Party } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { audit } from '../oracle/audit/packet-form.ts'
import { decode } from '../wire/codec.ts'
import { createFramer, type Framer } from '../wire/framing.ts'

/** What came on a connection, once it stands in the trace. */
export type Incoming =
  | { kind: 'packet'; packet: Packet; bytes: Uint8Array; seq: number }
  /** `lost`: where the next packet would begin cannot be told any more. */
  | { kind: 'unreadable'; bytes: Uint8Array; why: string; lost: boolean }

export type PacketFlowOptions = {
  connection: number
  actor: string
  /** Whose packets these are. */
  from: Party
  plays: 'client' | 'server'
  version: Version
  maxPacketBytes: number
  recorder: Recorder
}

/** So much of what is no packet is written down. */
const shownMaxBytes = 256
const restMaxBytes = 4096

/**
 * One direction of one connection, from bytes to packets: framed, decoded and written into the trace, where the judges read them. Every
 * connection of ours has one, whoever we are on it: client, broker, or either side of a proxy.
 */
export class PacketFlow {
  version: Version
  private readonly options: PacketFlowOptions
  private readonly framer: Framer

  constructor(options: PacketFlowOptions) {
    this.options = options
    this.version = options.version
    this.framer = createFramer({ maxPacketBytes: options.maxPacketBytes })
  }

  /** What is whole with these bytes, in its order. Each is recorded as it is asked for. */
  *read(chunk: Uint8Array): Iterable<Incoming> {
    for (const frame of this.framer.push(chunk)) {
      if (frame.kind === 'packet') yield this.take(frame.bytes)
      else {
        const { bytes, reason: why } = frame
        this.recordBytes(bytes.subarray(0, shownMaxBytes), 'garbage')
        yield { kind: 'unreadable', bytes, why, lost: true }
      }
    }
  }

  /** Memory that a packet takes which is not whole yet. */
  get unfinishedBytes(): number {
    return this.framer.heldBytes
  }

  /** The connection is over: what is left of a packet that is not whole, and recorded now. */
  end(): Uint8Array {
    const rest = this.framer.rest()
    if (rest.length > 0) this.recordBytes(rest.subarray(0, restMaxBytes), 'partial')
    return rest
  }

  private take(bytes: Uint8Array): Incoming {
    const { connection, actor, from, plays, recorder } = this.options
    const packet = decode(bytes, this.version)
    if (packet) {
      const kind = 'packet'
      const event = { seq: 0, at: 0, kind, connection, actor, from, packet, bytes } as const
      const { seq } = recorder.record(event)
      return { kind, packet, bytes, seq }
    }
    this.recordBytes(bytes, 'garbage')
    // In words for people; the judges say it by the statement.
    const [breach] = audit(bytes, { version: this.version, from: plays })
    const why = breach?.message ?? 'a packet that cannot be decoded'
    return { kind: 'unreadable', bytes, why, lost: false }
  }

  private recordBytes(bytes: Uint8Array, why: 'garbage' | 'partial'): void {
    const { connection, actor, from, recorder } = this.options
    recorder.record({ kind: 'bytes', connection, actor, from, bytes, why })
  }
}
