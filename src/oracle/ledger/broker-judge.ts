import type { Breach } from '../../model/finding.ts'
import type { Version } from '../../model/version.ts'
import { type ClauseName, cite } from '../../standard/clauses.ts'
import type { Owed } from '../owed.ts'
import { breachOf, type Said } from '../ruling.ts'
import type { Party } from './broker-ledger.ts'
import {
  type Duty,
  type MessageRecord,
  type Messages,
  type Publication,
  type Received,
  timesReceived,
} from './messages.ts'
import type { Disorder } from './stream-order.ts'
import { matching } from './subscriptions.ts'

/** What the ledger of a broker holds at the end of a case. */
export type BrokerBooks = {
  version: Version
  messages: Messages
  parties: Map<string, Party>
  /** Topics that somebody published on in this case. */
  topics: Set<string>
  /** Records with a duty that is not met. */
  pending: Set<MessageRecord>
  retained: Map<string, { record: MessageRecord; publication: Publication; settled: boolean }>
  /** Deliveries that no subscription speaks for, or not so. */
  strangers: { clause: StrangeClause; party: Party; seq: number; text: string }[]
  disorder: Disorder[]
  /** We sent bytes that are no packet: payloads may exist that we do not know. */
  raw: boolean
  now: number
  restarts: number
}

/** Messages owed to sessions that are connected and keep nothing waiting themselves. */
export function* owedByBroker(books: BrokerBooks): Iterable<Owed> {
  for (const { record, duty, party } of unmet(books)) {
    yield {
      connection: party.connection!.number,
      actor: party.actor,
      packet: 'PUBLISH',
      statement: cite(clauseOf(duty), party.version, 'broker'),
      since: duty.seq,
      text: `PUBLISH ${record.shown} on ${record.topic}`,
    }
  }
}

export function judgeBroker(books: BrokerBooks): Breach[] {
  const breaches: Breach[] = []
  for (const { record, duty, party } of unmet(books))
    breaches.push(notDelivered(record, duty, party))
  for (const record of books.messages.all()) {
    for (const received of record.received.values()) {
      breaches.push(...tooOften(books, record, received))
      breaches.push(...tooLow(books, record, received))
    }
    breaches.push(...sharedTooOften(books, record))
  }
  for (const stranger of books.strangers) breaches.push(strange(stranger))
  const first = books.disorder[0]
  if (first) breaches.push(outOfOrder(first))
  return breaches
}

function* unmet(books: BrokerBooks): Iterable<{ record: MessageRecord; duty: Duty; party: Party }> {
  for (const record of books.pending) {
    for (const duty of record.duties.values()) {
      const party = books.parties.get(duty.receiver)
      if (!party || !mustHaveCome(books, record, duty, party)) continue
      yield { record, duty, party }
    }
  }
}

/** The session lives and is there to take it, nothing of ours holds it back, and it cannot have been dropped by right. */
function mustHaveCome(
  books: BrokerBooks,
  record: MessageRecord,
  duty: Duty,
  party: Party,
): boolean {
  const line = party.connection
  if (!line || line.stalled || line.disconnected || line.unfinished.size > 0) return false
  if (duty.incarnation !== party.incarnation) return false
  const received = record.received.get(duty.receiver)
  if (timesReceived(received) + (received?.refused ?? 0) >= duty.times) return false
  if (line.maximumPacketSize !== Number.POSITIVE_INFINITY) return false
  return record.publications.every(({ expiryS, at }) => {
    return expiryS === undefined || (books.now - at) / 1000 < expiryS - 1
  })
}

function clauseOf(duty: Duty): ClauseName {
  if (duty.will) return 'willOwed'
  return duty.retained ? 'retainedOwed' : 'deliveryOwed'
}

function notDelivered(record: MessageRecord, duty: Duty, party: Party): Breach {
  const got = timesReceived(record.received.get(duty.receiver))
  return breach(party, clauseOf(duty), {
    message: `${record.shown} was acknowledged and never reached ${party.actor}`,
    expected: `PUBLISH ${record.shown} on ${record.topic}${duty.times > 1 ? `, ${duty.times} times` : ''}`,
    got: got === 0 ? 'nothing' : `${got} times`,
    seq: duty.seq,
    about: duty.restarted ? 'durability' : undefined,
  })
}

/**
 * QoS 2 and QoS 0 deliveries cannot outnumber what the publishers sent: one copy for each publication and each filter that
 * matches, and one for each subscription that may have brought the retained message. QoS 1 may repeat.
 */
