import type { Connack, Connect, Packet, Publish, Will } from '../../model/packet.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { type BrokerState, judgeBroker, owedByBroker } from './broker-judge.ts'
import type { BrokerConnection, BrokerSession } from './broker-session.ts'
import { contentKey, payloadText, resolveTopic } from './content.ts'
import {
  createIncoming,
  type Delivery,
  type Incoming,
  losePublish,
  refuse,
  refuseAtQos1,
  takePublish,
} from './incoming.ts'
import type { Ledger } from './ledger-type.ts'
import { createLostPackets } from './lost-packets.ts'
import {
  createMessages,
  type MessageRecord,
  type OwedDelivery,
  type Publication,
  timesReceived,
} from './messages.ts'
import {
  acknowledged,
  createOutgoing,
  forgetOutgoing,
  newPublication,
  sendPublish,
  sendPubrel,
} from './outgoing.ts'
import { createSentinels, isSentinel } from './sentinel.ts'
import { noteOrder } from './stream-order.ts'
import {
  createSubscriptions,
  granted,
  matchesButForDollar,
  matching,
  type Subscribed,
  subscribe,
  unsubscribe,
  unsubscribed,
} from './subscriptions.ts'

/** What a packet did that may turn out to be lost. */
type Done =
  | { kind: 'delivered'; session: BrokerSession; incoming: Incoming; delivery: Delivery }
  | {
      kind: 'released'
      incoming: Incoming
      id: number
      held: { record: MessageRecord | undefined }
    }

