import type { Version } from '../../model/version.ts'
import { createOwedAnswers } from './answers.ts'
import type { Connection, Limits, Mark, Resume } from './state.ts'

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
    answeredForSeveral: undefined,
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
