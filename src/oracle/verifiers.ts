import type { Breach } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import type { ClauseName, TargetRole } from '../standard/clauses.ts'
import { app, wire } from './ledger/client-connection.ts'
import { contentKey, payloadText } from './ledger/content.ts'
import type { Ledger } from './ledger/ledger-type.ts'
import { type MessageRecord, type Received, timesReceived } from './ledger/messages.ts'
import { breachOf } from './ruling.ts'

export type VerifierArg = {
  kind: 'text' | 'number' | 'boolean'
  title: string
  required: boolean
}

export type VerifierInput = {
  ledger: Ledger
  trace: readonly TraceEvent[]
  /** Resolved plain values. */
  args: { [name: string]: unknown }
  version: Version
  target: TargetRole
  /** A client: an adapter tells what its application saw. Default true. */
  hearsApp?: boolean
}

/** A judgement that a scenario asks for by name. */
export type Verifier = {
  /** One line for the language reference. */
  title: string
  args: Record<string, VerifierArg>
  judge(input: VerifierInput): Breach[]
}

const payload: VerifierArg = {
  kind: 'text',
  title: 'Payload of the message; without it every message of the case',
  required: false,
}
const to: VerifierArg = {
  kind: 'text',
  title: 'Actor that receives; without it every actor that got a message or had to',
  required: false,
}
const number = (title: string): VerifierArg => ({ kind: 'number', title, required: false })

export const verifiers: Record<string, Verifier> = {
  'exactly-once': counted('Each message reached its receivers once, no more and no less', 1, 1),
  'at-least-once': counted('Each message reached its receivers once or more', 1, many()),
  'at-most-once': counted('No message reached a receiver more than once', 0, 1),
  delivered: {
    title: 'One message reached one actor so often: times, or min and max; by default once or more',
    args: {
      payload: { ...payload, title: 'Payload of the message', required: true },
      to,
      times: number('Exactly so many deliveries'),
      min: number('At least so many'),
      max: number('At most so many'),
    },
    judge: input => {
      const { times, min, max } = input.args
      const low = numberOr(times, numberOr(min, max === undefined ? 1 : 0))
      const high = numberOr(times, numberOr(max, many()))
      return judgeCounts(input, low, high)
    },
  },
  'not-delivered': {
    title: 'The message reached nobody, or not this actor',
    args: { payload: { ...payload, required: true }, to },
    judge: input => judgeCounts(input, 0, 0),
  },
  'in-order': {
    title: 'First copies reached each actor in the order in which their publisher sent them',
    args: { to },
    judge: judgeOrder,
  },
  'all-acknowledged': {
    title: 'Every QoS 1 and 2 message that was published is acknowledged to its publisher',
    args: { payload },
    judge: judgeAcknowledged,
  },
}

function counted(title: string, min: number, max: number): Verifier {
  return { title, args: { payload, to }, judge: input => judgeCounts(input, min, max) }
}

function many(): number {
  return Number.POSITIVE_INFINITY
}

function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' ? value : other
}

/** Counts what receivers' applications got. A receiver counts if it got the message, had to, or is named. */
function judgeCounts(input: VerifierInput, min: number, max: number): Breach[] {
  const { ledger, args } = input
  const known = chosen(ledger, args.payload)
  if (known.length === 0) {
    // A long case lets go of messages that reached each of their receivers once.
    const once = args.payload !== undefined && ledger.settled(bytesOf(args.payload))
    return once && min <= 1 && max >= 1 ? [] : nothingKnown(input, min, max, once ? 1 : 0)
  }
  const records = known.filter(record => countable(input, record))
  return records.flatMap(record => {
    const receivers = receiversOf(input, record)
    if (receivers.length === 0 && min > 0 && deliverable(input, record)) {
      return [countBreach(input, record, 'anyone', 0, min, max)]
    }
    return receivers.flatMap(receiver => {
      const times = timesFor(input, record, receiver)
      const most = max === 0 ? times : timesThatCount(input, record, receiver)
      const least = givenUp(input, record) ? 0 : min
      const fits = times >= least && most <= max
      return fits ? [] : [countBreach(input, record, receiver, times, min, max)]
    })
  })
}