/** The ledger of a case against a broker: our clients publish and subscribe, the broker passes on. */
export function createBrokerLedger(version: Version, unseenPublishers = false): Ledger {
  const sessions = new Map<string, BrokerSession>()
  const messages = createMessages(record => wentThrough(record, sessions.values()))
  const connections = new Map<number, BrokerConnection>()
  const losable = createLostPackets<Done>()
  const sentinels = createSentinels()
  const state: BrokerState = {
    version,
    messages,
    sessions,
    topics: new Set(),
    pending: new Set(),
    retained: new Map(),
    unexpected: [],
    disorder: [],
    raw: false,
    strange: 0,
    now: 0,
    restarts: 0,
  }

  function observe(event: TraceEvent): void {
    state.now = event.at
    switch (event.kind) {
      case 'open':
        connections.set(
          event.connection,
          createConnection(event.connection, event.actor, event.version),
        )
        return
      case 'packet':
        onPacket(event)
        return
      case 'bytes':
        // A part of a packet is none: nothing may come of it.
        if (event.from === 'harness' && event.why !== 'partial') state.raw = true
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
    event satisfies never
  }

  function onPacket(event: EventOf<'packet'>): void {
    const connection = connections.get(event.connection)
    if (!connection) return
    if (event.from === 'harness') ours(connection, event.packet, event)
    else theirs(connection, event.packet, event)
  }

  function ours(
    connection: BrokerConnection,
    packet: Packet,
    { seq, at }: EventOf<'packet'>,
  ): void {
    if (packet.type === 'CONNECT') {
      onConnect(connection, packet, { seq, at })
      return
    }
    const { session } = connection
    if (!session) return
    switch (packet.type) {
      case 'PUBLISH':
        publish(connection, session, packet, seq, at)
        return
      case 'PUBREL':
        sendPubrel(session.outgoing, packet.id, seq)
        return
      case 'PUBACK':
        if (connection.version === '5.0' && packet.code >= 0x80) {
          refuseAtQos1(session.incoming, packet.id, session.client)
        }
        session.incoming.unacked.delete(packet.id)
        connection.unfinished.delete(packet.id)
        return
      case 'PUBREC':
        if (connection.version === '5.0' && packet.code >= 0x80) {
          refuse(session.incoming, packet.id, session.client)
          connection.unfinished.delete(packet.id)
        }
        return
      case 'PUBCOMP':
        connection.unfinished.delete(packet.id)
        return
      case 'SUBSCRIBE':
        subscribe(session.subscriptions, packet, connection.version === '5.0', seq)
        return
      case 'UNSUBSCRIBE':
        unsubscribe(session.subscriptions, packet, seq)
        return
      case 'DISCONNECT':
        connection.disconnected = packet.code === 0
        return
      default:
        return
    }
  }

  function onConnect(
    connection: BrokerConnection,
    packet: Connect,
    stamp: { seq: number; at: number },
  ): void {
    const client = packet.clientId || `#${connection.number}`
    const session = sessions.get(client) ?? createSession(client, connection)
    sessions.set(client, session)
    mayBeTakenOver(session)
    connection.session = session
    connection.connect = packet
    const size = packet.properties.maximumPacketSize
    connection.maximumPacketSize =
      typeof size === 'number' && size > 0 ? size : Number.POSITIVE_INFINITY
    if (packet.will) connection.will = leftWill(session, connection, packet.will, stamp)
  }

  /**
   * Nothing orders what comes on different connections: a broker may read this CONNECT before the DISCONNECT of the connection before, end
   * that one as taken over, and be right to publish its will. One that came before this is too early for that.
   */
  function mayBeTakenOver(session: BrokerSession): void {
    for (const { record, publication } of session.takenBack) {
      if (record.received.size === 0) publication.void = false
    }
    session.takenBack = []
  }

  function publish(
    connection: BrokerConnection,
    session: BrokerSession,
    packet: Publish,
    seq: number,
    at: number,
  ): void {
    const topic = resolveTopic(packet, connection.ourAliases) ?? ''
    if (isSentinel(packet.payload)) {
      sentinels.published(packet, { client: session.client, topic, seq })
      return
    }
    const record = messages.of(topic, packet.payload)
    state.topics.add(topic)
    const by = { client: session.client, actor: connection.actor, seq, at }
    const publication = sendPublish(session.outgoing, record, packet, by)
    if (publication.retain) state.retained.set(topic, { record, publication, settled: false })
  }

  function theirs(connection: BrokerConnection, packet: Packet, event: EventOf<'packet'>): void {
    if (packet.type === 'CONNACK') {
      onConnack(connection, packet, event)
      return
    }
    const { session } = connection
    if (!session) return
    const superseded = session.connection !== undefined && session.connection !== connection
    switch (packet.type) {
      case 'PUBLISH':
        // What crossed with a takeover comes again over the new connection, and in no order with it.
        if (superseded) return
        deliver(connection, session, packet, event)
        return
      case 'PUBREL':
        if (superseded) return
        release(session, packet.id, event.seq)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP': {
        const reasons = connection.version === '5.0'
        const complete = acknowledged(session.outgoing, packet, reasons, event.seq)
        if (complete) completed(complete.record, complete.publication, session.client)
        return
      }
      case 'SUBACK':
        for (const made of granted(session.subscriptions, packet, event.seq)) {
          oweRetained(session, made)
        }
        return
      case 'UNSUBACK':
        unsubscribed(session.subscriptions, packet.id, event.seq)
        return
      default:
        return
    }
  }

  function onConnack(
    connection: BrokerConnection,
    packet: Connack,
    event: EventOf<'packet'>,
  ): void {
    const { seq } = event
    const { session, connect } = connection
    if (!session || !connect) return
    if (packet.code !== 0) {
      if (connection.will) connection.will.publication.void = true
      return
    }
    const resumed =
      connection.version === '3.1' ? !connect.clean : packet.sessionPresent && !connect.clean
    if (!resumed) startAnew(session, connect.clean ? 'clean start' : 'expiry', seq)
    connection.accepted = true
    session.version = connection.version
    session.actor = connection.actor
    session.connection = connection
  }

  /** Both directions of the session are forgotten; owedDeliveries of the old one end with it. */
  function startAnew(session: BrokerSession, endedBy: 'clean start' | 'expiry', seq: number): void {
    session.before = { subscriptions: session.subscriptions, endedBy }
    if (session.subscriptions.byFilter.size > 0) session.over.push(session.subscriptions)
    if (session.over.length > overMax) session.over.shift()
    session.incarnation += 1
    session.since = seq
    forgetOutgoing(session.outgoing)
    session.incoming = createIncoming()
    session.subscriptions = createSubscriptions()
    session.streams = new Map()
    session.sentinels = new Map()
  }

  function deliver(
    connection: BrokerConnection,
    session: BrokerSession,
    packet: Publish,
    { seq }: EventOf<'packet'>,
  ): void {
    const topic = resolveTopic(packet, connection.aliases) ?? ''
    const sentinel = isSentinel(packet.payload)
    if (sentinel) sentinels.came(packet, session.sentinels)
    if (packet.qos > 0 && packet.id !== undefined) connection.unfinished.add(packet.id)
    const record = sentinel ? undefined : messages.find(topic, packet.payload)
    if (!record && !sentinel) {
      if (messages.folded(topic, packet.payload)) lateCopy(session, topic, packet, seq)
      else unexpectedMessage(session, topic, packet, seq)
    }
    const restarted = record?.publications.some(one => one.restarted) ?? false
    const incoming = session.incoming
    const delivery = takePublish(incoming, record, packet, session.client, seq, restarted)
    if (!delivery) return
    losable.remember(seq, { kind: 'delivered', session, incoming, delivery })
    if (!record) return
    noteOrder(session.streams, record, packet, seq, state.disorder, session)
    noteRights(session, record, packet, seq)
    settlePending(record)
  }

  function undo(done: Done | undefined): void {
    if (done?.kind === 'released') done.incoming.held.set(done.id, done.held)
    if (done?.kind === 'delivered') undeliver(done)
  }

  function undeliver({ session, incoming, delivery }: Extract<Done, { kind: 'delivered' }>): void {
    losePublish(incoming, delivery, session.client)
    if (delivery.record && delivery.record.owedDeliveries.size > 0)
      state.pending.add(delivery.record)
  }

  /** Whether any subscription of this session speaks for the delivery, and at which QoS at most. */
  function noteRights(
    session: BrokerSession,
    record: MessageRecord,
    packet: Publish,
    seq: number,
  ): void {
    const found = matching(session.subscriptions, record.topic)
    const rights = found.filter(one => !one.refused && speaksFor(one, record))
    if (rights.length === 0) {
      state.unexpected.push({
        clause: found.some(one => one.endedSeq > 0)
          ? 'unsubscribed'
          : whyUnsubscribed(session, record.topic),
        session,
        seq,
        text: `PUBLISH ${record.shown} on ${record.topic}`,
      })
      return
    }
    for (const one of rights) one.broughtSeq = seq
    const local = record.publications.every(one => one.client === session.client)
    if (local && rights.every(one => one.noLocal)) {
      state.unexpected.push({
        clause: 'noLocal',
        session,
        seq,
        text: `PUBLISH ${record.shown} on ${record.topic}`,
      })
    }
    const published = Math.max(...record.publications.map(one => one.qos))
    const allowed = Math.min(published, Math.max(...rights.map(one => one.qosMax)))
    if (packet.qos <= allowed) return
    state.unexpected.push({
      clause: 'qosTooHigh',
      session,
      seq,
      text: `PUBLISH ${record.shown} at QoS ${packet.qos}; QoS ${allowed} is the most`,
    })
  }

  /** A copy of a message that was settled long ago: every receiver had it. */
  function lateCopy(session: BrokerSession, topic: string, packet: Publish, seq: number): void {
    if (packet.qos === 1 || session.incoming.held.has(packet.id ?? 0)) return
    const text = `PUBLISH ${payloadText(packet.payload)} on ${topic} once more`
    const clause = packet.qos === 2 ? 'deliveredTwice' : 'deliveredTwiceAtQos0'
    state.unexpected.push({ clause, session, seq, text })
  }

  function unexpectedMessage(
    session: BrokerSession,
    topic: string,
    packet: Publish,
    seq: number,
  ): void {
    if (unseenPublishers) {
      // A broker's own topics, and what it kept from before, need no publisher now.
      if (!packet.retain && !topic.startsWith('$')) state.strange += 1
      return
    }
    if (state.raw || !state.topics.has(topic) || packet.payload.length === 0) return
    state.unexpected.push({
      clause: 'neverPublished',
      session,
      seq,
      text: `a payload that nobody published on ${topic}`,
    })
  }

  function release(session: BrokerSession, id: number, seq: number): void {
    const incoming = session.incoming
    const held = incoming.held.get(id)
    if (!held) return
    incoming.held.delete(id)
    losable.remember(seq, { kind: 'released', incoming, id, held })
  }

  /** The broker has taken the message: every session with a matching subscription since before has to get it. */
  function completed(record: MessageRecord, publication: Publication, publisher: string): void {
    const retained = state.retained.get(record.topic)
    if (retained?.publication === publication) retained.settled = true
    for (const session of sessions.values()) {
      const certain = matching(session.subscriptions, record.topic).filter(
        one =>
          one.granted !== undefined &&
          one.grantedSeq < publication.seq &&
          one.filter.share === undefined &&
          !(one.noLocal && session.client === publisher),
      )
      if (certain.length === 0) continue
      const qos = Math.min(publication.qos, Math.max(...certain.map(one => one.granted ?? 0)))
      owe(session, record, publication, {
        qos,
        overlapping: certain.length > 1,
        retained: false,
        queued: session.connection === undefined && session.awaySince < publication.seq,
        renewed: certain.every(({ renewedSeq }) => renewedSeq > 0) ? certain : [],
      })
    }
  }

  function owe(
    session: BrokerSession,
    record: MessageRecord,
    publication: Publication,
    how: Pick<OwedDelivery, 'qos' | 'overlapping' | 'retained' | 'queued' | 'renewed'>,
  ): void {
    // QoS 0 towards the subscriber: at most once.
    if (how.qos === 0) return
    const known = record.owedDeliveries.get(session.client)
    const times = known?.incarnation === session.incarnation ? known.times + 1 : 1
    record.owedDeliveries.set(session.client, {
      receiver: session.client,
      incarnation: session.incarnation,
      times,
      ...how,
      seq: publication.outcomeSeq,
      will: publication.will,
      restarted: publication.restarted,
    })
    state.pending.add(record)
    settlePending(record)
  }

  /** A new subscription gets the retained message that stood before it was asked for. */
  function oweRetained(
    session: BrokerSession,
    made: { subscribed: Subscribed; since: number; isNew: boolean },
  ): void {
    const { subscribed, since, isNew } = made
    if (subscribed.filter.share !== undefined || subscribed.retainHandling === 2) return
    if (subscribed.retainHandling === 1 && !isNew) return
    if (!isNew) return
    for (const { record, publication, settled } of state.retained.values()) {
      if (!settled || publication.outcomeSeq > since || publication.qos === 0) continue
      if (record.publications.length > 1 || isEmpty(record)) continue
      if (!matching(session.subscriptions, record.topic).includes(subscribed)) continue
      const qos = Math.min(publication.qos, subscribed.granted ?? 0)
      const how = { qos, overlapping: false, retained: true, queued: false, renewed: [] }
      owe(session, record, publication, how)
    }
  }

  function settlePending(record: MessageRecord): void {
    for (const delivery of record.owedDeliveries.values()) {
      if (timesReceived(record.received.get(delivery.receiver)) < delivery.times) return
    }
    state.pending.delete(record)
    if (wentThrough(record, sessions.values())) messages.settle(record)
  }

  function onClose(event: EventOf<'close'>): void {
    const connection = connections.get(event.connection)
    if (!connection) return
    connections.delete(event.connection)
    const { session } = connection
    if (session?.connection === connection) {
      session.connection = undefined
      session.awaySince = event.seq
    }
    if (session) willIsOwed(session, connection, event)
  }

  /**
   * The broker may have the will from CONNECT on, whether its CONNACK reaches us or not, and subscribers may get it before we see that
   * the connection has ended.
   */
  function leftWill(
    session: BrokerSession,
    connection: BrokerConnection,
    will: Will,
    at: { seq: number; at: number },
  ): BrokerConnection['will'] {
    if (isSentinel(will.payload)) return undefined
    const record = messages.of(will.topic, will.payload)
    const publication = newPublication({
      client: session.client,
      actor: connection.actor,
      seq: at.seq,
      at: at.at,
      qos: will.qos,
      retain: will.retain,
    })
    publication.will = true
    record.publications.push(publication)
    state.topics.add(will.topic)
    return { record, publication }
  }

  function willIsOwed(
    session: BrokerSession,
    connection: BrokerConnection,
    { seq, at, by, how }: EventOf<'close'>,
  ): void {
    const will = connection.connect?.will
    if (!will || !connection.will) return
    const { record, publication } = connection.will
    publication.seq = seq
    publication.lastSeq = seq
    publication.at = at
    // After DISCONNECT and an orderly end the will is gone; after a reset the broker may not have read it.
    publication.void ||= connection.disconnected && how === 'fin'
    if (publication.void) session.takenBack.push({ record, publication })
    const delay = will.properties.willDelayInterval
    const delayed = typeof delay === 'number' && delay > 0
    if (connection.disconnected || delayed || by !== 'harness' || !connection.accepted) return
    publication.outcome = 'acknowledged'
    publication.outcomeSeq = seq
    completed(record, publication, session.client)
  }

  function onFault({ connection: number, fault }: EventOf<'fault'>): void {
    if (fault.kind === 'lose') undo(losable.takeBack(fault.seq))
    const connection = number === undefined ? undefined : connections.get(number)
    if (connection && (fault.kind === 'stall' || fault.kind === 'resume')) {
      connection.stalled = fault.kind === 'stall'
    }
  }

  function onRestart(): void {
    state.restarts += 1
    for (const record of messages.all()) {
      for (const publication of record.publications) publication.restarted = true
      for (const delivery of record.owedDeliveries.values()) delivery.restarted = true
    }
  }

  return {
    observe,
    owed: () => owedByBroker(state),
    judge: () => judgeBroker(state),
    messages: () => [...messages.all()],
    settled: payload => messages.foldedPayload(payload),
  }
}

