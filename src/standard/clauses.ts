import type { Level, StatementRef } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import { levelOf } from './statements.ts'

/** What kind of peer is under test. */
export type TargetRole = 'broker' | 'client'

/** A clause in one version: its id or section, or one for each role where the standard has two. */
type ByRole = string | { broker: string; client: string }
type Clause = { [V in Version]: ByRole } & { level?: Level }

/**
 * Every rule that referee and ledger hold, by a name of ours, with the statement it rests on in each version.
 * 3.1 numbers none, so its sections stand in. `level` only where it differs from the statement's own.
 */
export const clauses = {
  // ---- sender
  idInUse: {
    '3.1': '§2.4',
    '3.1.1': { broker: 'MQTT-2.3.1-4', client: 'MQTT-2.3.1-2' },
    '5.0': { broker: 'MQTT-2.2.1-4', client: 'MQTT-2.2.1-3' },
  },
  idChanged: {
    '3.1': '§4.2',
    '3.1.1': { broker: 'MQTT-2.3.1-4', client: 'MQTT-2.3.1-3' },
    '5.0': 'MQTT-4.4.0-1',
  },
  dupMissing: { '3.1': '§2.1', '3.1.1': 'MQTT-3.3.1-1', '5.0': 'MQTT-3.3.1-1' },
  dupOnFirstQos1: { '3.1': '§2.1', '3.1.1': 'MQTT-4.3.2-1', '5.0': 'MQTT-4.3.2-2' },
  dupOnFirstQos2: { '3.1': '§2.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-2' },
  dupAtQos0: { '3.1': '§2.1', '3.1.1': 'MQTT-3.3.1-2', '5.0': 'MQTT-3.3.1-2' },
  resendLive: { '3.1': '§4.2', '3.1.1': 'MQTT-4.4.0-1', '5.0': 'MQTT-4.4.0-1' },
  resendBeforeConnack: { '3.1': '§4.2', '3.1.1': 'MQTT-4.4.0-1', '5.0': 'MQTT-4.4.0-1' },
  resendOwed: { '3.1': '§4.2', '3.1.1': 'MQTT-4.4.0-1', '5.0': 'MQTT-4.4.0-1' },
  resentOtherwise: { '3.1': '§4.2', '3.1.1': 'MQTT-4.4.0-1', '5.0': 'MQTT-4.4.0-1' },
  resendAcknowledged: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.2-1', '5.0': 'MQTT-4.4.0-1' },
  resendRefused: { '3.1': '§4.1', '3.1.1': 'MQTT-4.4.0-1', '5.0': 'MQTT-4.4.0-2' },
  publishAfterPubrel: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-6' },
  publishAfterPubrec: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-4' },
  pubrelOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-4' },
  pubrelEarly: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-4' },
  pubrelUnknown: { '3.1': '§3.6', '3.1.1': 'MQTT-2.3.1-6', '5.0': 'MQTT-2.2.1-5' },
  oldSession: {
    '3.1': '§3.1',
    '3.1.1': 'MQTT-3.1.2-6',
    '5.0': { broker: 'MQTT-3.1.2-4', client: 'MQTT-3.2.2-5' },
  },
  orderPublish: {
    '3.1': '§4.3',
    '3.1.1': { broker: 'MQTT-4.6.0-6', client: 'MQTT-4.6.0-1' },
    '5.0': { broker: 'MQTT-4.6.0-5', client: 'MQTT-4.6.0-1' },
  },
  orderPubrel: {
    '3.1': '§4.3',
    '3.1.1': { broker: 'MQTT-4.6.0-6', client: 'MQTT-4.6.0-4' },
    '5.0': 'MQTT-4.6.0-4',
  },
  // ---- limits the peer set
  quota: {
    '3.1': '§4.1',
    '3.1.1': '§4.4',
    '5.0': { broker: 'MQTT-3.3.4-9', client: 'MQTT-3.3.4-7' },
  },
  quotaFalseAlarm: { '3.1': '§4.1', '3.1.1': '§4.4', '5.0': '§4.9' },
  packetSize: {
    '3.1': '§2.1',
    '3.1.1': '§2.2',
    '5.0': { broker: 'MQTT-3.1.2-24', client: 'MQTT-3.2.2-15' },
  },
  aliasForbidden: {
    '3.1': '§3.3',
    '3.1.1': '§3.3',
    '5.0': { broker: 'MQTT-3.1.2-27', client: 'MQTT-3.2.2-18' },
  },
  aliasTooHigh: {
    '3.1': '§3.3',
    '3.1.1': '§3.3',
    '5.0': { broker: 'MQTT-3.1.2-26', client: 'MQTT-3.2.2-17' },
  },
  aliasZero: { '3.1': '§3.3', '3.1.1': '§3.3', '5.0': 'MQTT-3.3.2-8' },
  aliasUnknown: { '3.1': '§3.3', '3.1.1': '§3.3', '5.0': 'MQTT-3.3.2-7' },
  maximumQos: { '3.1': '§3.3', '3.1.1': '§3.3', '5.0': 'MQTT-3.2.2-11' },
  retainUnavailable: { '3.1': '§3.3', '3.1.1': '§3.3', '5.0': 'MQTT-3.2.2-14' },
  wildcardUnavailable: { '3.1': '§3.8', '3.1.1': '§3.8', '5.0': '§3.2.2.3.11' },
  subscriptionIdsUnavailable: { '3.1': '§3.8', '3.1.1': '§3.8', '5.0': '§3.2.2.3.12' },
  sharedUnavailable: { '3.1': '§3.8', '3.1.1': '§3.8', '5.0': '§3.2.2.3.13' },
  keepAlive: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-23', '5.0': 'MQTT-3.1.2-20' },
  serverKeepAlive: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-23', '5.0': 'MQTT-3.1.2-21' },
  // ---- what the peer asked for
  responseInformationUnasked: { '3.1': '§3.2', '3.1.1': '§3.2', '5.0': 'MQTT-3.1.2-28' },
  problemInformationUnasked: { '3.1': '§3.2', '3.1.1': '§3.2', '5.0': 'MQTT-3.1.2-29' },
  disconnectExpiry: {
    '3.1': '§3.14',
    '3.1.1': '§3.14',
    '5.0': { broker: 'MQTT-3.14.2-2', client: '§3.14.2.2.2' },
  },
  // ---- receiver
  pubackOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.2-2', '5.0': 'MQTT-4.3.2-4' },
  pubrecOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-8' },
  pubrecRepeatOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-10' },
  pubcompOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-11' },
  subackOwed: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.4-1', '5.0': 'MQTT-3.8.4-1' },
  unsubackOwed: { '3.1': '§3.10', '3.1.1': 'MQTT-3.10.4-4', '5.0': 'MQTT-3.10.4-4' },
  pingrespOwed: { '3.1': '§3.12', '3.1.1': 'MQTT-3.12.4-1', '5.0': 'MQTT-3.12.4-1' },
  connackOwed: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.4-4', '5.0': 'MQTT-3.1.4-5' },
  wrongAnswer: { '3.1': '§4.1', '3.1.1': 'MQTT-3.3.4-1', '5.0': 'MQTT-3.3.4-1' },
  ackUnknownId: { '3.1': '§2.4', '3.1.1': 'MQTT-2.3.1-6', '5.0': 'MQTT-2.2.1-5' },
  pubcompUnasked: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-2.2.1-5' },
  pubrecUnasked: { '3.1': '§4.1', '3.1.1': '§4.3.3', '5.0': '§4.3.3', level: 'SHOULD' },
  subackUnknownId: { '3.1': '§3.9', '3.1.1': 'MQTT-2.3.1-7', '5.0': 'MQTT-2.2.1-6' },
  subackTwice: { '3.1': '§3.9', '3.1.1': 'MQTT-3.8.4-4', '5.0': 'MQTT-3.8.4-5' },
  unsubackTwice: { '3.1': '§3.11', '3.1.1': 'MQTT-3.10.4-6', '5.0': 'MQTT-3.10.4-6' },
  subackCodes: { '3.1': '§3.9', '3.1.1': 'MQTT-3.8.4-5', '5.0': 'MQTT-3.8.4-6' },
  unsubackCodes: { '3.1': '§3.11', '3.1.1': '§3.11', '5.0': 'MQTT-3.11.3-2' },
  pingrespUnasked: { '3.1': '§3.13', '3.1.1': '§3.13', '5.0': '§3.13', level: 'SHOULD' },
  repeatRefused: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-10' },
  stateForgotten: { '3.1': '§4.1', '3.1.1': 'MQTT-4.1.0-1', '5.0': 'MQTT-4.1.0-1' },
  orderPuback: { '3.1': '§4.3', '3.1.1': 'MQTT-4.6.0-2', '5.0': 'MQTT-4.6.0-2' },
  orderPubrec: { '3.1': '§4.3', '3.1.1': 'MQTT-4.6.0-3', '5.0': 'MQTT-4.6.0-3' },
  // ---- connections and sessions
  firstPacket: {
    '3.1': { broker: '§3.2', client: '§3.1' },
    '3.1.1': { broker: 'MQTT-3.2.0-1', client: 'MQTT-3.1.0-1' },
    '5.0': { broker: 'MQTT-3.2.0-1', client: 'MQTT-3.1.0-1' },
  },
  secondConnect: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.0-2', '5.0': 'MQTT-3.1.0-2' },
  secondConnack: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.0-1', '5.0': 'MQTT-3.2.0-2' },
  disconnectBeforeConnack: { '3.1': '§3.14', '3.1.1': '§3.14', '5.0': 'MQTT-3.14.0-1' },
  authUnasked: {
    '3.1': '§2.1',
    '3.1.1': '§2.2.1',
    '5.0': { broker: 'MQTT-4.12.0-6', client: 'MQTT-4.12.0-7' },
  },
  authContinues: {
    '3.1': '§2.1',
    '3.1.1': '§2.2.1',
    '5.0': { broker: 'MQTT-4.12.0-2', client: 'MQTT-4.12.0-3' },
  },
  authMethodKept: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': 'MQTT-4.12.0-5' },
  reauthMethodKept: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': 'MQTT-4.12.1-1' },
  beforeAuthenticated: { '3.1': '§3.1', '3.1.1': '§3.1', '5.0': 'MQTT-3.1.2-30' },
  authReasonTooLong: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': 'MQTT-3.15.2-2' },
  authUserPropertyTooLong: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': 'MQTT-3.15.2-3' },
  wrongDirection: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': '§2.1.2' },
  afterDisconnect: { '3.1': '§3.14', '3.1.1': 'MQTT-3.14.4-2', '5.0': 'MQTT-3.14.4-1' },
  closeAfterDisconnect: { '3.1': '§3.14', '3.1.1': 'MQTT-3.14.4-1', '5.0': 'MQTT-3.14.4-2' },
  closeAfterRefusal: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-5', '5.0': 'MQTT-3.2.2-7' },
  presentThoughClean: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-1', '5.0': 'MQTT-3.2.2-2' },
  presentThoughRefused: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-4', '5.0': 'MQTT-3.2.2-6' },
  presentThoughNone: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-3', '5.0': 'MQTT-3.2.2-3' },
  absentThoughStored: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-2', '5.0': 'MQTT-3.2.2-3' },
  cleanSessionKept: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-6', '5.0': 'MQTT-4.1.0-2' },
  expiredSessionKept: { '3.1': '§3.1', '3.1.1': '§3.1.2.4', '5.0': 'MQTT-4.1.0-2' },
  clientWithoutState: { '3.1': '§3.2', '3.1.1': '§3.2.2.2', '5.0': 'MQTT-3.2.2-4' },
  takeover: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.4-2', '5.0': 'MQTT-3.1.4-3' },
  // ---- application messages
  deliveredTwice: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-10' },
  deliveredTwiceAtQos1: { '3.1': '§4.1', '3.1.1': '§4.3.2', '5.0': '§4.3.2' },
  expiredMessage: { '3.1': '§3.3', '3.1.1': '§3.3', '5.0': 'MQTT-3.3.2-5' },
  sharedAfterRefusal: { '3.1': '§4.1', '3.1.1': '§4.1', '5.0': 'MQTT-4.8.2-6' },
  sharedElsewhere: { '3.1': '§4.1', '3.1.1': '§4.1', '5.0': 'MQTT-4.8.2-5' },
  deliveredTwiceAtQos0: { '3.1': '§4.1', '3.1.1': '§4.3.1', '5.0': '§4.3.1' },
  sentTwice: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-1' },
  publishedTwice: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-1' },
  deliveryOwed: {
    '3.1': '§4.1',
    '3.1.1': 'MQTT-4.5.0-1',
    '5.0': { broker: 'MQTT-4.5.0-1', client: 'MQTT-4.3.3-8' },
  },
  subscriptionReplaced: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.4-3', '5.0': 'MQTT-3.8.4-3' },
  queuedDeliveryOwed: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-5', '5.0': 'MQTT-4.5.0-1' },
  appDeliveryOwed: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-8' },
  appDeliveryOwedAtQos1: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.2-2', '5.0': 'MQTT-4.3.2-4' },
  refusedYetDelivered: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': '§4.3.3' },
  retainedOwed: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-6', '5.0': 'MQTT-3.3.1-9' },
  retainedThoughNot: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-12', '5.0': 'MQTT-3.3.1-8' },
  retainedReplaced: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-5', '5.0': 'MQTT-3.3.1-5' },
  retainedReplacedAtQos0: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-7', '5.0': 'MQTT-3.3.1-5' },
  retainedRemoved: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-10', '5.0': 'MQTT-3.3.1-6' },
  emptyRetained: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.1-11', '5.0': 'MQTT-3.3.1-7' },
  neverPublished: { '3.1': '§3.3', '3.1.1': '§3.3.3', '5.0': '§3.3.3' },
  noSubscription: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.2-3', '5.0': 'MQTT-3.3.2-3' },
  wildcardBeforeDollar: { '3.1': '§3.3', '3.1.1': 'MQTT-4.7.2-1', '5.0': 'MQTT-4.7.2-1' },
  oldSubscription: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-6', '5.0': 'MQTT-3.1.2-4' },
  expiredSubscription: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-6', '5.0': 'MQTT-4.1.0-2' },
  unsubscribed: { '3.1': '§3.10', '3.1.1': 'MQTT-3.10.4-2', '5.0': 'MQTT-3.10.4-2' },
  noLocal: { '3.1': '§3.8', '3.1.1': '§3.8', '5.0': 'MQTT-3.8.3-3' },
  qosTooHigh: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.4-6', '5.0': 'MQTT-3.8.4-8' },
  qosTooLow: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.4-6', '5.0': 'MQTT-3.8.4-8' },
  qosTooLowOverlap: { '3.1': '§3.8', '3.1.1': 'MQTT-3.3.5-1', '5.0': 'MQTT-3.3.4-2' },
  qosNotAsAsked: { '3.1': '§4.1', '3.1.1': '§4.3', '5.0': '§4.3' },
  sharedTwice: { '3.1': '§4.1', '3.1.1': '§4.7', '5.0': '§4.8.2' },
  orderDelivered: { '3.1': '§4.3', '3.1.1': 'MQTT-4.6.0-6', '5.0': 'MQTT-4.6.0-5' },
  willAfterDisconnect: { '3.1': '§3.14', '3.1.1': 'MQTT-3.14.4-3', '5.0': 'MQTT-3.14.4-3' },
  willTwice: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-10', '5.0': 'MQTT-3.1.2-10' },
  willRetained: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-16', '5.0': 'MQTT-3.1.2-14' },
  willQos: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-9', '5.0': '§3.1.2.6' },
  willThoughBack: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-10', '5.0': 'MQTT-3.1.3-9' },
  willOwed: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-8', '5.0': 'MQTT-3.1.2-8' },
  toldTooEarlyQos1: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.2-1', '5.0': 'MQTT-4.3.2-3' },
  toldTooEarlyQos2: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-5' },
  // No statement says what a client tells its application; it is the sense of an acknowledgement that it can.
  toldThoughRefused: { '3.1': '§4.1', '3.1.1': '§4.3', '5.0': '§4.3.3', level: 'SHOULD' },
  grantedTooEarly: { '3.1': '§3.8', '3.1.1': '§3.8.4', '5.0': '§3.8.4', level: 'SHOULD' },
  endedTooEarly: { '3.1': '§3.10', '3.1.1': '§3.10.4', '5.0': '§3.10.4', level: 'SHOULD' },
  closedOnStrayAck: { '3.1': '§4.1', '3.1.1': '§4.3', '5.0': '§4.3', level: 'SHOULD' },
  leftWhenRefused: { '3.1': '§4.1', '3.1.1': '§4.8', '5.0': '§4.13', level: 'SHOULD' },
  neverTold: { '3.1': '§4.1', '3.1.1': '§4.3', '5.0': '§4.3', level: 'SHOULD' },
} as const satisfies Record<string, Clause>

export type ClauseName = keyof typeof clauses

/** The statement behind a rule in a version, for the role under test. */
export function cite(name: ClauseName, version: Version, target: TargetRole): StatementRef {
  const entry: ByRole = clauses[name][version]
  return `${version}:${typeof entry === 'string' ? entry : entry[target]}`
}

export function levelOfClause(name: ClauseName, version: Version, target: TargetRole): Level {
  const clause: Clause = clauses[name]
  return clause.level ?? levelOf(cite(name, version, target))
}
