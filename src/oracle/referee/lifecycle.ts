import type { Connack, Connect, Disconnect } from '../../model/packet.ts'
import { type Ruling, say } from '../ruling.ts'
import { addOwed, clearOwed, takeOwed } from './answers.ts'
import { connackKeepsMethod, methodOf } from './authentication.ts'
import { emptyResume, proveRead } from './connection.ts'
import { possible, settle } from './exchange.ts'
import { limitsOf } from './limits.ts'
import { clearSession, createSession, loosenSession } from './session.ts'
import type { Connection, Mark, Session } from './state.ts'

/*
 * Connections and sessions: who takes part, what is kept, what a resumed session has to send again.
 */

/** Seconds by which clocks may differ before expiry is held against anyone. */
const slackS = 2

export type Sessions = Map<string, Session>

/** CONNECT, from either side. */
export function onConnect(
  ruling: Ruling,
  connection: Connection,
  sessions: Sessions,
  packet: Connect,
  mark: Mark | undefined,
): void {
  if (connection.phase !== 'open') {
    if (mark) connection.excused = true
    else {
      say(ruling, connection.version, 'secondConnect', {
        message: 'A second CONNECT came on one connection',
        expected: 'one CONNECT',
        got: 'CONNECT again',
      })
    }
    return
  }
  connection.phase = 'connecting'
  connection.clean = packet.clean
  connection.authenticationMethod = methodOf(packet)
  connection.wantsResponseInformation = packet.properties.requestResponseInformation === 1
  connection.wantsProblemInformation = packet.properties.requestProblemInformation !== 0
  connection.client = packet.clientId === '' ? `#${connection.number}` : packet.clientId
  const session = sessions.get(connection.client) ?? createSession(connection.client)
  sessions.set(connection.client, session)
  connection.session = session
  if (mark) connection.limits = limitsOf(packet)
  else connection.ourLimits = limitsOf(packet)
  const expiryS = packet.properties.sessionExpiryInterval
  connection.askedExpiryS = typeof expiryS === 'number' ? expiryS : 0
  connection.expiryS = connection.askedExpiryS
  session.subscribing.clear()
  if (mark) oweConnack(ruling, connection, packet, mark)
  else clientConnects(connection, session)
}

function oweConnack(ruling: Ruling, connection: Connection, packet: Connect, mark: Mark): void {
  const level = { '3.1': 3, '3.1.1': 4, '5.0': 5 }[connection.version]
  const name = connection.version === '3.1' ? 'MQIsdp' : 'MQTT'
  const plain =
    packet.protocolLevel === level &&
    packet.protocolName === name &&
    packet.clientId !== '' &&
    packet.properties.authenticationMethod === undefined
  if (!plain) return
  addOwed(connection.owedAnswers, {
    packet: 'CONNACK',
    id: 0,
    clause: 'connackOwed',
    seq: ruling.seq,
    mark,
    text: 'CONNACK',
    onlyAdvised: false,
    closing: 'may',
  })
}

/** A client under test knows at CONNECT what it keeps: with Clean Session or Clean Start 1 nothing. */
function clientConnects(connection: Connection, session: Session): void {
  if (connection.clean) {
    clearSession(session)
    session.since = connection.number
    session.asked = 0
    return
  }
  session.asked += 1
  prepareResume(connection, session)
}

/** CONNACK, from either side. */
export function onConnack(
  ruling: Ruling,
  connection: Connection,
  sessions: Sessions,
  packet: Connack,
  mark: Mark | undefined,
): void {
  if (!mark && !firstConnack(ruling, connection, packet)) return
  if (!mark && connection.phase === 'open' && connection.opaque) {
    // It took for a CONNECT what we cannot read as one: that it may be, or not, is for others to judge.
    connection.phase = packet.code === 0 ? 'accepted' : 'refused'
    if (packet.code !== 0) refused(ruling, connection, packet)
    return
  }
  if (connection.phase !== 'connecting') return
  assignClient(connection, sessions, packet)
  const { session } = connection
  if (!session) return
  if (!mark) responseInformation(ruling, connection, packet)
  if (!mark) connackKeepsMethod(ruling, connection, packet)
  if (!mark) connection.ourLimits = limitsOf(packet)
  else connection.limits = connection.pipelined ? connection.limits : limitsOf(packet)
  if (packet.code !== 0) {
    connection.phase = 'refused'
    if (mark) session.asked = Math.max(0, session.asked - 1)
    else refused(ruling, connection, packet)
    return
  }
  connection.phase = 'accepted'
  connection.acceptedSeq = ruling.seq
  const expiryS = packet.properties.sessionExpiryInterval
  if (typeof expiryS === 'number') connection.expiryS = expiryS
  takeOver(ruling, connection, session)
  if (mark) clientIsAccepted(ruling, connection, session, packet.sessionPresent)
  else brokerAccepts(ruling, connection, session, packet.sessionPresent)
  session.connections += 1
  session.current = connection
  session.expiryS = connection.version === '5.0' ? expirySeconds(connection.expiryS) : forever
  const kept = connection.version === '5.0' ? session.expiryS > 0 : !connection.clean
  session.kept = kept ? 'yes' : 'no'
  session.restarted = false
}