/** Where no adapter tells of the application, nobody knows what it got. */
function countable({ target, hearsApp = true }: VerifierInput, record: MessageRecord): boolean {
  return target === 'broker' || hearsApp || !sentByUs(record)
}

/** A message that was refused or whose fate the publisher does not know need not have reached anybody. */
function deliverable(input: VerifierInput, record: MessageRecord): boolean {
  if (input.args.payload !== undefined) return true
  return record.publications.some(one => one.outcome === 'acknowledged')
}

/** The application of a client was told that the message failed. */
function givenUp({ target }: VerifierInput, { publications }: MessageRecord): boolean {
  return target === 'client' && publications.every(({ told }) => told?.ok === false)
}

function chosen(ledger: Ledger, wanted: unknown): MessageRecord[] {
  const all = ledger.messages()
  if (wanted === undefined) return all.filter(record => record.publications.length > 0)
  const key = payloadKeyOf(wanted)
  return all.filter(record => record.payloadKey === key)
}

function payloadKeyOf(wanted: unknown): number {
  return contentKey('', bytesOf(wanted))
}

function bytesOf(wanted: unknown): Uint8Array {
  return wanted instanceof Uint8Array ? wanted : new TextEncoder().encode(String(wanted))
}

function receiversOf({ target, args }: VerifierInput, record: MessageRecord): string[] {
  if (typeof args.to === 'string') return [args.to]
  if (target === 'client') return [sentByUs(record) ? app : wire]
  const names = new Set<string>([...record.received.keys(), ...record.owedDeliveries.keys()])
  return [...names]
}

function sentByUs(record: MessageRecord): boolean {
  return record.publications.some(one => one.tag === undefined)
}

/** At QoS 1 a message may come more than once: what came so counts as one. */
function timesThatCount(input: VerifierInput, record: MessageRecord, receiver: string): number {
  return receivedFor(input, record, receiver).reduce(
    (sum, { byQos }) => sum + byQos[0] + Math.min(byQos[1], 1) + byQos[2],
    0,
  )
}

/** `to` names an actor or a client id. */
function timesFor(input: VerifierInput, record: MessageRecord, receiver: string): number {
  return receivedFor(input, record, receiver).reduce((sum, one) => sum + timesReceived(one), 0)
}

function receivedFor(
  { trace }: VerifierInput,
  record: MessageRecord,
  receiver: string,
): Received[] {
  const direct = record.received.get(receiver)
  if (direct) return [direct]
  return [...clientsOf(trace, receiver)].flatMap(client => record.received.get(client) ?? [])
}

/** The actor that connected with a client id, for people; a name that is none stays as it is. */
function actorOf(trace: readonly TraceEvent[], receiver: string): string {
  for (const event of trace) {
    const isHers =
      event.kind === 'packet' &&
      event.packet.type === 'CONNECT' &&
      (event.packet.clientId || `#${event.connection}`) === receiver
    if (isHers) return event.actor
  }
  return receiver
}

/** Client ids that an actor connected with. */
function clientsOf(trace: readonly TraceEvent[], actor: string): Set<string> {
  const clients = new Set<string>()
  for (const event of trace) {
    if (event.kind !== 'packet' || event.actor !== actor) continue
    if (event.packet.type !== 'CONNECT') continue
    clients.add(event.packet.clientId || `#${event.connection}`)
  }
  return clients
}

function countBreach(
  input: VerifierInput,
  record: MessageRecord,
  receiver: string,
  times: number,
  min: number,
  max: number,
): Breach {
  const clause = times > max ? tooMany(input, record, receiver, max) : tooFew(input, record)
  const seq = [...record.received.values()].flatMap(one => one.seqs).at(-1)
  const who = actorOf(input.trace, receiver)
  return breachOf('ledger', { target: input.target, seq: 0 }, input.version, clause, {
    message:
      times === 0
        ? `${record.shown} was never delivered to ${who}`
        : `${record.shown} was delivered to ${who} ${timesText(times)}; ${rangeText(min, max)} were due`,
    expected: rangeText(min, max),
    got: timesText(times),
    seq: seq ?? record.publications[0]?.seq ?? 0,
    about: record.publications.some(one => one.restarted) ? 'durability' : undefined,
  })
}

