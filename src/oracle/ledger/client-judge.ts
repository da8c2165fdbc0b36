import type { Breach } from '../../model/finding.ts'
import type { PacketType } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import { type ClauseName, cite } from '../../standard/clauses.ts'
import type { Owed } from '../owed.ts'
import { breachOf, type Said } from '../ruling.ts'
import { app, type ClientConnection, wire } from './client-connection.ts'
import type { ContentKey } from './content.ts'
import { type MessageRecord, type Messages, type Publication, timesReceived } from './messages.ts'

/** What the ledger of a client holds at the end of a case. */
export type ClientState = {
  version: Version
  messages: Messages
  connections: Map<number, ClientConnection>
  /** Topics that the application published on, and that we sent on. */
  commanded: Set<string>
  sentTopics: Set<string>
  early: {
    clause: ClauseName
    connection: ClientConnection | undefined
    seq: number
    record: MessageRecord
    wanted: number
    got: number
    disputed?: true
  }[]
  /** The application was told of a subscription, or of its end, before the broker had answered. */
  tooSoon: { clause: ClauseName; seq: number; answer: string; filter: string }[]
  unexpected: {
    clause: ClauseName
    connection?: ClientConnection
    actor?: string
    seq: number
    topic: string
  }[]
  /** How often we completed and refused a message of the client. */
  complete: Map<ContentKey, { done: number; refused: number; seq: number }>
  /** Records that the application may still have to get, and those of which it may have to be told. */
  unmet: Set<MessageRecord>
  silent: Set<MessageRecord>
  /** Sessions that began anew: each lets the client republish what it holds. */
  resets: number
  /** An adapter speaks (L1), and it reports completions. */
  adapter: boolean
  /** The library tells its application when a publish is complete. */
  tellsPublished: boolean
  reports: boolean
  raw: boolean
  restarted: boolean
}

type OwedToApp = {
  packet: PacketType
  clause: ClauseName
  seq: number
  text: string
  message: string
  got: string
}

/** What the application still has to get or to be told. */
export function owedByClient(state: ClientState, stopped: Set<string>): Owed[] {
  return owedToApp(state, stopped).map(({ packet, clause, seq, text }) => {
    const connection = [...state.connections.values()].at(-1)
    return {
      connection: connection?.number ?? 0,
      actor: connection?.actor ?? app,
      packet,
      statement: cite(clause, state.version, 'client'),
      since: seq,
      text,
    }
  })
}

export function judgeClient(state: ClientState, stopped: Set<string>): Breach[] {
  const breaches = owedToApp(state, stopped).map(({ clause, seq, text, message, got }) =>
    breach(state, clause, { message, expected: text, got, seq, absent: true }),
  )
  for (const record of state.messages.all()) {
    breaches.push(...appTwice(state, record), ...wireTwice(state, record))
  }
  for (const early of state.early) breaches.push(tooEarly(state, early))
  for (const { clause, seq, answer, filter } of state.tooSoon) {
    breaches.push(
      breach(state, clause, {
        message: `The application was told that ${filter} is done before ${answer}`,
        expected: `told only after ${answer}`,
        got: 'told before it',
        seq,
      }),
    )
  }
  for (const { clause, seq, topic, actor } of state.unexpected) {
    breaches.push(
      breach(state, clause, {
        message: actor
          ? `The application got a message on ${topic} that was never sent`
          : `A message on ${topic} went out that the application never published`,
        expected: 'a message that was published',
        got: `another payload on ${topic}`,
        seq,
      }),
    )
  }
  return breaches
}

function owedToApp(state: ClientState, stopped: Set<string>): OwedToApp[] {
  if (!state.adapter || state.restarted) return []
  const found: OwedToApp[] = []
  for (const record of state.unmet) {
    const times = [...record.owedDeliveries.values()].reduce(
      (sum, delivery) => sum + delivery.times,
      0,
    )
    const got = timesReceived(record.received.get(app))
    if (got >= times || stopped.size > 0) {
      if (got >= times) state.unmet.delete(record)
      continue
    }
    const delivery = [...record.owedDeliveries.values()][0]!
    found.push({
      packet: 'PUBLISH',
      clause: delivery.qos === 1 ? 'appDeliveryOwedAtQos1' : 'appDeliveryOwed',
      seq: delivery.seq,
      text: `${record.shown} on ${record.topic} delivered to the application`,
      message: `${record.shown} was acknowledged and never delivered to the application`,
      got: got === 0 ? 'nothing' : `${got} of ${times} deliveries`,
    })
  }
  if (!state.tellsPublished) return found
  for (const record of state.silent) {
    const untold = neverTold(state, record, stopped)
    if (untold) found.push(untold)
    else if (record.publications.every(one => one.told)) state.silent.delete(record)
  }
  return found
}

