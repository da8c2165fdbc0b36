import type { PacketType } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import type { ClauseName } from '../../standard/clauses.ts'
import type { Aliases, ContentKey } from '../ledger/content.ts'

/* What the referee keeps of connections, sessions and exchanges, which all know of each other. */

/** An answer the target owes to one packet of ours. */
export type OwedAnswer = {
  /** What it has to send. */
  packet: PacketType
  id: number
  clause: ClauseName
  /** `seq` and place of the packet it answers. */
  seq: number
  mark: Mark
  text: string
  /** Silence is only worth a warning, and nobody waits for it. */
  onlyAdvised: boolean
  /** Closing instead of answering: `may`, `should not`, `must not`. */
  closing: 'may' | 'should not' | 'must not'
  /** The number of codes that SUBACK and UNSUBACK need. */
  codes?: number
  /** One that comes behind it has come. */
  overtaken?: boolean
  /** Same message as one the target owns already, over a new connection. */
  repeat?: boolean
}

/**
 * Answers owed on one connection, in the order of the packets that ask for them. A list: answers come in order or nearly so, and maps
 * that fill and empty with every packet cost more than looking through what is in flight.
 */
export type OwedAnswers = OwedAnswer[]

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
  /** The target has to close, and which of its connections that is: `the connection after CONNACK code 0x05`. */
  owedClose: { seq: number; clause: CloseClause; which: string } | undefined
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
  /** The last request with several filters that was answered here. */
  answeredForSeveral: { packet: PacketType; id: number } | undefined
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

/** Where a sender stands with one id: PUBLISH out (S1), PUBREL out (S2), id free (S0). Source: §4.3.3. */
export type Phase = 'publish' | 'pubrel' | 'free'

/** An acknowledgement of ours that the target may not have read yet. */
export type Ack = { type: 'PUBACK' | 'PUBREC' | 'PUBCOMP'; refused: boolean; mark: Mark }

/**
 * One exchange of a target that sends.
 *
 * What it has certainly done is `phase`; behind it wait our acknowledgements of which we cannot say whether they were read.
 * The possible states are those after each prefix of `acks`. Example: PUBLISH seen, PUBREC sent, cut. `phase` is `publish`,
 * `acks` [PUBREC]: the target is in S1 or S2, may resend PUBLISH or PUBREL, and whichever it sends settles the question.
 */
export type Exchange = {
  id: number
  qos: number
  key: ContentKey
  /** Bytes of the PUBLISH with its topic written out. */
  sizeBytes: number
  topic: string
  /** RETAIN and the properties that a resend has to have as well. */
  rest: string
  /** Rank among the first transmissions of the session. */
  order: number
  /** `seq` of the PUBLISH. */
  seq: number
  phase: Phase
  acks: Ack[]
  /** Rank of the first PUBREC of ours, 0 before it. */
  recOrder: number
  /** Number of the connection that carried the last PUBLISH. */
  publishedOn: number
  /** Number of the last connection on which the target showed that the id is this message's. */
  shownOn: number
  /** Number of the connection that the next three fields speak of. */
  seenOn: number
  /** It came into that connection from an older one. */
  carried: boolean
  /** 5.0: it may have come there as S2, so that one PUBREL is a resend. */
  carriedPubrel: boolean
  /** PUBRECs of ours and PUBRELs of the target on that connection. */
  recs: Mark[]
  rels: number
  /** We saw its PUBREL, on whatever connection. */
  released: boolean
  /** The target may have dropped it: it lost its store, or may discard. */
  optional: boolean
  /** The target's process was restarted since. */
  restarted: boolean
  /** It ended by our PUBREC >= 0x80. */
  refused: boolean
}

/**
 * One session of the target: with a broker under test what it keeps for one of our client ids, with a client under test
 * what that client keeps. `open` holds the exchanges of the target as sender, `ours` those in which it receives.
 */
export type Session = {
  client: string
  /** Exchanges not known to be over, in the order of their first transmission. */
  open: Map<number, Exchange>
  /** Open exchanges by what they carry: shows a message that comes again under another id. */
  byKey: Map<ContentKey, number>
  /** The last messages whose exchange ended, so that a resend of one is known as such; at most `doneMax`. */
  done: Map<ContentKey, Over>
  /** Ids of ended exchanges with the number of the connection that last showed them; at most `doneMax`. */
  freed: Map<number, number>
  /** Ids of a session that both sides have to forget, with what they carried. */
  discarded: Map<number, ContentKey>
  /** Ids of PUBRECs of ours that belonged to no exchange of the target. */
  strayPubrecs: Set<number>
  /** Exchanges with a final acknowledgement of ours, oldest first, waiting for the proof that it was read. */
  finishing: Exchange[]
  ours: Map<number, OurExchange>
  /** Ids that we ever used towards the target, one bit each, by the words that hold any. */
  used: Map<number, number>
  /** Ids of SUBSCRIBE and UNSUBSCRIBE that a client under test waits on. */
  subscribing: Map<number, 'SUBSCRIBE' | 'UNSUBSCRIBE'>
  sent: number
  acked: number
  /** Accepted connections so far. */
  connections: number
  /** Times that a client under test asked for a kept session and was not refused; begins anew with a clean start. */
  asked: number
  /** Number of the connection since which the session goes on without a loss. */
  since: number
  current: Connection | undefined
  /** Whether the target keeps it when the connection ends. */
  kept: 'yes' | 'no' | 'maybe'
  /** Seconds; infinite before 5.0 and for 0xFFFFFFFF. */
  expiryS: number
  /** When and by whom the last connection ended. */
  endedAt: number
  endedByTarget: boolean
  /** The target's process was restarted since the last connection. */
  restarted: boolean
}

/** What is left of an exchange that is over. */
export type Over = { id: number; qos: number; refused: boolean }

/** An exchange in which we send, as far as we know. */
export type OurExchange = {
  qos: number
  key: ContentKey
  /** `owned`: the target answered PUBREC < 0x80. `released`: we sent PUBREL since. */
  phase: 'sent' | 'owned' | 'released'
  /** Number of the connection of the last PUBLISH. */
  connection: number
  restarted: boolean
}