/** Why a delivery was one too many, by what is known of the message and of who got it. */
function tooMany(
  input: VerifierInput,
  record: MessageRecord,
  receiver: string,
  max: number,
): ClauseName {
  const received = receivedFor(input, record, receiver)
  if (max === 0 && hadExpired(input, record, received)) return 'expiredMessage'
  if (max === 0 && wentElsewhere(input, record, received)) {
    const refused = [...record.received.values()].some(({ saidNo }) => saidNo)
    return refused ? 'sharedAfterRefusal' : 'sharedElsewhere'
  }
  const wills = record.publications.length > 0 && record.publications.every(({ will }) => will)
  if (max === 0 && received.some(({ retained }) => retained > 0))
    return notToBeRetained(input, record, received, wills)
  if (wills) return willTooOften(record, max)
  const at = (qos: 0 | 1 | 2) => received.reduce((sum, { byQos }) => sum + byQos[qos], 0)
  // The application of a client under test is told no QoS: what we sent says it.
  const qos = Math.max(...record.publications.map(one => one.qos), 0)
  if (at(2) > 0 || (input.target === 'client' && qos === 2)) return 'deliveredTwice'
  return at(1) > 0 || qos === 1 ? 'deliveredTwiceAtQos1' : 'deliveredTwiceAtQos0'
}

/** Why nobody was to get it as a retained message. */
function notToBeRetained(
  { ledger }: VerifierInput,
  { topic, publications, shown }: MessageRecord,
  received: Received[],
  will: boolean,
): ClauseName {
  const kept = publications.filter(({ retain }) => retain)
  if (kept.length === 0) return will ? 'willRetained' : 'retainedThoughNot'
  if (shown === emptyShown) return 'emptyRetained'
  const last = Math.max(...kept.map(({ seq }) => seq))
  const came = Math.min(...received.flatMap(({ seqs }) => seqs))
  const later = ledger.messages().flatMap(record => {
    if (record.topic !== topic) return []
    const behind = record.publications.filter(
      ({ retain, seq }) => retain && seq > last && seq < came,
    )
    return behind.map(({ qos }) => ({ qos, empty: record.shown === emptyShown }))
  })
  if (later.some(({ empty }) => empty)) return 'retainedRemoved'
  return later[0]?.qos === 0 ? 'retainedReplacedAtQos0' : 'retainedReplaced'
}

const emptyShown = payloadText(new Uint8Array())

/** A will that was taken back, that was to wait for a client which is back, or that came before. */
function willTooOften({ publications }: MessageRecord, max: number): ClauseName {
  if (publications.every(one => one.void)) return 'willAfterDisconnect'
  return max === 0 ? 'willThoughBack' : 'willTwice'
}

function hadExpired(
  { trace }: VerifierInput,
  record: MessageRecord,
  received: Received[],
): boolean {
  const last = Math.max(...received.flatMap(({ seqs }) => seqs))
  const cameAt = trace.find(({ seq }) => seq === last)?.at
  return record.publications.some(
    ({ expiryS, at }) =>
      expiryS !== undefined && cameAt !== undefined && cameAt - at > expiryS * 1000,
  )
}

/** Another member of a share had the message before. */
function wentElsewhere(
  { trace }: VerifierInput,
  record: MessageRecord,
  received: Received[],
): boolean {
  const others = [...record.received.values()].filter(one => !received.includes(one))
  const shared = trace.some(
    event =>
      event.kind === 'packet' &&
      event.packet.type === 'SUBSCRIBE' &&
      event.packet.subscriptions.some(({ filter }) => filter.startsWith('$share/')),
  )
  return shared && others.length > 0
}

function tooFew({ target }: VerifierInput, record: MessageRecord): ClauseName {
  if (target === 'client') {
    const most = Math.max(...record.publications.map(({ qos }) => qos), 0)
    return most === 1 ? 'appDeliveryOwedAtQos1' : 'appDeliveryOwed'
  }
  const deliveries = [...record.owedDeliveries.values()]
  if (deliveries.some(({ will }) => will)) return 'willOwed'
  return deliveries.some(({ retained }) => retained) ? 'retainedOwed' : 'deliveryOwed'
}

