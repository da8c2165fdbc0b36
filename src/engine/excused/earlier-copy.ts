import type { Connect, Packet, Publish, Will } from '../../model/packet.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'

/*
 * DUP 1 on the first copy that we see is right where an earlier copy died with a connection. A broker learns of a cut when it gets to it: a
 * thread for each connection, or a queue between socket and session, may be late, and even the end of its own side of the connection is the
 * work of its system. So what shows that it knew has to come from the session itself.
 */

type Message = Pick<Publish, 'topic' | 'payload'>

/** A connection of the client that the message came to. */
type Earlier = { number: number; will: Will | undefined; endSeq: number; byTarget: boolean }

/**
 * Whether a PUBLISH may be a repeat of a copy that nobody read: its client had a connection before, and nothing shows that the broker knew
 * of that connection's end before the message was given to it. What shows it: the will of that connection reached somebody, the broker
 * ended it, or the broker was started again since.
 */
export function mayBeRepeat(events: readonly TraceEvent[], seq: number): boolean {
  const came = events.find(one => one.seq === seq)
  if (came?.kind !== 'packet' || came.packet.type !== 'PUBLISH') return false
  const { connection, packet: message } = came
  const connect = connectOn(events, connection)
  const connack = packetOn(events, connection, 'CONNACK')
  if (!connect || (connack?.packet.type === 'CONNACK' && isFresh(connack.packet, connect)))
    return false
  const given = givenSeq(events, message)
  if (given !== undefined && connack && given > connack.seq) return false
  return earlierOf(events, connection, connect).some(
    earlier => given === undefined || !isKnownBefore(events, earlier, given),
  )
}

function isFresh(connack: { sessionPresent: boolean }, { clean, protocolLevel }: Connect): boolean {
  // CONNACK of 3.1 does not tell.
  return clean || (!connack.sessionPresent && protocolLevel > 3)
}

function earlierOf(
  events: readonly TraceEvent[],
  connection: number,
  { clientId }: Connect,
): Earlier[] {
  const earlier = new Map<number, Earlier>()
  for (const event of events) {
    if (!('connection' in event) || event.connection === undefined) continue
    if (event.connection === connection) continue
    if (event.kind === 'packet' && event.from === 'harness' && event.packet.type === 'CONNECT') {
      const { packet, connection: number } = event
      if (packet.clientId !== clientId) continue
      earlier.set(number, {
        number,
        will: packet.will,
        endSeq: Number.POSITIVE_INFINITY,
        byTarget: false,
      })
    }
    const ended = event.kind === 'close' ? earlier.get(event.connection) : undefined
    if (ended && event.kind === 'close') {
      ended.endSeq = event.seq
      ended.byTarget = event.by === 'target'
    }
  }
  return [...earlier.values()]
}

function isKnownBefore(
  events: readonly TraceEvent[],
  { endSeq, byTarget, will }: Earlier,
  given: number,
): boolean {
  if (endSeq > given) return false
  if (byTarget) return true
  return events.some(event => {
    if (event.seq <= endSeq || event.seq >= given) return false
    if (event.kind === 'restart') return event.phase === 'down'
    if (event.kind !== 'packet' || event.from !== 'target' || !will) return false
    return event.packet.type === 'PUBLISH' && isSame(event.packet, will)
  })
}

/** `seq` of the packet by which somebody first gave the message to the broker; undefined for a will, which it has before it is due. */
function givenSeq(events: readonly TraceEvent[], message: Message): number | undefined {
  return events.find(
    one =>
      one.kind === 'packet' &&
      one.from === 'harness' &&
      one.packet.type === 'PUBLISH' &&
      isSame(one.packet, message),
  )?.seq
}

function isSame(one: Message, other: Message): boolean {
  // By topic alias alone the topic is that of before.
  const sameTopic = one.topic === other.topic || one.topic === '' || other.topic === ''
  return sameTopic && Buffer.compare(one.payload, other.payload) === 0
}

function connectOn(events: readonly TraceEvent[], connection: number): Connect | undefined {
  const packet = packetOn(events, connection, 'CONNECT')?.packet
  return packet?.type === 'CONNECT' ? packet : undefined
}

function packetOn(
  events: readonly TraceEvent[],
  connection: number,
  type: Packet['type'],
): EventOf<'packet'> | undefined {
  for (const event of events) {
    if (event.kind === 'packet' && event.connection === connection && event.packet.type === type)
      return event
  }
  return undefined
}
