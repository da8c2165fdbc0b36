import type { Breach } from '../../model/finding.ts'
import type { PacketType } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import { type ClauseName, cite } from '../../standard/clauses.ts'
import type { Owed } from '../owed.ts'
import { breachOf, type Said } from '../ruling.ts'
import { app, type ClientLine, wire } from './client-ledger.ts'
import type { ContentKey } from './content.ts'
import { type MessageRecord, type Messages, type Publication, timesReceived } from './messages.ts'

/** What the ledger of a client holds at the end of a case. */
export type ClientBooks = {
  version: Version
  messages: Messages
  lines: Map<number, ClientLine>
  /** Topics that the application published on, and that we sent on. */
  commanded: Set<string>
  sentTopics: Set<string>
  early: {
    clause: ClauseName
    line: ClientLine | undefined
    seq: number
    record: MessageRecord
    wanted: number
    got: number
  }[]
  strangers: { clause: ClauseName; line?: ClientLine; actor?: string; seq: number; topic: string }[]
  /** How often we completed and refused a message of the client. */
  complete: Map<ContentKey, { done: number; refused: number; seq: number }>
  /** Records that the application may still have to get, and those of which it may have to be told. */
  unmet: Set<MessageRecord>
  silent: Set<MessageRecord>
  /** Sessions that began anew: each lets the client republish what it holds. */
  resets: number
  /** An adapter speaks (L1), and it reports completions. */
  adapter: boolean
  reports: boolean
  raw: boolean
  restarted: boolean
}

type Debt = {
  packet: PacketType
  clause: ClauseName
  seq: number
  text: string
  message: string
  got: string
}

/** What the application still has to get or to be told. */
export function owedByClient(books: ClientBooks, stopped: Set<string>): Owed[] {
  return debts(books, stopped).map(({ packet, clause, seq, text }) => {
    const line = [...books.lines.values()].at(-1)
    return {
      connection: line?.number ?? 0,
      actor: line?.actor ?? app,
      packet,
      statement: cite(clause, books.version, 'client'),
      since: seq,
      text,
    }
  })
}

export function judgeClient(books: ClientBooks, stopped: Set<string>): Breach[] {
  const breaches = debts(books, stopped).map(({ clause, seq, text, message, got }) =>
    breach(books, clause, { message, expected: text, got, seq }),
  )
  for (const record of books.messages.all()) {
    breaches.push(...appTwice(books, record), ...wireTwice(books, record))
  }
  for (const early of books.early) breaches.push(tooEarly(books, early))
  for (const { clause, seq, topic, actor } of books.strangers) {
    breaches.push(
      breach(books, clause, {
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

function debts(books: ClientBooks, stopped: Set<string>): Debt[] {
  if (!books.adapter || books.restarted) return []
  const found: Debt[] = []
  for (const record of books.unmet) {
    const times = [...record.duties.values()].reduce((sum, duty) => sum + duty.times, 0)
    const got = timesReceived(record.received.get(app))
    if (got >= times || stopped.size > 0) {
      if (got >= times) books.unmet.delete(record)
      continue
    }
    const duty = [...record.duties.values()][0]!
    found.push({
      packet: 'PUBLISH',
      clause: 'appDeliveryOwed',
      seq: duty.seq,
      text: `${record.shown} on ${record.topic} delivered to the application`,
      message: `${record.shown} was acknowledged and never reached the application`,
      got: got === 0 ? 'nothing' : `${got} of ${times} deliveries`,
    })
  }
  for (const record of books.silent) {
    const untold = neverTold(books, record, stopped)
    if (untold) found.push(untold)
    else if (record.publications.every(one => one.told)) books.silent.delete(record)
  }
  return found
}

/** Completed by us, and the library says nothing to the application. */
function neverTold(
  books: ClientBooks,
  record: MessageRecord,
  stopped: Set<string>,
): Debt | undefined {
  const through = books.complete.get(record.key)
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
function appTwice(books: ClientBooks, record: MessageRecord): Breach[] {
  const got = timesReceived(record.received.get(app))
  if (got < 2) return []
  const ours = record.publications.filter(one => one.tag === undefined)
  if (ours.length === 0 || ours.some(one => one.qos === 1)) return []
  const most = ours.filter(one => !one.void).length
  if (got <= most) return []
  const exactly = ours.some(one => one.qos === 2)
  return [
    breach(books, exactly ? 'deliveredTwice' : 'deliveredTwiceAtQos0', {
      message: `${record.shown} reached the application ${got === 2 ? 'twice' : `${got} times`}`,
      expected: most === 1 ? 'one delivery' : `at most ${most} deliveries`,
      got: `${got} deliveries`,
      seq: record.received.get(app)!.seqs.at(-1)!,
      about: books.restarted ? 'durability' : undefined,
    }),
  ]
}

/** One message of the application in several QoS 2 exchanges. A lost session lets it be published anew. */
function wireTwice(books: ClientBooks, record: MessageRecord): Breach[] {
  const asked = record.publications.filter(one => one.tag !== undefined)
  const received = record.received.get(wire)
  if (asked.length === 0 || !received) return []
  const most = asked.length + Math.max(0, books.resets - 1)
  if (received.byQos[2] <= most) return []
  return [
    breach(books, 'publishedTwice', {
      message: `${record.shown} was sent in ${received.byQos[2]} exchanges`,
      expected: most === 1 ? 'one exchange' : `at most ${most} exchanges`,
      got: `${received.byQos[2]} exchanges`,
      seq: received.seqs.at(-1)!,
      about: books.restarted ? 'durability' : undefined,
    }),
  ]
}

function tooEarly(books: ClientBooks, early: ClientBooks['early'][number]): Breach {
  const { clause, seq, record, wanted, got } = early
  if (clause === 'qosNotAsAsked') {
    return breach(books, clause, {
      message: `${record.shown} was published at QoS ${wanted} and sent at QoS ${got}`,
      expected: `PUBLISH at QoS ${wanted}`,
      got: `PUBLISH at QoS ${got}`,
      seq,
    })
  }
  const refused = clause === 'toldThoughRefused'
  const last = wanted === 1 ? 'PUBACK' : 'PUBCOMP'
  return breach(books, clause, {
    message: refused
      ? `The application was told that ${record.shown} is published, and it was refused`
      : `The application was told that ${record.shown} is published before ${last}`,
    expected: refused ? 'a failure reported' : `published only after ${last}`,
    got: 'published',
    seq,
  })
}

function breach(books: ClientBooks, clause: ClauseName, said: Said): Breach {
  return breachOf('ledger', { target: 'client', seq: 0 }, books.version, clause, said)
}
