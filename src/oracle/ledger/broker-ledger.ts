import type { Connack, Connect, Packet, Publish, Will } from '../../model/packet.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { type BrokerBooks, judgeBroker, owedByBroker } from './broker-judge.ts'
import { contentKey, payloadText, resolveTopic } from './content.ts'
import {
  createIncoming,
  type Delivery,
  type Incoming,
  losePublish,
  refuse,
  takePublish,
} from './incoming.ts'
import type { Ledger } from './ledger.ts'
import { createLostPackets } from './lost-packets.ts'
import { createMessages, type MessageRecord, type Publication, timesReceived } from './messages.ts'
import { acknowledged, newPublication, type Outgoing, sendPublish, sendPubrel } from './outgoing.ts'
import { isSentinel } from './sentinel.ts'
import { noteOrder, type Streams } from './stream-order.ts'
import {
  createSubscriptions,
  granted,
  matching,
  type Subscribed,
  type Subscriptions,
  subscribe,
  unsubscribe,
  unsubscribed,
} from './subscriptions.ts'

/** One of our sessions with the broker. */
export type Party = {
  client: string
  actor: string
  version: Version
  outgoing: Outgoing
  incoming: Incoming
  subscriptions: Subscriptions
  /** Counts the sessions of this client id: a new one with each loss. */
  incarnation: number
  /** `seq` of the CONNACK that began it. */
  since: number
  connection: Line | undefined
  streams: Streams
}

