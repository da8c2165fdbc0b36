import type { Ack as AckPacket, Publish } from '../../model/packet.ts'
import { type ContentKey, contentKey, payloadText } from '../ledger/content.ts'
import type { Publications } from '../ledger/publications.ts'
import { type Ruling, say } from '../ruling.ts'
import { addOwed, isOwed, takeOwed } from './answers.ts'
import { proveRead } from './connection.ts'
import { commit, possible, turnTo } from './exchange.ts'
import { leaveResume, ordersPubrels, resendsPublish, resendsPubrel } from './order.ts'
import { countPublish, giveBack } from './quota.ts'
import { addExchange, exchangeOf, finish, sweep } from './session.ts'
import type { Connection, Exchange, Mark, Phase, Session } from './state.ts'

/*
 * The target as sender: PUBLISH, its PUBREL, and our acknowledgements. docs/qos2.md, table "Sender, per id".
 */

/** So many acknowledgements of ours that may not have been read are remembered of one exchange. */
const acksMax = 1024

/** A QoS>0 PUBLISH of the target. */
export function onPublish(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: Publish & { id: number },
  topic: string,
  sizeBytes: number,
  publications: Publications,
): void {
  const key = contentKey(topic, packet.payload)
  const exchange = exchangeOf(session, packet.id)
  const fresh = () => {
    if (packet.dup && isResendOfOver(ruling, connection, session, packet, key)) return
    if (packet.dup) firstCopyWithDup(ruling, connection, session, packet, key, publications)
    begin(connection, session, packet, topic, key, sizeBytes, ruling.seq)
  }
  countPublish(ruling, connection, packet.id)
  if (!exchange) {
    fresh()
    return
  }
  turnTo(exchange, connection)
  const phases = possible(exchange)
  // PUBREL goes out before anything that PUBCOMP brings about.
  if (isOwed(connection.owedAnswers, 'PUBREL', exchange.id) && exchange.qos === 2)
    phases.delete('free')
  const same = exchange.key === key && exchange.qos === packet.qos
  if (same && phases.has('publish')) sameInAll(ruling, connection, exchange, packet)
  if (packet.dup && same && phases.has('publish')) resend(ruling, connection, exchange)
  else if (phases.has('free') && !(packet.dup && same)) {
    commit(exchange, 'free', connection)
    fresh()
  } else if (!same) {
    idInUse(ruling, connection, exchange, `PUBLISH ${payloadText(packet.payload)}`)
    fresh()
  } else if (phases.has('publish')) {
    const live = exchange.publishedOn === connection.number
    if (live && connection.version === '5.0') resendLive(ruling, connection, exchange, 'PUBLISH')
    else dupMissing(ruling, connection, exchange)
    resent(ruling, connection, exchange)
  } else publishAfterAck(ruling, connection, exchange, phases)
}

function begin(
  connection: Connection,
  session: Session,
  packet: Publish & { id: number },
  topic: string,
  key: ContentKey,
  sizeBytes: number,
  seq: number,
): void {
  session.sent += 1
  leaveResume(connection, packet.id)
  addExchange(session, {
    id: packet.id,
    qos: packet.qos,
    key,
    sizeBytes: packet.topic === '' ? sizeBytes + Buffer.byteLength(topic) : sizeBytes,
    topic,
    rest: restOf(packet),
    order: session.sent,
    seq,
    phase: 'publish',
    acks: [],
    recOrder: 0,
    publishedOn: connection.number,
    shownOn: connection.number,
    seenOn: connection.number,
    carried: false,
    carriedPubrel: false,
    recs: [],
    rels: 0,
    released: false,
    optional: false,
    restarted: false,
    refused: false,
  })
  sweep(session)
}

/**
 * Properties that may differ when a message is sent again: subscriptions may have been made or ended [5.0 §3.8.4], time has passed, and
 * an alias is the connection's. docs/qos2.md, "Do not fail a target for".
 */
const mayDiffer = new Set(['subscriptionIdentifiers', 'messageExpiryInterval', 'topicAlias'])

function restOf({ retain, properties }: Publish): string {
  const kept = Object.entries(properties).filter(([name]) => !mayDiffer.has(name))
  if (kept.length === 0) return retain ? 'RETAIN 1' : 'RETAIN 0'
  const shown = kept.map(([name, value]) => `${name} ${shownValue(value)}`).sort()
  return [retain ? 'RETAIN 1' : 'RETAIN 0', ...shown].join(', ')
}