function timesText(times: number): string {
  if (times === 0) return 'never'
  return times === 1 ? 'once' : `${times} times`
}

function rangeText(min: number, max: number): string {
  if (max === 0) return 'never'
  if (min === max) return timesText(min)
  if (max === many()) return `${timesText(min)} or more`
  return min === 0 ? `at most ${timesText(max)}` : `${min}–${max} times`
}

function nothingKnown(input: VerifierInput, min: number, max: number, times: number): Breach[] {
  if (min === 0 && times === 0) return []
  const clause: ClauseName = times > max ? 'deliveredTwice' : 'deliveryOwed'
  return [
    breachOf('ledger', { target: input.target, seq: 0 }, input.version, clause, {
      message:
        times === 0
          ? 'The message was never published nor received in this case'
          : 'The message reached each of its receivers once',
      expected: rangeText(min, max),
      got: timesText(times),
    }),
  ]
}

/** Strict: any first copy behind one published later by the same client on the same topic at the same QoS. */
function judgeOrder(input: VerifierInput): Breach[] {
  const streams = new Map<string, { given: number; came: number; shown: string }[]>()
  for (const record of input.ledger.messages()) {
    const publication = record.publications[0]
    if (!publication) continue
    for (const receiver of receiversOf(input, record)) {
      const came = firstCame(input, record, receiver)
      if (came === undefined) continue
      const stream = `${publication.client} ${publication.qos} ${record.topic} ${receiver}`
      const entry = { given: publication.seq, came, shown: record.shown }
      const entries = streams.get(stream)
      if (entries) entries.push(entry)
      else streams.set(stream, [entry])
    }
  }
  return [...streams.values()].flatMap(entries => firstDisorder(input, entries))
}

function firstCame(
  { trace }: VerifierInput,
  record: MessageRecord,
  receiver: string,
): number | undefined {
  const names = record.received.has(receiver) ? [receiver] : clientsOf(trace, receiver)
  const seqs = [...names].flatMap(name => record.received.get(name)?.seqs ?? [])
  return seqs.length === 0 ? undefined : Math.min(...seqs)
}

function firstDisorder(
  input: VerifierInput,
  entries: { given: number; came: number; shown: string }[],
): Breach[] {
  const byGiven = [...entries].sort((a, b) => a.given - b.given)
  for (const [index, entry] of byGiven.entries()) {
    const next = byGiven[index + 1]
    if (!next || next.came > entry.came) continue
    return [
      breachOf(
        'ledger',
        { target: input.target, seq: next.came },
        input.version,
        'orderDelivered',
        {
          message: `${next.shown} came before ${entry.shown}, which was published before it`,
          expected: `${entry.shown}, then ${next.shown}`,
          got: `${next.shown}, then ${entry.shown}`,
        },
      ),
    ]
  }
  return []
}

function judgeAcknowledged(input: VerifierInput): Breach[] {
  if (input.target === 'client' && input.hearsApp === false) return []
  return chosen(input.ledger, input.args.payload).flatMap(record =>
    record.publications
      .filter(one => one.qos > 0 && !one.will && !isAcknowledged(input, one.told, one.outcome))
      .map(one => {
        const clause = unfinished(input.target, one.qos)
        return breachOf('ledger', { target: input.target, seq: one.seq }, input.version, clause, {
          message: `${record.shown} was never acknowledged to its publisher`,
          expected: one.qos === 1 ? 'PUBACK' : 'PUBREC and PUBCOMP',
          got: one.outcome === 'refused' ? 'a refusal' : 'nothing that ends the exchange',
        })
      }),
  )
}

/** The rule of whoever leaves an exchange unfinished: a broker owes answers, a client what it has not brought to its end. */
function unfinished(target: TargetRole, qos: number): ClauseName {
  if (target === 'client') return 'resendOwed'
  return qos === 1 ? 'pubackOwed' : 'pubcompOwed'
}

/** A client that tells its application of a failure has told it: nothing is demanded of that message any more. */
function isAcknowledged(
  { target }: VerifierInput,
  told: { ok: boolean } | undefined,
  outcome: string,
): boolean {
  return outcome === 'acknowledged' || (target === 'client' && told !== undefined)
}