function createConnection(number: number, actor: string, version: Version): BrokerConnection {
  return {
    number,
    actor,
    version,
    session: undefined,
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

/** So many sessions of a client id that are over are remembered. */
const overMax = 64

function createSession(client: string, connection: BrokerConnection): BrokerSession {
  return {
    client,
    actor: connection.actor,
    version: connection.version,
    outgoing: createOutgoing(),
    incoming: createIncoming(),
    subscriptions: createSubscriptions(),
    before: undefined,
    over: [],
    incarnation: 0,
    since: 0,
    connection: undefined,
    awaySince: 0,
    streams: new Map(),
    sentinels: new Map(),
    takenBack: [],
  }
}

/** Published once, acknowledged, and received once by every session that has a subscription for it. */
function wentThrough(record: MessageRecord, sessions: Iterable<BrokerSession>): boolean {
  const publication = record.publications[0]
  if (!publication || record.publications.length > 1) return false
  if (publication.retain || publication.will || publication.void) return false
  if (publication.qos > 0 && publication.outcome !== 'acknowledged') return false
  let receivers = 0
  for (const session of sessions) {
    const found = matching(session.subscriptions, record.topic)
    if (found.length === 0) continue
    const received = record.received.get(session.client)
    if (found.length > 1 || found[0]?.filter.share || timesReceived(received) !== 1) return false
    receivers += 1
  }
  return receivers > 0 && receivers === record.received.size
}

const emptyKey = contentKey('', new Uint8Array())

function isEmpty(record: MessageRecord): boolean {
  return record.payloadKey === emptyKey
}

/** What a delivery breaks that no subscription of the session speaks for: whose subscription it may have been. */
function whyUnsubscribed({ subscriptions, before }: BrokerSession, topic: string) {
  if (matchesButForDollar(subscriptions, topic)) return 'wildcardBeforeDollar'
  if (!before || matching(before.subscriptions, topic).length === 0) return 'noSubscription'
  return before.endedBy === 'expiry' ? 'expiredSubscription' : 'oldSubscription'
}

/** A subscription speaks for a message unless it was over before the message was first given. */
function speaksFor(subscribed: Subscribed, record: MessageRecord): boolean {
  return subscribed.endedSeq === 0 || record.publications.some(one => one.seq < subscribed.endedSeq)
}