function shownValue(value: Publish['properties'][string]): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : JSON.stringify(value)
}

/** What is sent again is the same packet in everything but DUP: payload and topic were compared before. */
function sameInAll(
  ruling: Ruling,
  connection: Connection,
  exchange: Exchange,
  packet: Publish,
): void {
  const rest = restOf(packet)
  if (rest === exchange.rest) return
  say(ruling, connection.version, 'resentOtherwise', {
    message: `PUBLISH id ${exchange.id} was sent again, and not as it was`,
    expected: exchange.rest,
    got: rest,
    about: durability(exchange),
  })
}

/** A resend with DUP 1 of a PUBLISH that the target may hold unacknowledged. */
function resend(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  const live = exchange.publishedOn === connection.number
  if (connection.version === '5.0') {
    if (live) resendLive(ruling, connection, exchange, 'PUBLISH')
    else if (connection.phase === 'connecting')
      beforeConnack(ruling, connection, 'PUBLISH', exchange.id)
  }
  commit(exchange, 'publish', connection)
  resent(ruling, connection, exchange)
}

function resent(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  if (exchange.publishedOn !== connection.number) resendsPublish(ruling, connection, exchange)
  leaveResume(connection, exchange.id)
  exchange.optional = false
  exchange.publishedOn = connection.number
  exchange.shownOn = connection.number
}

/**
 * DUP 1 on the first copy we see is legal where an earlier copy may have died with a connection. It cannot have where the
 * session never had another connection, or where the message was published only after this one was accepted.
 */
function firstCopyWithDup(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: Publish & { id: number },
  key: ContentKey,
  publications: Publications,
): void {
  const other = session.byKey.get(key)
  const elsewhere =
    other === undefined || other === packet.id ? undefined : exchangeOf(session, other)
  if (
    elsewhere &&
    elsewhere.publishedOn !== connection.number &&
    !possible(elsewhere).has('free')
  ) {
    say(ruling, connection.version, 'idChanged', {
      message: `The message of id ${elsewhere.id} was sent again under id ${packet.id}`,
      expected: `PUBLISH id ${elsewhere.id}, DUP 1`,
      got: `PUBLISH id ${packet.id}, DUP 1`,
      about: durability(elsewhere),
    })
    return
  }
  const published = publications.firstSeq(key)
  const lastChance = ruling.target === 'client' ? connection.openSeq : connection.acceptedSeq
  const earlier = session.since < connection.number || session.kept === 'maybe'
  // Nor can it where the id was another message's on this very connection.
  const shownOn = session.open.get(packet.id)?.shownOn ?? session.freed.get(packet.id)
  const before = earlier && shownOn !== connection.number
  if (before && (published === undefined || published < lastChance)) return
  say(ruling, connection.version, packet.qos === 1 ? 'dupOnFirstQos1' : 'dupOnFirstQos2', {
    message: `The first PUBLISH of ${payloadText(packet.payload)} has DUP 1`,
    expected: `PUBLISH id ${packet.id}, DUP 0`,
    got: `PUBLISH id ${packet.id}, DUP 1; no earlier connection can have carried it`,
  })
}

/** DUP 1 with what an exchange carried that is over, or that a lost session should have taken along. */
function isResendOfOver(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: Publish & { id: number },
  key: ContentKey,
): boolean {
  if (session.discarded.get(packet.id) === key) {
    say(ruling, connection.version, 'oldSession', {
      message: `PUBLISH id ${packet.id} of a session that is gone was sent again`,
      expected: 'nothing of the old session',
      got: `PUBLISH id ${packet.id}, DUP 1`,
    })
    session.discarded.delete(packet.id)
    return true
  }
  const done = session.done.get(key)
  if (done?.id !== packet.id || done.qos !== packet.qos) return false
  const clause = done.refused
    ? 'resendRefused'
    : done.qos === 2
      ? 'publishAfterPubrel'
      : 'resendAcknowledged'
  say(ruling, connection.version, clause, {
    message: `PUBLISH id ${packet.id} was sent again after its exchange had ended`,
    expected: `no PUBLISH of ${payloadText(packet.payload)}`,
    got: `PUBLISH id ${packet.id}, DUP 1`,
  })
  return true
}

