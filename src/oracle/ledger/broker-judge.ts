import type { Breach } from '../../model/finding.ts'
import type { Version } from '../../model/version.ts'
import { type ClauseName, cite } from '../../standard/clauses.ts'
import type { Owed } from '../owed.ts'
import { breachOf, type Said } from '../ruling.ts'
import type { BrokerSession, Disorder } from './broker-session.ts'
import {
  type MessageRecord,
  type Messages,
  type OwedDelivery,
  type Publication,
  type Received,
  timesReceived,
} from './messages.ts'
import { isOvertaken } from './stream-order.ts'
import { matching } from './subscriptions.ts'

/** What the ledger of a broker holds at the end of a case. */
export type BrokerState = {
  version: Version
  messages: Messages
  sessions: Map<string, BrokerSession>
  /** Topics that somebody published on in this case. */
  topics: Set<string>
  /** Records with a delivery that is not met. */
  pending: Set<MessageRecord>
  retained: Map<string, { record: MessageRecord; publication: Publication; settled: boolean }>
  /** Deliveries that no subscription speaks for, or not so. */
  unexpected: { clause: UnexpectedClause; session: BrokerSession; seq: number; text: string }[]
  disorder: Disorder[]
  /** We sent bytes that are no packet: payloads may exist that we do not know. */
  raw: boolean
  /** Messages that came from publishers whom nobody sees: others may be theirs, too, and are not counted. */
  strange: number
  now: number
  restarts: number
}

/** Messages owed to sessions that are connected and keep nothing waiting themselves. */
export function* owedByBroker(state: BrokerState): Iterable<Owed> {
  for (const { record, delivery, session } of unmet(state)) {
    yield {
      connection: session.connection!.number,
      actor: session.actor,
      packet: 'PUBLISH',
      statement: cite(clauseOf(delivery), session.version, 'broker'),
      since: delivery.seq,
      text: `PUBLISH ${record.shown} on ${record.topic}`,
      ...(isOvertaken(record, delivery, session) ? { overtaken: true } : {}),
    }
  }
}

export function judgeBroker(state: BrokerState): Breach[] {
  const breaches: Breach[] = []
  for (const { record, delivery, session } of unmet(state))
    breaches.push(notDelivered(record, delivery, session))
  for (const record of state.messages.all()) {
    for (const received of record.received.values()) {
      breaches.push(...tooOften(state, record, received))
      breaches.push(...tooLow(state, record, received))
    }
    breaches.push(...sharedTooOften(state, record))
  }
  for (const unexpectedMessage of state.unexpected)
    breaches.push(unexpectedBreach(unexpectedMessage))
  const first = state.disorder[0]
  if (first) breaches.push(outOfOrder(first))
  return breaches
}

function* unmet(
  state: BrokerState,
): Iterable<{ record: MessageRecord; delivery: OwedDelivery; session: BrokerSession }> {
  for (const record of state.pending) {
    for (const delivery of record.owedDeliveries.values()) {
      const session = state.sessions.get(delivery.receiver)
      if (!session || !mustHaveCome(state, record, delivery, session)) continue
      yield { record, delivery, session }
    }
  }
}

/** The session lives and is there to take it, nothing of ours holds it back, and it cannot have been dropped by right. */
function mustHaveCome(
  state: BrokerState,
  record: MessageRecord,
  delivery: OwedDelivery,
  session: BrokerSession,
): boolean {
  const connection = session.connection
  if (
    !connection ||
    connection.stalled ||
    connection.disconnected ||
    connection.unfinished.size > 0
  )
    return false
  if (delivery.incarnation !== session.incarnation) return false
  const received = record.received.get(delivery.receiver)
  if (timesReceived(received) + (received?.refused ?? 0) >= delivery.times) return false
  if (connection.maximumPacketSize !== Number.POSITIVE_INFINITY) return false
  return record.publications.every(({ expiryS, at }) => {
    return expiryS === undefined || (state.now - at) / 1000 < expiryS - 1
  })
}