/** One connection. */
export type Line = {
  number: number
  actor: string
  version: Version
  party: Party | undefined
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

/** The ledger of a case against a broker: our clients publish and subscribe, the broker passes on. */
export function createBrokerLedger(version: Version): Ledger {
  const parties = new Map<string, Party>()
  const messages = createMessages(record => wentThrough(record, parties.values()))
  const lines = new Map<number, Line>()
  const undo = createLostPackets()
  const books: BrokerBooks = {
    version,
    messages,
    parties,
    topics: new Set(),
    pending: new Set(),
    retained: new Map(),
    strangers: [],
    disorder: [],
    raw: false,
    now: 0,
    restarts: 0,
  }

  function observe(event: TraceEvent): void {
    books.now = event.at
    switch (event.kind) {
      case 'open':
        lines.set(event.connection, createLine(event.connection, event.actor, event.version))
        return
      case 'packet':
        onPacket(event)
        return
      case 'bytes':
        if (event.from === 'harness') books.raw = true
        return
      case 'close':
        onClose(event)
        return
      case 'fault':
        onFault(event)
        return
      case 'restart':
        if (event.phase === 'down') onRestart()
        return
      case 'command':
      case 'app':
      case 'fence':
      case 'step':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
  }

  function onPacket(event: EventOf<'packet'>): void {
    const line = lines.get(event.connection)
    if (!line) return
    if (event.from === 'harness') ours(line, event.packet, event)
    else theirs(line, event.packet, event)
  }

  function ours(line: Line, packet: Packet, { seq, at }: EventOf<'packet'>): void {
    if (packet.type === 'CONNECT') {
      onConnect(line, packet)
      return
    }
    const { party } = line
    if (!party) return
    switch (packet.type) {
      case 'PUBLISH':
        publish(line, party, packet, seq, at)
        return
      case 'PUBREL':
        sendPubrel(party.outgoing, packet.id, seq)
        return
      case 'PUBACK':
        party.incoming.unacked.delete(packet.id)
        line.unfinished.delete(packet.id)
        return
      case 'PUBREC':
        if (line.version === '5.0' && packet.code >= 0x80) {
          refuse(party.incoming, packet.id, party.client)
          line.unfinished.delete(packet.id)
        }
        return
      case 'PUBCOMP':
        line.unfinished.delete(packet.id)
        return
      case 'SUBSCRIBE':
        subscribe(party.subscriptions, packet, line.version === '5.0', seq)
        return
      case 'UNSUBSCRIBE':
        unsubscribe(party.subscriptions, packet, seq)
        return
      case 'DISCONNECT':
        line.disconnected = packet.code === 0
        return
      default:
        return
    }
  }

  function onConnect(line: Line, packet: Connect): void {
    const client = packet.clientId || `#${line.number}`
    const party = parties.get(client) ?? createParty(client, line)
    parties.set(client, party)
    line.party = party
    line.connect = packet
    const size = packet.properties.maximumPacketSize
    line.maximumPacketSize = typeof size === 'number' && size > 0 ? size : Number.POSITIVE_INFINITY
  }

  function publish(line: Line, party: Party, packet: Publish, seq: number, at: number): void {
    const topic = resolveTopic(packet, line.ourAliases) ?? ''
    if (isSentinel(packet.payload)) return
    const record = messages.of(topic, packet.payload)
    books.topics.add(topic)
    const by = { client: party.client, actor: line.actor, seq, at }
    const publication = sendPublish(party.outgoing, record, packet, by)
    if (publication.retain) books.retained.set(topic, { record, publication, settled: false })
  }

  function theirs(line: Line, packet: Packet, event: EventOf<'packet'>): void {
    if (packet.type === 'CONNACK') {
      onConnack(line, packet, event)
      return
    }
    const { party } = line
    if (!party) return
    switch (packet.type) {
      case 'PUBLISH':
        deliver(line, party, packet, event)
        return
      case 'PUBREL':
        release(party, packet.id, event.seq)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP': {
        const reasons = line.version === '5.0'
        const complete = acknowledged(party.outgoing, packet, reasons, event.seq)
        if (complete) completed(complete.record, complete.publication, party.client)
        return
      }
      case 'SUBACK':
        for (const made of granted(party.subscriptions, packet, event.seq)) {
          oweRetained(party, made)
        }
        return
      case 'UNSUBACK':
        unsubscribed(party.subscriptions, packet.id, event.seq)
        return
      default:
        return
    }
  }

  function onConnack(line: Line, packet: Connack, event: EventOf<'packet'>): void {
    const { seq } = event
    const { party, connect } = line
    if (!party || !connect || packet.code !== 0) return
    const resumed =
      line.version === '3.1' ? !connect.clean : packet.sessionPresent && !connect.clean
    if (!resumed) startAnew(party, seq)
    line.accepted = true
    party.version = line.version
    party.actor = line.actor
    party.connection = line
    if (connect.will) line.will = leftWill(party, line, connect.will, event)
  }

  /** Both directions of the session are forgotten; duties of the old one end with it. */
  function startAnew(party: Party, seq: number): void {
    party.incarnation += 1
    party.since = seq
    party.outgoing.clear()
    party.incoming = createIncoming()
    party.subscriptions = createSubscriptions()
    party.streams = new Map()
  }

  function deliver(line: Line, party: Party, packet: Publish, { seq }: EventOf<'packet'>): void {
    const topic = resolveTopic(packet, line.aliases) ?? ''
    const sentinel = isSentinel(packet.payload)
    if (packet.qos > 0 && packet.id !== undefined) line.unfinished.add(packet.id)
    const record = sentinel ? undefined : messages.find(topic, packet.payload)
    if (!record && !sentinel) {
      if (messages.folded(topic, packet.payload)) lateCopy(party, topic, packet, seq)
      else stranger(party, topic, packet, seq)
    }
    const restarted = record?.publications.some(one => one.restarted) ?? false
    const incoming = party.incoming
    const delivery = takePublish(incoming, record, packet, party.client, seq, restarted)
    if (!delivery) return
    undo.remember(seq, () => undeliver(party, incoming, delivery))
    if (!record) return
    noteOrder(party.streams, record, packet, seq, books.disorder, party)
    noteRights(party, record, packet, seq)
    settlePending(record)
  }

  function undeliver(party: Party, incoming: Incoming, delivery: Delivery): void {
    losePublish(incoming, delivery, party.client)
    if (delivery.record && delivery.record.duties.size > 0) books.pending.add(delivery.record)
  }

  /** Whether any subscription of this session speaks for the delivery, and at which QoS at most. */
  function noteRights(party: Party, record: MessageRecord, packet: Publish, seq: number): void {
    const found = matching(party.subscriptions, record.topic)
    const rights = found.filter(one => !one.refused && speaksFor(one, record))
    if (rights.length === 0) {
      books.strangers.push({
        clause: found.some(one => one.endedSeq > 0) ? 'unsubscribed' : 'noSubscription',
        party,
        seq,
        text: `PUBLISH ${record.shown} on ${record.topic}`,
      })
      return
    }
    const local = record.publications.every(one => one.client === party.client)
    if (local && rights.every(one => one.noLocal)) {
      books.strangers.push({
        clause: 'noLocal',
        party,
        seq,
        text: `PUBLISH ${record.shown} on ${record.topic}`,
      })
    }
    const published = Math.max(...record.publications.map(one => one.qos))
    const allowed = Math.min(published, Math.max(...rights.map(one => one.qosMax)))
    if (packet.qos <= allowed) return
    books.strangers.push({
      clause: 'qosTooHigh',
      party,
      seq,
      text: `PUBLISH ${record.shown} at QoS ${packet.qos}; QoS ${allowed} is the most`,
    })
  }

  /** A copy of a message that was settled long ago: every receiver had it. */
  function lateCopy(party: Party, topic: string, packet: Publish, seq: number): void {
    if (packet.qos === 1 || party.incoming.held.has(packet.id ?? 0)) return
    const text = `PUBLISH ${payloadText(packet.payload)} on ${topic} once more`
    const clause = packet.qos === 2 ? 'deliveredTwice' : 'deliveredTwiceAtQos0'
    books.strangers.push({ clause, party, seq, text })
  }

  function stranger(party: Party, topic: string, packet: Publish, seq: number): void {
    if (books.raw || !books.topics.has(topic) || packet.payload.length === 0) return
    books.strangers.push({
      clause: 'neverPublished',
      party,
      seq,
      text: `a payload that nobody published on ${topic}`,
    })
  }

  function release(party: Party, id: number, seq: number): void {
    const incoming = party.incoming
    const held = incoming.held.get(id)
    if (!held) return
    incoming.held.delete(id)
    undo.remember(seq, () => incoming.held.set(id, held))
  }

  /** The broker has taken the message: every session with a matching subscription since before has to get it. */
  function completed(record: MessageRecord, publication: Publication, publisher: string): void {
    const retained = books.retained.get(record.topic)
    if (retained?.publication === publication) retained.settled = true
    for (const party of parties.values()) {
      const certain = matching(party.subscriptions, record.topic).filter(
        one =>
          one.granted !== undefined &&
          one.grantedSeq < publication.seq &&
          one.filter.share === undefined &&
          !(one.noLocal && party.client === publisher),
      )
      if (certain.length === 0) continue
      const qos = Math.min(publication.qos, Math.max(...certain.map(one => one.granted ?? 0)))
      owe(party, record, publication, { qos, overlapping: certain.length > 1, retained: false })
    }
  }

  function owe(
    party: Party,
    record: MessageRecord,
    publication: Publication,
    how: { qos: number; overlapping: boolean; retained: boolean },
  ): void {
    // QoS 0 towards the subscriber: at most once.
    if (how.qos === 0) return
    const known = record.duties.get(party.client)
    const times = known?.incarnation === party.incarnation ? known.times + 1 : 1
    record.duties.set(party.client, {
      receiver: party.client,
      incarnation: party.incarnation,
      times,
      ...how,
      seq: publication.outcomeSeq,
      will: publication.will,
      restarted: publication.restarted,
    })
    books.pending.add(record)
    settlePending(record)
  }

  /** A new subscription gets the retained message that stood before it was asked for. */
  function oweRetained(
    party: Party,
    made: { subscribed: Subscribed; since: number; isNew: boolean },
  ): void {
    const { subscribed, since, isNew } = made
    if (subscribed.filter.share !== undefined || subscribed.retainHandling === 2) return
    if (subscribed.retainHandling === 1 && !isNew) return
    if (!isNew) return
    for (const { record, publication, settled } of books.retained.values()) {
      if (!settled || publication.outcomeSeq > since || publication.qos === 0) continue
      if (record.publications.length > 1 || isEmpty(record)) continue
      if (!matching(party.subscriptions, record.topic).includes(subscribed)) continue
      const qos = Math.min(publication.qos, subscribed.granted ?? 0)
      owe(party, record, publication, { qos, overlapping: false, retained: true })
    }
  }

  function settlePending(record: MessageRecord): void {
    for (const duty of record.duties.values()) {
      if (timesReceived(record.received.get(duty.receiver)) < duty.times) return
    }
    books.pending.delete(record)
    if (wentThrough(record, parties.values())) messages.settle(record)
  }

  function onClose(event: EventOf<'close'>): void {
    const line = lines.get(event.connection)
    if (!line) return
    lines.delete(event.connection)
    const { party } = line
    if (party?.connection === line) party.connection = undefined
    if (party) willIsDue(party, line, event)
  }

  /** The broker has the will from CONNACK on: subscribers may get it before we see that the connection has ended. */
  function leftWill(party: Party, line: Line, will: Will, at: EventOf<'packet'>): Line['will'] {
    if (isSentinel(will.payload)) return undefined
    const record = messages.of(will.topic, will.payload)
    const publication = newPublication({
      client: party.client,
      actor: line.actor,
      seq: at.seq,
      at: at.at,
      qos: will.qos,
      retain: will.retain,
    })
    publication.will = true
    record.publications.push(publication)
    books.topics.add(will.topic)
    return { record, publication }
  }

  function willIsDue(party: Party, line: Line, { seq, at, by, how }: EventOf<'close'>): void {
    const will = line.connect?.will
    if (!will || !line.will) return
    const { record, publication } = line.will
    publication.seq = seq
    publication.lastSeq = seq
    publication.at = at
    // After DISCONNECT and an orderly end the will is gone; after a reset the broker may not have read it.
    publication.void = line.disconnected && how === 'fin'
    const delay = will.properties.willDelayInterval
    const delayed = typeof delay === 'number' && delay > 0
    if (line.disconnected || delayed || by !== 'harness') return
    publication.outcome = 'acknowledged'
    publication.outcomeSeq = seq
    completed(record, publication, party.client)
  }

  function onFault({ connection, fault }: EventOf<'fault'>): void {
    if (fault.kind === 'lose') undo.takeBack(fault.seq)
    const line = connection === undefined ? undefined : lines.get(connection)
    if (line && (fault.kind === 'stall' || fault.kind === 'resume')) {
      line.stalled = fault.kind === 'stall'
    }
  }

  function onRestart(): void {
    books.restarts += 1
    for (const record of messages.all()) {
      for (const publication of record.publications) publication.restarted = true
      for (const duty of record.duties.values()) duty.restarted = true
    }
  }

  return {
    observe,
    owed: () => owedByBroker(books),
    judge: () => judgeBroker(books),
    messages: () => [...messages.all()],
    settled: payload => messages.foldedPayload(payload),
  }
}

function createLine(number: number, actor: string, version: Version): Line {
  return {
    number,
    actor,
    version,
    party: undefined,
    connect: undefined,
    accepted: false,
    stalled: false,
    disconnected: false,
    unfinished: new Set(),
    maximumPacketSize: Number.POSITIVE_INFINITY,
    aliases: new Map(),
    ourAliases: new Map(),
    will: undefined,
  }
}

function createParty(client: string, line: Line): Party {
  return {
    client,
    actor: line.actor,
    version: line.version,
    outgoing: new Map(),
    incoming: createIncoming(),
    subscriptions: createSubscriptions(),
    incarnation: 0,
    since: 0,
    connection: undefined,
    streams: new Map(),
  }
}

/** Published once, acknowledged, and received once by every session that has a subscription for it. */
function wentThrough(record: MessageRecord, parties: Iterable<Party>): boolean {
  const publication = record.publications[0]
  if (!publication || record.publications.length > 1) return false
  if (publication.retain || publication.will || publication.void) return false
  if (publication.qos > 0 && publication.outcome !== 'acknowledged') return false
  let receivers = 0
  for (const party of parties) {
    const found = matching(party.subscriptions, record.topic)
    if (found.length === 0) continue
    const received = record.received.get(party.client)
    if (found.length > 1 || found[0]?.filter.share || timesReceived(received) !== 1) return false
    receivers += 1
  }
  return receivers > 0 && receivers === record.received.size
}

const emptyKey = contentKey('', new Uint8Array())

function isEmpty(record: MessageRecord): boolean {
  return record.payloadKey === emptyKey
}

/** A subscription speaks for a message unless it was over before the message was first given. */
function speaksFor(subscribed: Subscribed, record: MessageRecord): boolean {
  return subscribed.endedSeq === 0 || record.publications.some(one => one.seq < subscribed.endedSeq)
}