/** 5.0: the session belongs to the client identifier that the broker gave. */
function assignClient(connection: Connection, sessions: Sessions, { properties }: Connack): void {
  const assigned = properties.assignedClientIdentifier
  const { session } = connection
  if (connection.version !== '5.0' || typeof assigned !== 'string' || !session) return
  if (connection.client !== `#${connection.number}`) return
  sessions.delete(connection.client)
  connection.client = assigned
  session.client = assigned
  sessions.set(assigned, session)
}

function responseInformation(
  ruling: Ruling,
  connection: Connection,
  { properties }: Connack,
): void {
  if (properties.responseInformation === undefined || connection.wantsResponseInformation) return
  say(ruling, connection.version, 'responseInformationUnasked', {
    message: 'CONNACK has Response Information that CONNECT did not ask for',
    expected: 'no Response Information',
    got: 'Response Information',
  })
}

const forever = Number.POSITIVE_INFINITY

function expirySeconds(value: number): number {
  return value >= 0xffff_ffff ? forever : value
}

/** A broker sends CONNACK once, and before anything else. */
function firstConnack(ruling: Ruling, connection: Connection, packet: Connack): boolean {
  const taken = takeOwed(connection.owedAnswers, 'CONNACK', 0)
  if (taken) proveRead(taken.answer.mark)
  if (connection.phase === 'accepted' || connection.phase === 'refused') {
    say(ruling, connection.version, 'secondConnack', {
      message: 'A second CONNACK came on one connection',
      expected: 'one CONNACK',
      got: `CONNACK, code ${packet.code}`,
    })
    return false
  }
  return true
}

function refused(ruling: Ruling, connection: Connection, packet: Connack): void {
  if (packet.sessionPresent) {
    say(ruling, connection.version, 'presentThoughRefused', {
      message: 'CONNACK refuses and says Session Present 1',
      expected: 'Session Present 0',
      got: `Session Present 1, code ${packet.code}`,
    })
  }
  connection.owedClose = {
    seq: ruling.seq,
    clause: 'closeAfterRefusal',
    which: `the connection after CONNACK code 0x${packet.code.toString(16).padStart(2, '0')}`,
  }
}

/** The earlier connection of the same client id has to go. */
function takeOver(ruling: Ruling, connection: Connection, session: Session): void {
  const earlier = session.current
  if (!earlier || earlier === connection || earlier.ended) return
  earlier.superseded = true
  clearOwed(earlier.owedAnswers)
  if (ruling.target === 'client') return
  earlier.owedClose = {
    seq: ruling.seq,
    clause: 'takeover',
    which: 'the earlier connection of the client id',
  }
}

/** What a broker says about the session, held against what it has to know. */
function brokerAccepts(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  present: boolean,
): void {
  if (connection.version === '3.1') {
    resumeOrStart(ruling, connection, session, !connection.clean && session.kept !== 'no')
    return
  }
  const known = knownSession(ruling, connection, session)
  if (present && connection.clean) {
    say(ruling, connection.version, 'presentThoughClean', {
      message: 'CONNACK says Session Present 1 to a CONNECT that asks for a new session',
      expected: 'Session Present 0',
      got: 'Session Present 1',
    })
  } else if (present && known === 'none' && session.connections > 0) {
    say(ruling, connection.version, 'cleanSessionKept', {
      message: 'CONNACK says Session Present 1 though the session before ended with its connection',
      expected: 'Session Present 0',
      got: 'Session Present 1',
    })
  } else if (present && known === 'none') {
    say(ruling, connection.version, 'presentThoughNone', {
      message: 'CONNACK says Session Present 1 though there is no session of that client id',
      expected: 'Session Present 0',
      got: 'Session Present 1',
    })
  } else if (present && known === 'expired') {
    say(ruling, connection.version, 'expiredSessionKept', {
      message: `CONNACK says Session Present 1 after more than ${session.expiryS} s away`,
      expected: 'Session Present 0: the session has expired',
      got: 'Session Present 1',
    })
  } else if (!present && known === 'stored' && !connection.clean) {
    say(ruling, connection.version, 'absentThoughStored', {
      message: 'CONNACK says Session Present 0 though the session was to be kept',
      expected: 'Session Present 1',
      got: 'Session Present 0',
    })
  }
  resumeOrStart(ruling, connection, session, present && !connection.clean)
}