function clauseOf(delivery: OwedDelivery): ClauseName {
  if (delivery.will) return 'willOwed'
  if (delivery.retained) return 'retainedOwed'
  if (delivery.queued) return 'queuedDeliveryOwed'
  return endedByRenewal(delivery) ? 'subscriptionReplaced' : 'deliveryOwed'
}

/** Nothing came by the subscription since it took the place of another: it is the renewal that ended it. */
function endedByRenewal({ renewed }: OwedDelivery): boolean {
  return renewed.length > 0 && renewed.every(one => one.broughtSeq < one.renewedSeq)
}

function notDelivered(
  record: MessageRecord,
  delivery: OwedDelivery,
  session: BrokerSession,
): Breach {
  const got = timesReceived(record.received.get(delivery.receiver))
  return breach(session, clauseOf(delivery), {
    message: `${record.shown} was acknowledged and never delivered to ${session.actor}`,
    expected: `PUBLISH ${record.shown} on ${record.topic}${delivery.times > 1 ? `, ${delivery.times} times` : ''}`,
    got: got === 0 ? 'nothing' : `${got} times`,
    absent: true,
    seq: delivery.seq,
    about: delivery.restarted ? 'durability' : undefined,
  })
}

/**
 * QoS 2 and QoS 0 deliveries cannot outnumber what the publishers sent: one copy for each publication and each filter that
 * matches, and one for each subscription that may have brought the retained message. QoS 1 may repeat.
 */
function tooOften(state: BrokerState, record: MessageRecord, received: Received): Breach[] {
  const session = state.sessions.get(received.receiver)
  const [qos0, qos1, qos2] = received.byQos
  if (!session || qos0 + qos2 + Math.min(qos1, 1) < 1) return []
  const copies = mostCopies(record, session)
  const count = qos0 + qos2 + Math.min(qos1, 1)
  if (count <= copies || state.strange > 0) return []
  const seq = received.seqs.at(-1)!
  if (record.publications.every(one => one.void)) {
    const will = record.publications.some(one => one.will)
    return [
      breach(session, will ? 'willAfterDisconnect' : 'refusedYetDelivered', {
        message: will
          ? `The will ${record.shown} reached ${session.actor} though DISCONNECT took it back`
          : `${record.shown} was refused and reached ${session.actor} all the same`,
        expected: 'no delivery',
        got: `${count} deliveries`,
        seq,
      }),
    ]
  }
  return [
    breach(session, twiceClause(record, qos2 > 0), {
      message: `${record.shown} reached ${session.actor} ${timesText(count)}`,
      expected: copies === 1 ? 'one delivery' : `at most ${copies} deliveries`,
      got: `${count} deliveries`,
      seq,
      about: received.restarted ? 'durability' : undefined,
    }),
  ]
}

/** A will goes out once, whatever its QoS. */
function twiceClause(record: MessageRecord, atQos2: boolean): ClauseName {
  if (record.publications.every(({ will }) => will)) return 'willTwice'
  if (!atQos2) return 'deliveredTwiceAtQos0'
  return record.publications.every(givenOnce) ? 'sentTwice' : 'deliveredTwice'
}

/** Nothing of ours came twice that could have been taken for another message: the broker made two of one as it passed it on. */
function givenOnce({ sends, releases }: Publication): boolean {
  return sends === 1 && releases <= 1
}

function mostCopies(record: MessageRecord, session: BrokerSession): number {
  const found = matching(session.subscriptions, record.topic)
  const filters = Math.max(1, found.length)
  let copies = 0
  for (const one of record.publications) {
    if (one.void) continue
    copies += (one.qos === 1 ? one.sends : 1) * filters
    if (!one.retain) continue
    for (const subscriptions of [...session.over, session.subscriptions]) {
      for (const { requests } of matching(subscriptions, record.topic)) {
        copies += requests.filter(seq => seq > one.seq).length
      }
    }
  }
  return copies
}

function timesText(count: number): string {
  return count === 2 ? 'twice' : `${count} times`
}

