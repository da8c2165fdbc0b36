import type { Packet, PacketType, Publish, Subscribe } from '../model/packet.ts'
import { sentinelPrefix } from '../model/trace.ts'

/** An exchange that the automatic mode began by a PUBLISH of its own. */
export type Flow = {
  packet: Publish
  state: 'publish' | 'pubrel' | 'done'
  /** Reason code of the last acknowledgement. */
  code: number
}

/** What one side of a session keeps (5.0 §4.1.0): outgoing exchanges and the ids of incoming QoS 2 messages. */
export type Session = {
  flows: Map<number, Flow>
  held: Set<number>
  /** Ids of incoming sentinels, whose exchange is nobody's business but the fence's. */
  sentinels: Set<number>
  nextId: number
}

export function createSession(): Session {
  return { flows: new Map(), held: new Set(), sentinels: new Set(), nextId: 1000 }
}

/** The next packet identifier that no own exchange uses. Scenarios write small ids by hand, so ours start at 1000. */
export function allocateId(session: Session): number {
  do {
    session.nextId = session.nextId >= 59_999 ? 1000 : session.nextId + 1
  } while (session.flows.has(session.nextId))
  return session.nextId
}

export type Reaction = {
  replies: Packet[]
  /** Whether expectations of the scenario get to see the packet. */
  shown: boolean
  /** Shown, but passed over by an expectation that asks for something else. */
  ignorable: boolean
}

const hidden: Reaction = { replies: [], shown: false, ignorable: false }
const show: Reaction = { replies: [], shown: true, ignorable: false }

/**
 * What the automatic mode does with a packet of the target: the receiver and sender rules of 5.0 §4.3, which 3.1.1 shares.
 * The caller sends the replies; the session is changed in place.
 */
export function react(
  session: Session,
  packet: Packet,
  how: { auto: boolean; plays: 'client' | 'server' },
): Reaction {
  switch (packet.type) {
    case 'PUBLISH':
      return reactToPublish(session, packet, how.auto)
    case 'PUBREL':
      return reactToPubrel(session, packet.id, how.auto)
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBCOMP':
      return reactToAck(session, packet)
    case 'PINGREQ':
      return { replies: [{ type: 'PINGRESP' }], shown: true, ignorable: true }
    case 'SUBSCRIBE':
      if (!how.auto || how.plays !== 'server') return show
      return {
        replies: [
          {
            type: 'SUBACK',
            id: packet.id,
            codes: packet.subscriptions.map(subscription => subscription.qos),
            properties: {},
          },
        ],
        shown: true,
        ignorable: false,
      }
    case 'UNSUBSCRIBE':
      if (!how.auto || how.plays !== 'server') return show
      return {
        replies: [
          { type: 'UNSUBACK', id: packet.id, codes: packet.filters.map(() => 0), properties: {} },
        ],
        shown: true,
        ignorable: false,
      }
    case 'CONNECT':
    case 'CONNACK':
    case 'SUBACK':
    case 'UNSUBACK':
    case 'PINGRESP':
    case 'DISCONNECT':
    case 'AUTH':
      return show
  }
}

/** A subscription made anew is granted, and passed over by expectations that ask for something else. */
export function renewal({ id, subscriptions }: Subscribe): Reaction {
  const codes = subscriptions.map(({ qos }) => qos)
  return { replies: [{ type: 'SUBACK', id, codes, properties: {} }], shown: true, ignorable: true }
}

function reactToPublish(session: Session, packet: Publish, auto: boolean): Reaction {
  const sentinel = isSentinel(packet)
  if (!auto && !sentinel) return show
  const id = packet.id
  if (packet.qos === 0 || id === undefined) return sentinel ? hidden : show
  if (packet.qos === 1) return { replies: [ack('PUBACK', id)], shown: !sentinel, ignorable: false }
  const repeated = session.held.has(id)
  session.held.add(id)
  if (sentinel) session.sentinels.add(id)
  return { replies: [ack('PUBREC', id)], shown: !repeated && !sentinel, ignorable: false }
}

function reactToPubrel(session: Session, id: number, auto: boolean): Reaction {
  const sentinel = session.sentinels.delete(id)
  if (!auto && !sentinel) return show
  session.held.delete(id)
  return { replies: [ack('PUBCOMP', id)], shown: false, ignorable: false }
}

function reactToAck(session: Session, packet: Extract<Packet, { id: number; code: number }>) {
  const flow = session.flows.get(packet.id)
  if (!flow || flow.state === 'done') return show
  flow.code = packet.code
  if (packet.type === 'PUBREC' && packet.code < 0x80 && flow.packet.qos === 2) {
    flow.state = 'pubrel'
    return { ...hidden, replies: [ack('PUBREL', packet.id)] }
  }
  const final =
    packet.type === 'PUBACK'
      ? flow.packet.qos === 1
      : packet.type === 'PUBCOMP'
        ? flow.state === 'pubrel'
        : packet.code >= 0x80
  if (final) {
    flow.state = 'done'
    session.flows.delete(packet.id)
  }
  return final ? hidden : show
}

/** What a sender owes when its session resumes: PUBLISH with DUP 1 or PUBREL, in the order first sent [MQTT-4.4.0-1]. */
export function resends(session: Session): Packet[] {
  return [...session.flows.entries()].map(([id, flow]) =>
    flow.state === 'pubrel' ? ack('PUBREL', id) : { ...flow.packet, dup: true },
  )
}

export function ack(type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP', id: number): Packet {
  return { type, id, code: 0, properties: {} }
}

const prefixBytes = new TextEncoder().encode(sentinelPrefix)

export function isSentinel(packet: Publish): boolean {
  const { payload } = packet
  return payload.length >= prefixBytes.length && prefixBytes.every((byte, i) => payload[i] === byte)
}

/** Packet types whose automatic sending can be held or delayed. */
export type Withheld = Map<PacketType, number | 'held'>