/** What the broker must know of the session by now. A restart may have cost it; a late close may have kept it. */
function knownSession(
  ruling: Ruling,
  connection: Connection,
  session: Session,
): 'none' | 'stored' | 'expired' | 'open' {
  if (session.connections === 0 && session.kept === 'no') return 'none'
  if (session.kept === 'maybe' || session.restarted) return 'open'
  if (session.kept === 'no') {
    const ended = connection.version !== '5.0' || session.endedByTarget
    return ended ? 'none' : 'open'
  }
  const awayS = (ruling.at - session.endedAt) / 1000
  const away = session.current?.ended === true
  if (away && awayS > session.expiryS + slackS) return 'expired'
  if (away && awayS > session.expiryS - slackS) return 'open'
  return 'stored'
}

function clientIsAccepted(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  present: boolean,
): void {
  if (connection.clean) {
    // Session Present 1 here would be a lie of ours.
    if (present) connection.excused = true
    return
  }
  // A client that asked before and saw no answer may hold what it asked for.
  const first = session.connections === 0 && session.asked === 1
  if (connection.version === '5.0' && present && first) {
    connection.owedClose = {
      seq: ruling.seq,
      clause: 'clientWithoutState',
      which: 'the connection after Session Present 1, without a session of its own',
    }
  }
  if (present || connection.version === '3.1') {
    connection.resume.known = true
    connection.resume.seq = ruling.seq
    return
  }
  connection.resume = emptyResume()
  if (connection.version === '5.0') {
    clearSession(session, connection.number)
    session.since = connection.number
  } else {
    // 3.1.1 leaves it to the client whether it forgets. Ours of the other direction are for us to forget.
    loosenSession(session)
    session.ours.clear()
  }
}

function resumeOrStart(
  ruling: Ruling,
  connection: Connection,
  session: Session,
  resumed: boolean,
): void {
  if (!resumed) {
    clearSession(session)
    session.since = connection.number
    return
  }
  prepareResume(connection, session)
  connection.resume.known = true
  connection.resume.seq = ruling.seq
}

/** Sorts what is under way by the step it has certainly reached, or into `open`. */
function prepareResume(connection: Connection, session: Session): void {
  const resume = emptyResume()
  for (const exchange of session.open.values()) {
    if (exchange.publishedOn === connection.number) continue
    settle(exchange)
    const phases = possible(exchange)
    if (exchange.phase === 'free') continue
    if (phases.size > 1) resume.open.set(exchange.id, exchange)
    else if (phases.has('publish')) resume.publishes.set(exchange.id, exchange)
    else resume.pubrels.set(exchange.id, exchange)
  }
  const byPubrec = [...resume.pubrels.values()].sort((a, b) => a.recOrder - b.recOrder)
  resume.pubrels = new Map(byPubrec.map(exchange => [exchange.id, exchange]))
  connection.resume = resume
}

/** DISCONNECT, from either side. */
export function onDisconnect(
  ruling: Ruling,
  connection: Connection,
  packet: Disconnect,
  mark: Mark | undefined,
): void {
  const { session } = connection
  const expiryS = packet.properties.sessionExpiryInterval
  if (session && session.current === connection && typeof expiryS === 'number') {
    // Whether the target read it, or we took it to heart, shows later.
    session.kept = 'maybe'
    session.expiryS = expirySeconds(expiryS)
  }
  if (mark) {
    connection.weDisconnected = true
    clearOwed(connection.owedAnswers)
    connection.resume = emptyResume()
    return
  }
  disconnectExpiry(ruling, connection, expiryS)
  if (ruling.target === 'broker' && connection.phase !== 'accepted') {
    say(ruling, connection.version, 'disconnectBeforeConnack', {
      message: 'DISCONNECT came before CONNACK',
      expected: 'CONNACK, or the connection closed',
      got: `DISCONNECT, code 0x${packet.code.toString(16)}`,
    })
  }
  falseOverrun(ruling, connection, packet.code)
  connection.theyDisconnected = { seq: ruling.seq, code: packet.code }
  connection.owedClose ??= {
    seq: ruling.seq,
    clause: 'closeAfterDisconnect',
    which: 'the connection after DISCONNECT',
  }
}

