import type { Ack as AckPacket, Publish, Suback, Unsuback } from '../../model/packet.ts'
import { contentKey } from '../ledger/content.ts'
import { type Ruling, say } from '../ruling.ts'
import { addOwed, isOwed, takeOwed } from './answers.ts'
import { proveRead } from './connection.ts'
import { ordersAnswers } from './order.ts'
import { markUsed, wasUsed } from './session.ts'
import type { Connection, Mark, OurExchange, OwedAnswer, Session } from './state.ts'

/*
 * The target as receiver: what it owes for our packets, and its answers. docs/qos2.md, table "Receiver, per id".
 */

/** A PUBLISH of ours, QoS 1 or 2. */
export function onOurPublish(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: Publish & { id: number },
  topic: string,
  mark: Mark,
): void {
  const { id, qos } = packet
  const key = contentKey(topic, packet.payload)
  const older = session.ours.get(id)
  const same = older !== undefined && older.key === key && older.qos === qos
  const live = older?.connection === connection.number
  // A second copy on one connection is legal before 5.0; another message under a held id never is.
  if (older && (!same || older.phase === 'released' || (live && connection.version === '5.0'))) {
    connection.excused = true
  }
  countOurs(connection, id)
  markUsed(session, id)
  const repeat = same && qos === 2 && older.phase === 'owned'
  const clean = repeat && !connection.excused
  addOwed(connection.owedAnswers, {
    packet: qos === 1 ? 'PUBACK' : 'PUBREC',
    id,
    clause: qos === 1 ? 'pubackOwed' : repeat ? 'pubrecRepeatOwed' : 'pubrecOwed',
    seq: ruling.seq,
    mark,
    text: `${qos === 1 ? 'PUBACK' : 'PUBREC'} id ${id}`,
    onlyAdvised: false,
    closing: clean ? 'must not' : 'may',
    repeat: clean && !live,
  })
  if (same && older.phase !== 'released') older.connection = connection.number
  else {
    const phase: OurExchange['phase'] = 'sent'
    session.ours.set(id, { qos, key, phase, connection: connection.number, restarted: false })
  }
}

function countOurs(connection: Connection, id: number): void {
  connection.ourInFlight.add(id)
  connection.ourPeak = Math.max(connection.ourPeak, connection.ourInFlight.size)
  if (connection.ourInFlight.size > connection.ourLimits.receiveMaximum) connection.excused = true
}

/** A PUBREL of ours. */
export function onOurPubrel(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  id: number,
  mark: Mark,
): void {
  const ours = session.ours.get(id)
  // Before PUBREC, PUBREL breaks the rules; for an id that is over or lost it is recovery.
  if (ours && ours.phase === 'sent' && isOwed(connection.owedAnswers, 'PUBREC', id)) {
    connection.excused = true
  }
  const known = wasUsed(session, id)
  markUsed(session, id)
  const owned = ours?.phase === 'owned'
  if (ours && ours.qos === 2) ours.phase = 'released'
  addOwed(connection.owedAnswers, {
    packet: 'PUBCOMP',
    id,
    clause: 'pubcompOwed',
    seq: ruling.seq,
    mark,
    text: `PUBCOMP id ${id}`,
    onlyAdvised: false,
    closing: known || connection.version === '5.0' ? 'must not' : 'should not',
    repeat: owned,
  })
}

/** PUBACK, PUBREC or PUBCOMP of the target. */
export function onAnswer(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: AckPacket,
): void {
  const taken = takeOwed(connection.owedAnswers, packet.type, packet.id)
  if (!taken) {
    unasked(ruling, connection, session, packet)
    return
  }
  proveRead(taken.answer.mark)
  ordersAnswers(ruling, connection, taken)
  const ours = session.ours.get(packet.id)
  const refused = connection.version === '5.0' && packet.code >= 0x80
  switch (packet.type) {
    case 'PUBACK':
      if (ours?.qos === 1) session.ours.delete(packet.id)
      connection.ourInFlight.delete(packet.id)
      return
    case 'PUBREC':
      if (refused) refusal(ruling, connection, session, packet, taken.answer, ours)
      else if (ours && ours.qos === 2 && ours.phase === 'sent') ours.phase = 'owned'
      return
    case 'PUBCOMP':
      pubcomp(ruling, connection, session, packet, taken.answer, ours)
      return
    case 'PUBREL':
      return
  }
}

