import type { Packet, Publish } from '../../model/packet.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import { app, type ClientConnection, type Peer, wire } from './client-connection.ts'
import { type ClientState, judgeClient, owedByClient } from './client-judge.ts'
import { resolveTopic } from './content.ts'
import {
  createIncoming,
  type Delivery,
  type Incoming,
  losePublish,
  takePublish,
} from './incoming.ts'
import type { Ledger } from './ledger-type.ts'
import { createLostPackets } from './lost-packets.ts'
import { createMessages, type MessageRecord, type Publication, receivedBy } from './messages.ts'
import {
  acknowledged,
  createOutgoing,
  forgetOutgoing,
  newPublication,
  sendPublish,
  sendPubrel,
} from './outgoing.ts'
import { createRequests } from './requests.ts'
import { isSentinel } from './sentinel.ts'
import { matches, parseFilter } from './topics.ts'

/** What a packet did that may turn out to be lost. */
type Done =
  | { kind: 'delivered'; incoming: Incoming; delivery: Delivery }
  | {
      kind: 'released'
      incoming: Incoming
      id: number
      held: { record: MessageRecord | undefined }
    }

function undo(done: Done | undefined): void {
  if (done?.kind === 'delivered') losePublish(done.incoming, done.delivery, wire)
  if (done?.kind === 'released') done.incoming.held.set(done.id, done.held)
}

/**
 * The ledger of a case against a client: what its application asked to publish has to cross the wire and be reported as it
 * went; what our broker sent has to reach the application.
 */