/** Completed by us, and the library says nothing to the application. */
function neverTold(
  state: ClientState,
  record: MessageRecord,
  stopped: Set<string>,
): OwedToApp | undefined {
  const through = state.complete.get(record.key)
  const waiting = record.publications.filter(
    one => one.tag !== undefined && one.qos > 0 && !one.told && !stopped.has(one.actor),
  )
  const told = record.publications.filter(one => one.told).length
  const first: Publication | undefined = waiting[0]
  if (!through || !first || through.done + through.refused <= told) return undefined
  return {
    packet: first.qos === 1 ? 'PUBACK' : 'PUBCOMP',
    clause: 'neverTold',
    seq: through.seq,
    text: `the application told that ${record.shown} is ${through.done > 0 ? 'published' : 'refused'}`,
    message: `${record.shown} was completed and the application was never told`,
    got: 'nothing',
  }
}

/** QoS 2 once for each exchange of ours, QoS 0 once for each PUBLISH; QoS 1 may repeat. */
function appTwice(state: ClientState, record: MessageRecord): Breach[] {
  const got = timesReceived(record.received.get(app))
  if (got < 2) return []
  const ours = record.publications.filter(one => one.tag === undefined)
  if (ours.length === 0 || ours.some(one => one.qos === 1)) return []
  const most = ours.filter(one => !one.void).length
  if (got <= most) return []
  const exactly = ours.some(one => one.qos === 2)
  return [
    breach(state, exactly ? 'deliveredTwice' : 'deliveredTwiceAtQos0', {
      message: `${record.shown} reached the application ${got === 2 ? 'twice' : `${got} times`}`,
      expected: most === 1 ? 'one delivery' : `at most ${most} deliveries`,
      got: `${got} deliveries`,
      seq: record.received.get(app)!.seqs.at(-1)!,
      about: state.restarted ? 'durability' : undefined,
    }),
  ]
}

/** One message of the application in several QoS 2 exchanges. A lost session lets it be published anew. */
function wireTwice(state: ClientState, record: MessageRecord): Breach[] {
  const asked = record.publications.filter(one => one.tag !== undefined)
  const received = record.received.get(wire)
  if (asked.length === 0 || !received) return []
  const most = asked.length + Math.max(0, state.resets - 1)
  if (received.byQos[2] <= most) return []
  return [
    breach(state, 'publishedTwice', {
      message: `${record.shown} was sent in ${received.byQos[2]} exchanges`,
      expected: most === 1 ? 'one exchange' : `at most ${most} exchanges`,
      got: `${received.byQos[2]} exchanges`,
      seq: received.seqs.at(-1)!,
      about: state.restarted ? 'durability' : undefined,
    }),
  ]
}

function tooEarly(state: ClientState, early: ClientState['early'][number]): Breach {
  const { clause, seq, record, wanted, got } = early
  if (clause === 'qosNotAsAsked') {
    return breach(state, clause, {
      message: `${record.shown} was published at QoS ${wanted} and sent at QoS ${got}`,
      expected: `PUBLISH at QoS ${wanted}`,
      got: `PUBLISH at QoS ${got}`,
      seq,
    })
  }
  const refused = clause === 'toldThoughRefused'
  const last = wanted === 1 ? 'PUBACK' : 'PUBCOMP'
  return breach(state, clause, {
    message: refused
      ? `The application was told that ${record.shown} is published, and it was refused`
      : `The application was told that ${record.shown} is published before ${last}`,
    expected: refused ? 'a failure reported' : `published only after ${last}`,
    got: 'published',
    seq,
    ...(early.disputed ? { about: 'dispute' as const } : {}),
  })
}

function breach(state: ClientState, clause: ClauseName, said: Said): Breach {
  return breachOf('ledger', { target: 'client', seq: 0 }, state.version, clause, said)
}