function publishAfterAck(
  ruling: Ruling,
  connection: Connection,
  exchange: Exchange,
  phases: Set<Phase>,
): void {
  const clause = phases.has('pubrel')
    ? exchange.released
      ? 'publishAfterPubrel'
      : 'publishAfterPubrec'
    : exchange.qos === 2
      ? 'publishAfterPubrel'
      : 'resendAcknowledged'
  say(ruling, connection.version, clause, {
    message: `PUBLISH id ${exchange.id} was sent again after ${exchange.released ? 'PUBREL' : 'PUBREC was read'}`,
    expected: `PUBREL id ${exchange.id}`,
    got: `PUBLISH id ${exchange.id}`,
    about: durability(exchange),
  })
  leaveResume(connection, exchange.id)
  exchange.publishedOn = connection.number
}

function idInUse(ruling: Ruling, connection: Connection, exchange: Exchange, got: string): void {
  say(ruling, connection.version, 'idInUse', {
    message: `Id ${exchange.id} still belongs to another exchange`,
    expected: 'an id that is not in use',
    got: `${got} with id ${exchange.id}`,
    nearestMiss: `the exchange of id ${exchange.id} waits for ${waitsFor(exchange)}`,
    about: durability(exchange),
  })
}

function waitsFor(exchange: Exchange): string {
  if (exchange.phase === 'pubrel') return 'PUBCOMP'
  return exchange.qos === 1 ? 'PUBACK' : 'PUBREC'
}

function dupMissing(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  say(ruling, connection.version, 'dupMissing', {
    message: `PUBLISH id ${exchange.id} was sent again without DUP`,
    expected: `PUBLISH id ${exchange.id}, DUP 1`,
    got: `PUBLISH id ${exchange.id}, DUP 0`,
    about: durability(exchange),
  })
}

function resendLive(
  ruling: Ruling,
  connection: Connection,
  { id }: Exchange,
  packet: 'PUBLISH' | 'PUBREL',
): void {
  say(ruling, connection.version, 'resendLive', {
    message: `${packet} id ${id} was sent again on a live connection`,
    expected: `no second ${packet} id ${id} before a reconnect`,
    got: `${packet} id ${id} again`,
  })
}

function beforeConnack(ruling: Ruling, connection: Connection, packet: string, id: number): void {
  say(ruling, connection.version, 'resendBeforeConnack', {
    message: `${packet} id ${id} was sent again before CONNACK said that the session is present`,
    expected: 'no resend before CONNACK',
    got: `${packet} id ${id}`,
  })
}

function durability(exchange: Exchange): 'durability' | undefined {
  return exchange.restarted ? 'durability' : undefined
}

/** A PUBREL of the target. */
export function onPubrel(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: AckPacket,
): void {
  const taken = takeOwed(connection.owedAnswers, 'PUBREL', packet.id)
  const exchange = exchangeOf(session, packet.id)
  if (!exchange || exchange.qos === 1) {
    if (taken) proveRead(taken.answer.mark)
    else if (connection.opaque) return
    else if (exchange) pubrelOfQos1(ruling, connection, exchange)
    else pubrelForNothing(ruling, connection, session, packet.id)
    return
  }
  turnTo(exchange, connection)
  if (!possible(exchange).has('pubrel')) {
    pubrelTooEarly(ruling, connection, exchange)
    exchange.phase = 'pubrel'
    exchange.acks = []
    exchange.rels += 1
    exchange.released = true
    leaveResume(connection, exchange.id)
    return
  }
  if (connection.version === '5.0') pubrelRules5(ruling, connection, exchange, packet)
  if (taken) ordersPubrels(ruling, connection, taken)
  else if (exchange.carried && exchange.rels === 0) resendsPubrel(ruling, connection, exchange)
  commit(exchange, 'pubrel', connection)
  leaveResume(connection, exchange.id)
  if (exchange.carried && exchange.publishedOn !== connection.number) {
    connection.resume.unanswered.add(exchange.id)
  }
  exchange.rels += 1
  exchange.released = true
  exchange.optional = false
  exchange.shownOn = connection.number
}