/** The highest copy has to have the lower of publication QoS and granted QoS. */
function tooLow(state: BrokerState, record: MessageRecord, received: Received): Breach[] {
  const delivery = record.owedDeliveries.get(received.receiver)
  const session = state.sessions.get(received.receiver)
  if (!delivery || !session || delivery.incarnation !== session.incarnation) return []
  const count = timesReceived(received)
  if (count === 0 || delivery.times > 1 || record.publications.length > 1) return []
  const highest = received.byQos[2] > 0 ? 2 : received.byQos[1] > 0 ? 1 : 0
  if (highest >= delivery.qos) return []
  return [
    breach(session, tooLowClause(delivery), {
      message: `${record.shown} was delivered at QoS ${highest}; QoS ${delivery.qos} was due${delivery.overlapping ? ', the highest of the overlapping filters' : ''}`,
      expected: `QoS ${delivery.qos}`,
      got: `QoS ${highest}`,
      seq: received.seqs.at(-1)!,
    }),
  ]
}

function tooLowClause({ will, overlapping }: OwedDelivery): ClauseName {
  if (will) return 'willQos'
  return overlapping ? 'qosTooLowOverlap' : 'qosTooLow'
}

/** Of a share one member gets the message. At QoS 1 it may go to another when a member leaves. */
function sharedTooOften(state: BrokerState, record: MessageRecord): Breach[] {
  if (record.received.size < 2 || record.publications.length !== 1) return []
  const publication = record.publications[0]!
  if (publication.qos === 1 || publication.retain) return []
  const groups = new Map<string, BrokerSession[]>()
  for (const { receiver, byQos } of record.received.values()) {
    const session = state.sessions.get(receiver)
    if (!session || byQos[0] + byQos[2] === 0) continue
    const found = matching(session.subscriptions, record.topic)
    const shared = found[0]
    if (found.length !== 1 || shared?.filter.share === undefined) continue
    groups.set(shared.text, [...(groups.get(shared.text) ?? []), session])
  }
  return [...groups]
    .filter(([, members]) => members.length > 1)
    .map(([text, members]) =>
      breach(members[0]!, 'sharedTwice', {
        message: `${record.shown} went to ${members.length} members of ${text}`,
        expected: 'one member of the share',
        got: members.map(member => member.actor).join(', '),
        seq: Math.max(...[...record.received.values()].map(one => one.seqs.at(-1) ?? 0)),
      }),
    )
}

type UnexpectedClause =
  | 'unsubscribed'
  | 'noSubscription'
  | 'oldSubscription'
  | 'expiredSubscription'
  | 'wildcardBeforeDollar'
  | 'noLocal'
  | 'qosTooHigh'
  | 'neverPublished'
  | 'deliveredTwice'
  | 'deliveredTwiceAtQos0'

function unexpectedBreach({
  clause,
  session,
  seq,
  text,
}: BrokerState['unexpected'][number]): Breach {
  const why = {
    unsubscribed: ', which was published after UNSUBACK',
    noSubscription: ', which matches no subscription',
    oldSubscription: ', which matches only a subscription of the session before, which had ended',
    expiredSubscription:
      ', which matches only a subscription of the session before, which had ended',
    wildcardBeforeDollar: ', which begins with $; no filter that begins with a wildcard matches it',
    noLocal: ', which comes from this client itself, and No Local is set',
    // The text says it.
    qosTooHigh: '',
    neverPublished: '',
    deliveredTwice: ', which came before',
    deliveredTwiceAtQos0: ', which came before',
  }[clause]
  return breach(session, clause, {
    message: `The target delivered ${text}${why}`,
    expected: clause === 'qosTooHigh' ? 'a lower QoS' : 'no delivery',
    got: text,
    seq,
  })
}

function outOfOrder({ session, seq, late, early }: Disorder): Breach {
  return breach(session, 'orderDelivered', {
    message: `${late} reached ${session.actor} behind ${early}, which was published after it`,
    expected: `${late}, then ${early}`,
    got: `${early}, then ${late}`,
    seq,
  })
}

function breach(session: BrokerSession, clause: ClauseName, said: Said): Breach {
  return breachOf('ledger', { target: 'broker', seq: 0 }, session.version, clause, said)
}