/** 5.0: PUBREC >= 0x80. Not for a message that the target owns and that comes again, the same, over a new connection. */
function refusal(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  { id, code }: AckPacket,
  answer: OwedAnswer,
  ours: OurExchange | undefined,
): void {
  if (answer.repeat) {
    say(ruling, connection.version, 'repeatRefused', {
      message: `PUBREC id ${id} refuses a repeat of a message that was taken before`,
      expected: `PUBREC id ${id}, code below 0x80`,
      got: `PUBREC id ${id}, code 0x${code.toString(16)}`,
      about: ours?.restarted ? 'durability' : undefined,
    })
  }
  if (ours?.phase === 'sent') session.ours.delete(id)
  connection.ourInFlight.delete(id)
}

function pubcomp(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  { id, code }: AckPacket,
  answer: OwedAnswer,
  ours: OurExchange | undefined,
): void {
  if (answer.repeat && connection.version === '5.0' && code === 0x92 && !connection.excused) {
    say(ruling, connection.version, 'stateForgotten', {
      message: `PUBCOMP id ${id} says that the id is not known, though its PUBREC was seen`,
      expected: `PUBCOMP id ${id}, code 0x00`,
      got: `PUBCOMP id ${id}, code 0x92`,
      about: ours?.restarted ? 'durability' : undefined,
    })
  }
  if (ours?.phase === 'released' && !isOwed(connection.owedAnswers, 'PUBCOMP', id))
    session.ours.delete(id)
  connection.ourInFlight.delete(id)
}

function unasked(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  { type, id }: AckPacket,
): void {
  // What answers a packet of before our DISCONNECT may cross with it.
  if (connection.opaque || connection.weDisconnected) return
  const waits = (['PUBACK', 'PUBREC', 'PUBCOMP'] as const).find(kind =>
    isOwed(connection.owedAnswers, kind, id),
  )
  if (waits && !(type === 'PUBREC' && session.ours.get(id)?.qos === 2)) {
    say(ruling, connection.version, 'wrongAnswer', {
      message: `${type} id ${id} answers a packet that asks for ${waits}`,
      expected: `${waits} id ${id}`,
      got: `${type} id ${id}`,
    })
    return
  }
  const ours = session.ours.get(id)
  if (type === 'PUBREC' && ours?.qos === 2) {
    say(ruling, connection.version, 'pubrecUnasked', {
      message: `PUBREC id ${id} came unasked`,
      expected: `PUBREC only in answer to PUBLISH`,
      got: `PUBREC id ${id}`,
    })
    return
  }
  say(ruling, connection.version, type === 'PUBCOMP' ? 'pubcompUnasked' : 'ackUnknownId', {
    message: `${type} id ${id} answers nothing`,
    expected: `no ${type} id ${id}`,
    got: `${type} id ${id}`,
  })
}

/** SUBACK and UNSUBACK of a broker. */
export function onSuback(ruling: Ruling, connection: Connection, packet: Suback | Unsuback): void {
  const { type, id, codes } = packet
  const taken = takeOwed(connection.owedAnswers, type, id)
  if (!taken) {
    if (connection.opaque || connection.weDisconnected) return
    const { answeredForSeveral: before } = connection
    if (before?.packet === type && before.id === id) {
      say(ruling, connection.version, type === 'SUBACK' ? 'subackTwice' : 'unsubackTwice', {
        message: `${type} id ${id} came once more for the same request`,
        expected: `one ${type} for all topic filters`,
        got: `another ${type} id ${id}`,
      })
      return
    }
    say(ruling, connection.version, 'subackUnknownId', {
      message: `${type} id ${id} answers nothing`,
      expected: `no ${type} id ${id}`,
      got: `${type} id ${id}`,
    })
    return
  }
  proveRead(taken.answer.mark)
  const wanted = taken.answer.codes ?? 0
  if (wanted > 1) connection.answeredForSeveral = { packet: type, id }
  if (codes.length === wanted || (type === 'UNSUBACK' && connection.version !== '5.0')) return
  say(ruling, connection.version, type === 'SUBACK' ? 'subackCodes' : 'unsubackCodes', {
    message: `${type} id ${id} has ${codes.length} codes for ${wanted} topic filters`,
    expected: `${wanted} codes`,
    got: `${codes.length} codes`,
  })
}

/** PINGRESP of a broker: the proof that it read all we sent before the PINGREQ. */
export function onPingresp(ruling: Ruling, connection: Connection): void {
  const taken = takeOwed(connection.owedAnswers, 'PINGRESP', 0)
  if (taken) proveRead(taken.answer.mark)
  else if (!connection.opaque && !connection.weDisconnected) {
    say(ruling, connection.version, 'pingrespUnasked', {
      message: 'PINGRESP came without PINGREQ',
      expected: 'no PINGRESP',
      got: 'PINGRESP',
    })
  }
}