/** 5.0: a PUBREL answers a PUBREC of ours here, or is the one resend of a resumed session. */
function pubrelRules5(
  ruling: Ruling,
  connection: Connection,
  exchange: Exchange,
  { id, code }: AckPacket,
): void {
  const resends = exchange.carriedPubrel && exchange.publishedOn !== connection.number ? 1 : 0
  if (exchange.rels >= exchange.recs.length + resends) {
    resendLive(ruling, connection, exchange, 'PUBREL')
  }
  // Each further PUBREL shows that one PUBREC more was read.
  const answered = exchange.recs[exchange.rels - resends]
  if (answered) proveRead(answered)
  if (exchange.recs.length === 0 && connection.phase === 'connecting') {
    beforeConnack(ruling, connection, 'PUBREL', id)
  }
  // Our PUBCOMP may have been read already: then a PUBREC behind it was for an id that is over.
  const over = exchange.acks.some(ack => ack.type === 'PUBCOMP')
  if (code !== 0x92 || connection.excused || over) return
  say(ruling, connection.version, 'stateForgotten', {
    message: `PUBREL id ${id} says that the id is not known, though its exchange is under way`,
    expected: `PUBREL id ${id}, code 0x00`,
    got: `PUBREL id ${id}, code 0x92`,
    about: durability(exchange),
  })
}

/** After a wrong PUBREC of ours the exchange goes on as what it is. */
function pubrelOfQos1(ruling: Ruling, connection: Connection, { id }: Exchange): void {
  say(ruling, connection.version, 'resentOtherwise', {
    message: `PUBREL id ${id} came for a QoS 1 message that waits for PUBACK`,
    expected: `PUBLISH id ${id}, or nothing`,
    got: `PUBREL id ${id}`,
  })
}

function pubrelForNothing(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  id: number,
): void {
  const old = session.discarded.has(id)
  if (old && ruling.target === 'client' && connection.version !== '5.0') return
  say(ruling, connection.version, old ? 'oldSession' : 'pubrelUnknown', {
    message: old
      ? `PUBREL id ${id} of a session that is gone was sent again`
      : `PUBREL id ${id} belongs to no exchange`,
    expected: `no PUBREL id ${id}`,
    got: `PUBREL id ${id}`,
    // A PUBREC for an id that is over may be answered; how often, no statement says.
    ...(session.strayPubrecs.has(id) ? { about: 'dispute' as const } : {}),
  })
}

function pubrelTooEarly(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  const refused = exchange.acks.some(ack => ack.refused)
  const early =
    exchange.recOrder === 0
      ? `PUBREL id ${exchange.id} came before PUBREC`
      : `PUBREL id ${exchange.id} answers a PUBREC, though a PUBLISH was sent again in spite of an earlier one`
  say(ruling, connection.version, 'pubrelEarly', {
    message: refused ? `PUBREL id ${exchange.id} answers a PUBREC that refused the message` : early,
    expected: refused ? `nothing more for id ${exchange.id}` : `PUBREL only after PUBREC`,
    got: `PUBREL id ${exchange.id}`,
    about: durability(exchange),
  })
}

/** An acknowledgement of ours: what it may do to the exchange, and what the target owes for it. */
export function onOurAck(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  packet: AckPacket,
  mark: Mark,
): void {
  if (packet.type === 'PUBREL') return
  const exchange = exchangeOf(session, packet.id)
  if (exchange) turnTo(exchange, connection)
  const refused = packet.type === 'PUBREC' && connection.version === '5.0' && packet.code >= 0x80
  const phases = exchange ? possible(exchange) : undefined
  const fits = exchange !== undefined && fitsSomewhere(exchange, phases!, packet.type)
  if (!fits) strayAck(ruling, connection, exchange, packet, refused, mark)
  else acknowledge(ruling, connection, session, exchange, phases!, packet, refused, mark)
  if (!fits && packet.type === 'PUBREC') session.strayPubrecs.add(packet.id)
  giveBack(connection, session, packet, exchange, fits, refused)
}

