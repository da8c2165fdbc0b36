import type { Duplex } from 'node:stream'
import type { Packet } from '../../model/packet.ts'
import type { Recorder } from '../../model/recorder.ts'
import type { Side } from '../../model/side.ts'
import { sentinelPrefix } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { Relay, type Treatment } from '../../peers/proxy.ts'

/** A fault that waits for its packets. */
export type Placed = {
  from: Side
  /** For people: `PUBREC of the broker`. */
  title: string
  packetType: Packet['type']
  /** So many packets that match still go by before it happens. */
  skip: number
  /** To so many it still happens. */
  left: number
  /** Answers whether the packet matches, and binds what the matcher captures. */
  matches(packet: Packet): boolean
  /** What to do with it; notes the fault in the trace. */
  strike(packet: Packet, seq: number, bytes: Uint8Array): Treatment
}

/** A packet that passed whole and that no expectation has taken yet. */
export type Passed = { packet: Packet; seq: number }

/** What a proxy gets from the case it stands in. */
export type ProxySurroundings = {
  version: Version
  maxPacketBytes: number
  recorder: Recorder
  nextConnection(): number
  changed(): void
}

const pass: Treatment = { writes: [{ as: 'packet' }] }
const lost: Treatment = { writes: [] }
/** A side that floods the other is not remembered beyond this. */
const inboxMax = 100_000

/**
 * A proxy of a scenario: its present pair of connections, the faults placed at it, and what has passed. Faults outlive connections.
 */
export class ProxyActor {
  readonly name: string
  relay: Relay | undefined
  readonly placed: Placed[] = []
  inbox: { [side in Side]: Passed[] } = { client: [], broker: [] }
  /** Of the last CONNECT, and of all. */
  clientId = ''
  readonly clientIds = new Set<string>()
  /** Topic of the last message that passed, which a fence follows. */
  lastTopic: string | undefined
  private readonly surroundings: ProxySurroundings
  private readonly relays: Relay[] = []
  /** Packet identifiers of sentinels whose acknowledgement has not come. */
  private readonly sentinels = new Set<number>()
  /** Identifiers under which the broker has sent messages: a sentinel takes none of them. */
  private readonly used = new Set<number>()

  constructor(name: string, surroundings: ProxySurroundings) {
    this.surroundings = surroundings
    this.name = name
  }

  /** Joins a new pair of connections; what the old one left unread is forgotten. */
  attach(client: Duplex, broker: Duplex, peers: { [side in Side]: string }): Relay {
    const { version, maxPacketBytes, recorder, nextConnection, changed } = this.surroundings
    this.inbox = { client: [], broker: [] }
    this.sentinels.clear()
    const relay: Relay = new Relay({
      actor: this.name,
      client,
      broker,
      numbers: { client: nextConnection(), broker: nextConnection() },
      peers,
      version,
      maxPacketBytes,
      recorder,
      treat: (from, packet, seq, bytes) => this.treat(from, packet, seq, bytes),
      onPassed: (from, packet, seq) => {
        if (relay === this.relay) this.remember(from, packet, seq)
      },
      changed,
    })
    this.relay = relay
    this.relays.push(relay)
    return relay
  }

  need(): Relay {
    if (!this.relay) throw new RangeError(`${this.name} has no connection`)
    return this.relay
  }

  /** Sends the client a message at QoS 1 that the broker knows nothing of. Answers whether the client has acknowledged it. */
  sentinel(topic: string, text: string): () => boolean {
    let id = sentinelIdMax
    while (this.used.has(id) || this.sentinels.has(id)) id -= 1
    this.sentinels.add(id)
    this.need().inject({
      type: 'PUBLISH',
      topic,
      qos: 1,
      dup: false,
      retain: false,
      id,
      payload: new TextEncoder().encode(`${sentinelPrefix}${text}`),
      properties: {},
    })
    return () => !this.sentinels.has(id)
  }

  destroy(): void {
    for (const relay of this.relays) relay.destroy()
  }

  private treat(from: Side, packet: Packet, seq: number, bytes: Uint8Array): Treatment {
    if (packet.type === 'CONNECT') {
      this.clientId = packet.clientId
      this.clientIds.add(packet.clientId)
    }
    if (packet.type === 'PUBLISH' && from === 'broker') this.used.add(packet.id ?? 0)
    if (packet.type === 'PUBACK' && from === 'client' && this.sentinels.delete(packet.id)) {
      return lost
    }
    return treatmentOf(this.placed, from, packet, seq, bytes)
  }

  private remember(from: Side, packet: Packet, seq: number): void {
    if (packet.type === 'PUBLISH' && packet.topic !== '') this.lastTopic = packet.topic
    if (this.inbox[from].length < inboxMax) this.inbox[from].push({ packet, seq })
  }
}

/** What becomes of a packet where these faults wait for theirs. */
export function treatmentOf(
  faults: readonly Placed[],
  from: Side,
  packet: Packet,
  seq: number,
  bytes: Uint8Array,
): Treatment {
  for (const placed of faults) {
    if (placed.from !== from || placed.left === 0 || !placed.matches(packet)) continue
    if (placed.skip > 0) {
      placed.skip -= 1
      continue
    }
    placed.left -= 1
    return placed.strike(packet, seq, bytes)
  }
  return pass
}

/** Sentinels count down from here; brokers and scenarios count up from 1. */
const sentinelIdMax = 65_535