/** 5.0: a server sends none, and a client may not begin to keep a session at its end. */
function disconnectExpiry(ruling: Ruling, connection: Connection, expiryS: unknown): void {
  if (connection.version !== '5.0' || typeof expiryS !== 'number') return
  if (ruling.target === 'client' && (expiryS === 0 || connection.askedExpiryS > 0)) return
  say(ruling, connection.version, 'disconnectExpiry', {
    message: `DISCONNECT has the Session Expiry Interval ${expiryS}`,
    expected:
      ruling.target === 'client'
        ? 'Session Expiry Interval 0, as in CONNECT'
        : 'no Session Expiry Interval from a server',
    got: `${expiryS}`,
  })
}

/** 5.0: DISCONNECT 0x93 though we never had more PUBLISHes out than its Receive Maximum. */
function falseOverrun(ruling: Ruling, connection: Connection, code: number): void {
  if (code !== 0x93 || connection.excused || connection.opaque) return
  say(ruling, connection.version, 'quotaFalseAlarm', {
    message: 'DISCONNECT says that Receive Maximum was exceeded, and it was not',
    expected: `no DISCONNECT 0x93 at up to ${connection.ourLimits.receiveMaximum} unacknowledged`,
    got: `DISCONNECT 0x93 at ${connection.ourPeak}`,
  })
}

/** Codes by which a peer may always leave: shutting down, taken over, moved, administrative, idle, rate, time. */
const leavingCodes = new Set([0x89, 0x8b, 0x8d, 0x8e, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0x9f, 0xa0])

/** The end of a connection. */
export function onClose(
  ruling: Ruling,
  connection: Connection,
  by: 'harness' | 'target',
  mayLeave: boolean,
): void {
  // Whether a takeover is told, DISCONNECT 0x8E, is for a scenario to ask: here the end of the one connection and the beginning of the
  // other come in either order.
  if (by === 'target' && !mayLeave && !connection.superseded)
    closedInsteadOfAnswer(ruling, connection)
  connection.ended = true
  connection.readAtMost = Math.min(connection.readAtMost, connection.sent)
  connection.owedClose = undefined
  clearOwed(connection.owedAnswers)
  connection.resume = emptyResume()
  const { session } = connection
  if (!session) return
  if (session.current === connection) {
    session.endedAt = ruling.at
    session.endedByTarget = by === 'target'
  } else if (connection.phase === 'connecting') unanswered(connection, session)
}

/** CONNECT went out and CONNACK never came: the session may have begun anew or not. */
function unanswered(connection: Connection, session: Session): void {
  if (connection.clean) {
    loosenSession(session)
    session.ours.clear()
    session.since = Math.min(session.since, connection.number)
  }
  session.kept = 'maybe'
}

/** Closing is no answer to a repeat of what the target owns, nor to PUBREL. */
function closedInsteadOfAnswer(ruling: Ruling, connection: Connection): void {
  const { excused, opaque, weDisconnected, theyDisconnected, owedClose } = connection
  if (excused || opaque || weDisconnected || connection.phase !== 'accepted') return
  if (owedClose && !theyDisconnected) return
  if (theyDisconnected && leavingCodes.has(theyDisconnected.code)) return
  for (const answer of connection.owedAnswers) {
    if (answer.closing === 'may') continue
    say(ruling, connection.version, answer.clause, {
      message: `The target closed the connection instead of sending ${answer.text}`,
      expected: answer.text,
      got: theyDisconnected
        ? `DISCONNECT, code 0x${theyDisconnected.code.toString(16)}`
        : 'the connection closed',
      seq: answer.seq,
      ...(answer.closing === 'should not' ? { level: 'SHOULD' as const } : {}),
    })
    return
  }
}