export function createClientLedger(
  version: Version,
  hearsApp = true,
  tellsPublished = true,
): Ledger {
  const messages = createMessages(() => false)
  const peers = new Map<string, Peer>()
  const connections = new Map<number, ClientConnection>()
  const losable = createLostPackets<Done>()
  const requests = createRequests()
  const state: ClientState = {
    version,
    messages,
    connections,
    commanded: new Set(),
    sentTopics: new Set(),
    early: [],
    tooSoon: [],
    unexpected: [],
    complete: new Map(),
    unmet: new Set(),
    silent: new Set(),
    resets: 0,
    adapter: false,
    tellsPublished,
    reports: false,
    raw: false,
    restarted: false,
  }
  /** Publications of the application by actor and tag. */
  const tags = new Map<string, { record: MessageRecord; publication: Publication }>()
  const stopped = new Set<string>()
  /** Messages that were under way when a session ended: what their application is told of them is ruled by nothing. */
  const lostWithSession = new Set<MessageRecord>()

  function observe(event: TraceEvent): void {
    switch (event.kind) {
      case 'open':
        connections.set(
          event.connection,
          createConnection(event.connection, event.actor, event.version),
        )
        return
      case 'packet': {
        const connection = connections.get(event.connection)
        if (!connection) return
        if (event.from === 'harness') ours(connection, event.packet, event)
        else theirs(connection, event.packet, event)
        return
      }
      case 'bytes':
        // A part of a packet is none: nothing may come of it.
        if (event.from === 'harness' && event.why !== 'partial') state.raw = true
        return
      case 'close':
        connections.delete(event.connection)
        return
      case 'fault':
        onFault(event)
        return
      case 'restart':
        state.restarted = true
        return
      case 'command':
        onCommand(event)
        return
      case 'app':
        onApp(event)
        return
      case 'fence':
      case 'step':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
    event satisfies never
  }

  function ours(
    connection: ClientConnection,
    packet: Packet,
    { seq, at }: EventOf<'packet'>,
  ): void {
    const { peer } = connection
    if (!peer) return
    switch (packet.type) {
      case 'CONNACK': {
        if (packet.code !== 0) return
        connection.accepted = true
        const qos = packet.properties.maximumQoS
        if (typeof qos === 'number') connection.maximumQos = qos
        if (connection.version === '3.1' || (packet.sessionPresent && !connection.clean)) return
        startAnew(peer, connection.unfinished)
        return
      }
      case 'PUBLISH': {
        const topic = resolveTopic(packet, connection.ourAliases) ?? ''
        if (isSentinel(packet.payload)) return
        state.sentTopics.add(topic)
        const record = messages.of(topic, packet.payload)
        const by = { client: peer.client, actor: connection.actor, seq, at }
        sendPublish(peer.outgoing, record, packet, by)
        return
      }
      case 'PUBREL':
        sendPubrel(peer.outgoing, packet.id, seq)
        return
      case 'SUBACK':
      case 'UNSUBACK':
        requests.answered(connection.number, packet)
        return
      case 'PUBACK':
        connection.unfinished.delete(packet.id)
        ended(peer.incoming.unacked.get(packet.id), packet.code >= 0x80, seq)
        return
      case 'PUBREC':
        if (connection.version !== '5.0' || packet.code < 0x80) return
        connection.unfinished.delete(packet.id)
        ended(peer.incoming.held.get(packet.id)?.record, true, seq)
        peer.incoming.held.delete(packet.id)
        return
      case 'PUBCOMP':
        connection.unfinished.delete(packet.id)
        ended(finishing.get(`${peer.client} ${packet.id}`), false, seq)
        return
      default:
        return
    }
  }

  /** Records whose PUBREL came, by client and id, waiting for our PUBCOMP. */
  const finishing = new Map<string, MessageRecord | undefined>()

  /** We told the client that its message is through, or refused. */
  function ended(record: MessageRecord | undefined, refused: boolean, seq: number): void {
    if (!record) return
    const known = state.complete.get(record.key) ?? { done: 0, refused: 0, seq }
    if (refused) known.refused += 1
    else known.done += 1
    known.seq = seq
    state.complete.set(record.key, known)
    state.silent.add(record)
    // A library need not tell its application: the exchange has ended all the same.
    const ending = record.publications.find(
      one => one.tag !== undefined && one.qos > 0 && one.outcome === 'unknown',
    )
    if (!ending) return
    ending.outcome = refused ? 'refused' : 'acknowledged'
    ending.outcomeSeq = seq
  }

  function theirs(connection: ClientConnection, packet: Packet, { seq }: EventOf<'packet'>): void {
    if (packet.type === 'CONNECT') {
      const client = packet.clientId || `#${connection.number}`
      const peer = peers.get(client) ?? createPeer(client)
      peers.set(client, peer)
      connection.peer = peer
      connection.clean = packet.clean
      if (packet.clean) startAnew(peer)
      return
    }
    const { peer } = connection
    if (!peer) return
    switch (packet.type) {
      case 'PUBLISH':
        onWire(connection, peer, packet, seq)
        return
      case 'PUBREL': {
        const { incoming } = peer
        const held = incoming.held.get(packet.id)
        if (!held) return
        incoming.held.delete(packet.id)
        finishing.set(`${peer.client} ${packet.id}`, held.record)
        losable.remember(seq, { kind: 'released', incoming, id: packet.id, held })
        return
      }
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP': {
        const complete = acknowledged(peer.outgoing, packet, connection.version === '5.0', seq)
        if (complete) oweToApp(peer, complete.record, complete.publication)
        return
      }
      case 'SUBSCRIBE':
        requests.sent(connection.number, packet)
        for (const one of packet.subscriptions) peer.filters.add(one.filter)
        return
      case 'UNSUBSCRIBE':
        requests.sent(connection.number, packet)
        for (const filter of packet.filters) peer.filters.delete(filter)
        return
      default:
        return
    }
  }

  /** `fresh`: ids of what came on the new connection already; a client need not wait for CONNACK. */
  function startAnew(peer: Peer, fresh: ReadonlySet<number> = new Set()): void {
    state.resets += 1
    forgetOutgoing(peer.outgoing)
    const { held, unacked } = peer.incoming
    const released = [...finishing].filter(([key]) => key.startsWith(`${peer.client} `))
    const lost = [
      ...[...held.values()].map(({ record }) => record),
      ...unacked.values(),
      ...released.map(([, record]) => record),
    ]
    for (const record of lost) if (record) lostWithSession.add(record)
    peer.incoming = createIncoming()
    for (const id of fresh) {
      const delivery = held.get(id)
      if (delivery) peer.incoming.held.set(id, delivery)
      const record = unacked.get(id)
      if (record) peer.incoming.unacked.set(id, record)
    }
  }

  function onWire(connection: ClientConnection, peer: Peer, packet: Publish, seq: number): void {
    const topic = resolveTopic(packet, connection.aliases) ?? ''
    if (isSentinel(packet.payload)) return
    if (packet.qos > 0 && packet.id !== undefined) connection.unfinished.add(packet.id)
    const known = messages.find(topic, packet.payload)
    const asked = known?.publications.filter(one => one.tag !== undefined) ?? []
    if (asked.length === 0 && state.commanded.has(topic)) {
      state.unexpected.push({ clause: 'neverPublished', connection, seq, topic })
    }
    const record = messages.of(topic, packet.payload)
    if (
      asked.length > 0 &&
      asked.every(one => Math.min(one.qos, connection.maximumQos) !== packet.qos)
    ) {
      const wanted = asked[0]!.qos
      state.early.push({
        clause: 'qosNotAsAsked',
        connection,
        seq,
        record,
        wanted,
        got: packet.qos,
      })
    }
    const incoming = peer.incoming
    if (packet.qos === 0) for (const one of asked) one.outcome = 'acknowledged'
    const delivery = takePublish(incoming, record, packet, wire, seq, state.restarted)
    if (delivery) losable.remember(seq, { kind: 'delivered', incoming, delivery })
  }

  /** The client has taken a message over: its application has to get it, if it asked for such messages. */
  function oweToApp(peer: Peer, record: MessageRecord, publication: Publication): void {
    const wanted = [...peer.filters].some(text => matches(parseFilter(text, true), record.topic))
    if (!wanted) return
    const known = record.owedDeliveries.get(peer.client)
    record.owedDeliveries.set(peer.client, {
      receiver: peer.client,
      incarnation: 0,
      times: (known?.times ?? 0) + 1,
      qos: publication.qos,
      overlapping: false,
      seq: publication.outcomeSeq,
      will: false,
      retained: false,
      queued: false,
      renewed: [],
      restarted: state.restarted,
    })
    state.unmet.add(record)
  }

  function onCommand({ actor, command, seq, at }: EventOf<'command'>): void {
    state.adapter = hearsApp
    if (command.do === 'stop' || command.do === 'disconnect') stopped.add(actor)
    if (command.do === 'connect') stopped.delete(actor)
    requests.asked(actor, command)
    if (command.do !== 'publish' || !command.ok) return
    const { topic, payload, qos, tag } = command
    if (topic === undefined || !payload || tag === undefined || isSentinel(payload)) return
    state.commanded.add(topic)
    const record = messages.of(topic, payload)
    const publication = newPublication({
      client: actor,
      actor,
      seq,
      at,
      qos: qos ?? 0,
      retain: false,
    })
    publication.tag = tag
    record.publications.push(publication)
    tags.set(`${actor} ${tag}`, { record, publication })
  }

  function onApp({ actor, event, seq }: EventOf<'app'>): void {
    state.adapter = hearsApp
    if (event.event === 'published') onTold(actor, event.tag, event, seq)
    const untrue = state.raw ? undefined : requests.toldTooSoon(actor, event, seq)
    if (untrue) state.tooSoon.push(untrue)
    if (event.event !== 'delivered' || isSentinel(event.payload)) return
    const record = messages.find(event.topic, event.payload)
    const sent = record?.publications.some(one => one.tag === undefined) ?? false
    if (!record || !sent) {
      if (state.raw || !state.sentTopics.has(event.topic)) return
      state.unexpected.push({ clause: 'neverPublished', actor, seq, topic: event.topic })
      return
    }
    const received = receivedBy(record, app)
    received.byQos[0] += 1
    received.seqs.push(seq)
    if (state.restarted) received.restarted = true
  }

  function onTold(
    actor: string,
    tag: string,
    event: { code?: number; error?: string },
    seq: number,
  ): void {
    state.reports = true
    const known = tags.get(`${actor} ${tag}`)
    // A failure may have been told too soon: what comes right after all is told again.
    if (!known || known.publication.told?.ok) return
    const ok = event.error === undefined && (event.code ?? 0) < 0x80
    const { record, publication } = known
    const connection = [...connections.values()].at(-1)
    // A broker of a lower Maximum QoS may get the message at that one [5.0:MQTT-3.2.2-11].
    const qos = Math.min(publication.qos, connection?.maximumQos ?? 2)
    publication.told = { seq, ok }
    const through = state.complete.get(record.key)
    const told = record.publications.filter(one => one.told?.ok).length
    if (!ok || qos === 0) return
    if (through && through.done >= told) return
    const refused = through !== undefined && through.refused > 0
    state.early.push({
      clause: refused ? 'toldThoughRefused' : qos === 1 ? 'toldTooEarlyQos1' : 'toldTooEarlyQos2',
      connection,
      seq,
      record,
      wanted: qos,
      got: 0,
      ...(lostWithSession.has(record) ? { disputed: true as const } : {}),
    })
  }

  function onFault({ connection: number, fault }: EventOf<'fault'>): void {
    if (fault.kind === 'lose') undo(losable.takeBack(fault.seq))
    const connection = number === undefined ? undefined : connections.get(number)
    if (connection && (fault.kind === 'stall' || fault.kind === 'resume')) {
      connection.stalled = fault.kind === 'stall'
    }
  }

  return {
    observe,
    owed: () => owedByClient(state, stopped),
    judge: () => judgeClient(state, stopped),
    messages: () => [...messages.all()],
    settled: payload => messages.foldedPayload(payload),
  }
}

function createConnection(number: number, actor: string, version: Version): ClientConnection {
  return {
    number,
    actor,
    version,
    peer: undefined,
    clean: true,
    accepted: false,
    stalled: false,
    maximumQos: 2,
    unfinished: new Set(),
    aliases: new Map(),
    ourAliases: new Map(),
  }
}

function createPeer(client: string): Peer {
  return { client, outgoing: createOutgoing(), incoming: createIncoming(), filters: new Set() }
}