function tooOften(books: BrokerBooks, record: MessageRecord, received: Received): Breach[] {
  const party = books.parties.get(received.receiver)
  const [qos0, qos1, qos2] = received.byQos
  if (!party || qos0 + qos2 + Math.min(qos1, 1) < 1) return []
  const copies = mostCopies(record, party)
  const count = qos0 + qos2 + Math.min(qos1, 1)
  if (count <= copies) return []
  const seq = received.seqs.at(-1)!
  if (record.publications.every(one => one.void)) {
    const will = record.publications.some(one => one.will)
    return [
      breach(party, will ? 'willAfterDisconnect' : 'refusedYetDelivered', {
        message: will
          ? `The will ${record.shown} reached ${party.actor} though DISCONNECT took it back`
          : `${record.shown} was refused and reached ${party.actor} all the same`,
        expected: 'no delivery',
        got: `${count} deliveries`,
        seq,
      }),
    ]
  }
  return [
    breach(party, qos2 > 0 ? 'deliveredTwice' : 'deliveredTwiceAtQos0', {
      message: `${record.shown} reached ${party.actor} ${timesText(count)}`,
      expected: copies === 1 ? 'one delivery' : `at most ${copies} deliveries`,
      got: `${count} deliveries`,
      seq,
      about: received.restarted ? 'durability' : undefined,
    }),
  ]
}

function mostCopies(record: MessageRecord, party: Party): number {
  const found = matching(party.subscriptions, record.topic)
  const filters = Math.max(1, found.length)
  let copies = 0
  for (const one of record.publications) {
    if (one.void) continue
    copies += (one.qos === 1 ? one.sends : 1) * filters
    if (!one.retain) continue
    for (const { requests } of found) {
      copies += requests.filter(seq => seq > one.seq).length
    }
  }
  return copies
}

function timesText(count: number): string {
  return count === 2 ? 'twice' : `${count} times`
}

/** The highest copy has to have the lower of publication QoS and granted QoS. */
function tooLow(books: BrokerBooks, record: MessageRecord, received: Received): Breach[] {
  const duty = record.duties.get(received.receiver)
  const party = books.parties.get(received.receiver)
  if (!duty || !party || duty.incarnation !== party.incarnation) return []
  const count = timesReceived(received)
  if (count === 0 || duty.times > 1 || record.publications.length > 1) return []
  const highest = received.byQos[2] > 0 ? 2 : received.byQos[1] > 0 ? 1 : 0
  if (highest >= duty.qos) return []
  return [
    breach(party, duty.overlapping ? 'qosTooLowOverlap' : 'qosTooLow', {
      message: `${record.shown} reached ${party.actor} at QoS ${highest}`,
      expected: `QoS ${duty.qos}`,
      got: `QoS ${highest}`,
      seq: received.seqs.at(-1)!,
    }),
  ]
}

/** Of a share one member gets the message. At QoS 1 it may go to another when a member leaves. */
function sharedTooOften(books: BrokerBooks, record: MessageRecord): Breach[] {
  if (record.received.size < 2 || record.publications.length !== 1) return []
  const publication = record.publications[0]!
  if (publication.qos === 1 || publication.retain) return []
  const groups = new Map<string, Party[]>()
  for (const { receiver, byQos } of record.received.values()) {
    const party = books.parties.get(receiver)
    if (!party || byQos[0] + byQos[2] === 0) continue
    const found = matching(party.subscriptions, record.topic)
    const shared = found[0]
    if (found.length !== 1 || shared?.filter.share === undefined) continue
    groups.set(shared.text, [...(groups.get(shared.text) ?? []), party])
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

type StrangeClause =
  | 'unsubscribed'
  | 'noSubscription'
  | 'noLocal'
  | 'qosTooHigh'
  | 'neverPublished'
  | 'deliveredTwice'
  | 'deliveredTwiceAtQos0'

function strange({ clause, party, seq, text }: BrokerBooks['strangers'][number]): Breach {
  const why = {
    unsubscribed: 'was published after UNSUBACK',
    noSubscription: 'matches no subscription',
    noLocal: 'comes from this client itself, and No Local is set',
    qosTooHigh: 'has a QoS above what was published or granted',
    neverPublished: 'was never published',
    deliveredTwice: 'came before',
    deliveredTwiceAtQos0: 'came before',
  }[clause]
  return breach(party, clause, {
    message: `What ${party.actor} got ${why}`,
    expected: clause === 'qosTooHigh' ? 'a lower QoS' : 'no delivery',
    got: text,
    seq,
  })
}

function outOfOrder({ party, seq, late, early }: Disorder): Breach {
  return breach(party, 'orderDelivered', {
    message: `${late} reached ${party.actor} behind ${early}, which was published after it`,
    expected: `${late}, then ${early}`,
    got: `${early}, then ${late}`,
    seq,
  })
}

function breach(party: Party, clause: ClauseName, said: Said): Breach {
  return breachOf('ledger', { target: 'broker', seq: 0 }, party.version, clause, said)
}
