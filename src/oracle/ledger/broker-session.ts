import type { Connect } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import type { Incoming } from './incoming.ts'
import type { MessageRecord, Publication } from './messages.ts'
import type { Outgoing } from './outgoing.ts'
import type { Subscriptions } from './subscriptions.ts'

/** One of our sessions with the broker. */
export type BrokerSession = {
  client: string
  actor: string
  version: Version
  outgoing: Outgoing
  incoming: Incoming
  subscriptions: Subscriptions
  /** Those of the session of this client id that this one took the place of, and what had ended it. */
  before: { subscriptions: Subscriptions; endedBy: 'clean start' | 'expiry' } | undefined
  /** Those of the last sessions of this client id that are over: their copies count where a message came too often. */
  over: Subscriptions[]
  /** Counts the sessions of this client id: a new one with each loss. */
  incarnation: number
  /** `seq` of the CONNACK that began it. */
  since: number
  connection: BrokerConnection | undefined
  /** `seq` of the end of its last connection. */
  awaySince: number
  streams: Streams
  /** Sentinels of fences that came, by publisher, topic and QoS: `seq` of the latest as it was published. */
  sentinels: Map<string, number>
  /** Wills that DISCONNECT took back on connections of ours that have ended. */
  takenBack: { record: MessageRecord; publication: Publication }[]
}

/** One connection. */
export type BrokerConnection = {
  number: number
  actor: string
  version: Version
  session: BrokerSession | undefined
  connect: Connect | undefined
  accepted: boolean
  stalled: boolean
  disconnected: boolean
  /** Ids delivered here that we did not finish. */
  unfinished: Set<number>
  maximumPacketSize: number
  aliases: Map<number, string>
  ourAliases: Map<number, string>
  /** What its CONNECT left with the broker. */
  will: { record: MessageRecord; publication: Publication } | undefined
}

/** The latest publication delivered of each stream: one publisher, topic and QoS to one session. */
export type Streams = Map<string, { publication: Publication; shown: string }>

/** A first copy that came behind a message published after it. */
export type Disorder = { session: BrokerSession; seq: number; late: string; early: string }
