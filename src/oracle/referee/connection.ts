import type { Version } from '../../model/version.ts'
import type { Aliases } from '../ledger/content.ts'
import { createOwedAnswers, type OwedAnswers } from './answers.ts'
import type { Exchange } from './exchange.ts'
import type { Session } from './session.ts'

/** What one side told the other it can take, in CONNECT or CONNACK. Source: 5.0 §3.1.2.11, §3.2.2.3. */
export type Limits = {
  /** 1–65535 QoS>0 PUBLISHes unacknowledged at once. */
  receiveMaximum: number
  /** Bytes of a whole packet. */
  maximumPacketSize: number
  topicAliasMaximum: number
  maximumQos: number
  retainAvailable: boolean
  wildcardsAvailable: boolean
  sharedAvailable: boolean
  subscriptionIdsAvailable: boolean
}

export const noLimits: Limits = {
  receiveMaximum: 65_535,
  maximumPacketSize: Number.POSITIVE_INFINITY,
  topicAliasMaximum: 0,
  maximumQos: 2,
  retainAvailable: true,
  wildcardsAvailable: true,
  sharedAvailable: true,
  subscriptionIdsAvailable: true,
}

/** A packet of ours by its place on its connection, from 1: the only way to say whether the target has read it. */
export type Mark = { connection: Connection; index: number }

/**
 * One TCP connection as the referee sees it.
 *
 * What we handed to the socket the target may or may not have read. It reads in order, so two numbers say all that is known:
 * `readUpTo` of our packets it has read for certain, and not more than `readAtMost`.
 */
export type Connection = {
  number: number
  actor: string
  version: Version
  openSeq: number
  phase: 'open' | 'connecting' | 'accepted' | 'refused'
  /** Client id of CONNECT; undefined before it. */
  client: string | undefined
  clean: boolean
  /** The Authentication Method that CONNECT named: only then may AUTH follow. */
  authenticationMethod: string | undefined
  /** CONNECT asked for Response Information, and did not decline what explains a failure. */
  wantsResponseInformation: boolean
  wantsProblemInformation: boolean
  /** Session Expiry Interval in force, seconds as on the wire. */
  expiryS: number
  /** What CONNECT asked for. */
  askedExpiryS: number
  session: Session | undefined
  /** Our packets handed to the socket. */
  sent: number
  readUpTo: number
  readAtMost: number
  ended: boolean
  /** Another connection of the same client id was accepted: what still comes here crossed with it. */
  superseded: boolean
  /** We broke the protocol here ourselves: the target may close. */
  excused: boolean
  /** We sent bytes that are no whole packet, or a malformed one: nothing is owed any more. */
  opaque: boolean
  /** We do not read. */
  stalled: boolean
  weDisconnected: boolean
  /** `seq` and reason code of the target's DISCONNECT. */
  theyDisconnected: { seq: number; code: number } | undefined
  /** The target has to close, and why. */
  owedClose: { seq: number; clause: CloseClause; text: string } | undefined
  /** `seq` of the CONNACK that accepted. */
  acceptedSeq: number
  /** The target sent something between its CONNECT and our CONNACK. */
  pipelined: boolean
  /** What the target has to respect, and what we have to. */
  limits: Limits
  ourLimits: Limits
  aliases: Aliases
  ourAliases: Aliases
  /** Answers that the target owes here. */
  owedAnswers: OwedAnswers
  /** Ids of PUBLISHes sent here by the target for which we sent no final acknowledgement. */
  inFlight: Set<number>
  /** Slots that literal counting gives back for PUBCOMPs of exchanges begun on an older connection. */
  bonus: number
  /** Ids of exchanges of ours that the target has not finished here, for its own Receive Maximum. */
  ourInFlight: Set<number>
  /** Most PUBLISHes of ours that the target may have had to hold at once. */
  ourPeak: number
  resume: Resume
  /** A wrong order, or an overrun, is told once a connection: the rest follows from it. */
  orderTold: boolean
  quotaTold: boolean
}

export type CloseClause =
  | 'closeAfterDisconnect'
  | 'closeAfterRefusal'
  | 'takeover'
  | 'clientWithoutState'
  | 'secondConnect'

/** What a resumed session has to send again, by the step the exchange had certainly reached. */
export type Resume = {
  /** The target knows that the session lives: the resends are duties now. */
  known: boolean
  seq: number
  publishes: Map<number, Exchange>
  pubrels: Map<number, Exchange>
  /** Our last acknowledgement may or may not have been read: what is owed may show later, or never. */
  open: Map<number, Exchange>
  /** PUBRELs sent again here whose PUBCOMP we have not sent. */
  unanswered: Set<number>
}

export function createConnection(
  number: number,
  actor: string,
  version: Version,
  seq: number,
): Connection {
  return {
    number,
    actor,
    version,
    openSeq: seq,
    phase: 'open',
    client: undefined,
    clean: true,
    authenticationMethod: undefined,
    wantsResponseInformation: false,
    wantsProblemInformation: true,
    expiryS: 0,
    askedExpiryS: 0,
    session: undefined,
    sent: 0,
    readUpTo: 0,
    readAtMost: Number.POSITIVE_INFINITY,
    ended: false,
    superseded: false,
    excused: false,
    opaque: false,
    stalled: false,
    weDisconnected: false,
    theyDisconnected: undefined,
    owedClose: undefined,
    acceptedSeq: 0,
    pipelined: false,
    limits: noLimits,
    ourLimits: noLimits,
    aliases: new Map(),
    ourAliases: new Map(),
    owedAnswers: createOwedAnswers(),
    inFlight: new Set(),
    bonus: 0,
    ourInFlight: new Set(),
    ourPeak: 0,
    resume: emptyResume(),
    orderTold: false,
    quotaTold: false,
  }
}

export function emptyResume(): Resume {
  return {
    known: false,
    seq: 0,
    publishes: new Map(),
    pubrels: new Map(),
    open: new Map(),
    unanswered: new Set(),
  }
}

/** Counts one more packet of ours. */
export function nextMark(connection: Connection): Mark {
  connection.sent += 1
  return { connection, index: connection.sent }
}

export function isRead(mark: Mark): boolean {
  return mark.index <= mark.connection.readUpTo
}

export function mayBeRead(mark: Mark): boolean {
  return mark.index <= mark.connection.readAtMost
}

export function proveRead({ connection, index }: Mark): void {
  connection.readUpTo = Math.max(connection.readUpTo, index)
}

/** Only where the target can read no more there: on a live connection it may read it later. */
export function proveUnread({ connection, index }: Mark): void {
  connection.readAtMost = Math.min(connection.readAtMost, index - 1)
}