/** The target lost an acknowledgement of ours: it is as if that had not been sent. */
export function loseOurAck(
  session: Session,
  exchange: Exchange,
  { type, id }: AckPacket,
  mark: Mark,
): void {
  const waits = exchange.acks.some(ack => ack.mark === mark)
  exchange.acks = exchange.acks.filter(ack => ack.mark !== mark)
  exchange.recs = exchange.recs.filter(rec => rec !== mark)
  if (waits) return
  // It was taken for read already, by what the target answered behind it.
  if (type === 'PUBCOMP') exchange.phase = 'pubrel'
  else if (!exchange.released) exchange.phase = 'publish'
  if (!session.open.has(id)) addExchange(session, exchange)
}

function fitsSomewhere(exchange: Exchange, phases: Set<Phase>, type: AckPacket['type']): boolean {
  if (type === 'PUBACK') return exchange.qos === 1
  if (exchange.qos !== 2) return false
  return type === 'PUBREC' ? phases.has('publish') || phases.has('pubrel') : phases.has('pubrel')
}

function acknowledge(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  exchange: Exchange,
  phases: Set<Phase>,
  { type, id }: AckPacket,
  refused: boolean,
  mark: Mark,
): void {
  if (type === 'PUBREL') return
  if (type === 'PUBREC' && exchange.recs.length + exchange.rels > 0 && refused) {
    // Refusing what we took before is our own breach: whatever the target makes of it is fine.
    exchange.optional = true
    connection.excused = true
  }
  const known = exchange.acks.at(-1)
  // More of the same changes nothing: whoever repeats a PUBLISH without end is answered each time.
  const isMore = known?.type === type && known.refused === refused
  if (!isMore || exchange.acks.length < acksMax) exchange.acks.push({ type, refused, mark })
  leaveResume(connection, id)
  if (type === 'PUBREC') {
    if (exchange.recs.length < acksMax) exchange.recs.push(mark)
    if (exchange.recOrder === 0) {
      session.acked += 1
      exchange.recOrder = session.acked
    }
    const owes = !refused && phases.has('publish') && !isOwed(connection.owedAnswers, 'PUBREL', id)
    if (owes) addOwed(connection.owedAnswers, owedPubrel(ruling.seq, id, mark, false))
  }
  if (type !== 'PUBREC' || refused) {
    session.finishing.push(exchange)
    sweep(session)
  }
}

function strayAck(
  ruling: Ruling,
  connection: Connection,
  exchange: Exchange | undefined,
  { type, id }: AckPacket,
  refused: boolean,
  mark: Mark,
): void {
  connection.excused = true
  if (type !== 'PUBREC' || refused || exchange?.qos === 2) return
  addOwed(connection.owedAnswers, owedPubrel(ruling.seq, id, mark, true))
}

/** A PUBREC for an id the target does not know asks for PUBREL too, but silence is only worth a warning. */
function owedPubrel(seq: number, id: number, mark: Mark, onlyAdvised: boolean) {
  return {
    packet: 'PUBREL',
    id,
    clause: 'pubrelOwed',
    seq,
    mark,
    text: onlyAdvised ? `PUBREL id ${id} (PUBREC for an unknown id)` : `PUBREL id ${id}`,
    onlyAdvised,
    closing: 'may',
  } as const
}

/** A client under test gives SUBSCRIBE and UNSUBSCRIBE ids from the same pool. */
export function onSubscribing(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  type: 'SUBSCRIBE' | 'UNSUBSCRIBE',
  id: number,
): void {
  const exchange = exchangeOf(session, id)
  if (exchange && !possible(exchange).has('free')) idInUse(ruling, connection, exchange, type)
  else if (exchange) finish(session, exchange)
  const waiting = session.subscribing.get(id)
  // Before 5.0 the same packet may be sent again under its id.
  const again = waiting === type && connection.version !== '5.0'
  if (waiting && !again) {
    say(ruling, connection.version, 'idInUse', {
      message: `Id ${id} still waits for the answer to ${waiting}`,
      expected: 'an id that is not in use',
      got: `${type} with id ${id}`,
    })
  }
  session.subscribing.set(id, type)
}

/** The same from the side of PUBLISH. */
export function publishTakesSubscribeId(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  id: number,
): void {
  const waiting = session.subscribing.get(id)
  if (!waiting) return
  say(ruling, connection.version, 'idInUse', {
    message: `Id ${id} still waits for the answer to ${waiting}`,
    expected: 'an id that is not in use',
    got: `PUBLISH with id ${id}`,
  })
}
