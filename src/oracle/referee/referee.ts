import type { Breach } from '../../model/finding.ts'
import type { Ack, Packet } from '../../model/packet.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { contentKey, resolveTopic } from '../ledger/content.ts'
import { createLostPackets } from '../ledger/lost-packets.ts'
import { createPublications } from '../ledger/publications.ts'
import { type Owed, overdueOf, owedOf } from '../owed.ts'
import { createRuling, drain, say } from '../ruling.ts'
import { addOwed, clearOwed } from './answers.ts'
import { beforeAuthenticated, onAuth } from './authentication.ts'
import { createConnection, nextMark } from './connection.ts'
import { heldBytes } from './held.ts'
import { onClose, onConnack, onConnect, onDisconnect, type Sessions } from './lifecycle.ts'
import { checkProblemInformation, checkPublish, checkSize, checkSubscribe } from './limits.ts'
import { breaksRules, directionAllows } from './our-breaches.ts'
import { onAnswer, onOurPublish, onOurPubrel, onPingresp, onSuback } from './receiver.ts'
import {
  loseOurAck,
  onOurAck,
  onPublish,
  onPubrel,
  onSubscribing,
  publishTakesSubscribeId,
} from './sender.ts'
import { loosenSession } from './session.ts'
import type { Connection, Mark, Session } from './state.ts'

/** Watches every connection of one case, asked or not. */
export type Referee = {
  /** Breaches that this event makes certain. */
  observe(event: TraceEvent): Breach[]
  /** What the target still has to send on open connections, found as it is asked for. */
  owed(): Iterable<Owed>
  /** The same as breaches, for when nobody waits any longer. */
  overdue(): Breach[]
  /** The other side broke a rule on that connection: closing it is no wrong answer any more. */
  excuse(connection: number): void
  /** About how much memory what is under way takes. */
  heldBytes(): number
}

export type { Owed } from '../owed.ts'

/** @param options.losableMax So many packets back one may turn out to be lost. */
export function createReferee({
  target,
  losableMax,
}: {
  target: TargetRole
  version: Version
  losableMax?: number | undefined
}): Referee {
  const ruling = createRuling(target)
  const connections = new Map<number, Connection>()
  const sessions: Sessions = new Map()
  const publications = createPublications()
  /** By client id, the last connection that we ended between CONNECT and CONNACK. */
  const lateConnects = new Map<string, number>()
  const fences = new Map<string, number>()
  /** Acknowledgements that the judged side may still turn out to have lost: it has not read those, whatever it answered behind them. */
  const losable = createLostPackets<Parameters<typeof loseOurAck>>(losableMax)
  /** The target is being stopped, or the application told it to leave: closing needs no reason. */
  let leaving = false

  function observe(event: TraceEvent): Breach[] {
    ruling.seq = event.seq
    ruling.at = event.at
    take(event)
    return drain(ruling)
  }

  function take(event: TraceEvent): void {
    switch (event.kind) {
      case 'open':
        connections.set(
          event.connection,
          createConnection(event.connection, event.actor, event.version, event.seq),
        )
        return
      case 'packet':
        onPacket(event)
        return
      case 'bytes':
        onBytes(event)
        return
      case 'close':
        onEnd(event)
        return
      case 'fault':
        onFault(event)
        return
      case 'restart':
        onRestart(event)
        return
      case 'command':
        onCommand(event)
        return
      case 'fence':
        for (const actor of event.actors) fences.set(actor, event.seq)
        return
      case 'app':
      case 'step':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
    event satisfies never
  }

  function onPacket({ connection: number, from, packet, bytes }: EventOf<'packet'>): void {
    const connection = connections.get(number)
    if (!connection || connection.ended) return
    if (from === 'harness') ours(connection, packet, nextMark(connection), bytes)
    else theirs(connection, packet, bytes.length)
  }

  function ours(connection: Connection, packet: Packet, mark: Mark, bytes: Uint8Array): void {
    const wrong = breaksRules(connection, target, packet, bytes)
    if (wrong === 'excuses') connection.excused = true
    if (wrong === 'malformed') {
      connection.excused = true
      connection.opaque = true
      clearOwed(connection.owedAnswers)
      return
    }
    if (packet.type === 'CONNECT') {
      onConnect(ruling, connection, sessions, packet, mark)
      return
    }
    if (packet.type === 'CONNACK') {
      onConnack(ruling, connection, sessions, packet, mark)
      return
    }
    const { session } = connection
    if (!session) return
    if (connection.weDisconnected) return
    switch (packet.type) {
      case 'PUBLISH': {
        const topic = resolveTopic(packet, connection.ourAliases) ?? ''
        if (target === 'broker') publications.note(contentKey(topic, packet.payload), ruling.seq)
        if (packet.qos === 0 || packet.id === undefined) return
        onOurPublish(ruling, connection, session, { ...packet, id: packet.id }, topic, mark)
        return
      }
      case 'PUBREL':
        onOurPubrel(ruling, connection, session, packet.id, mark)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        ourAck(connection, session, packet, mark)
        return
      case 'SUBACK':
      case 'UNSUBACK':
        session.subscribing.delete(packet.id)
        return
      case 'SUBSCRIBE':
        asks(connection, packet.id, 'SUBACK', 'subackOwed', mark, packet.subscriptions.length)
        return
      case 'UNSUBSCRIBE':
        asks(connection, packet.id, 'UNSUBACK', 'unsubackOwed', mark, packet.filters.length)
        return
      case 'PINGREQ':
        asks(connection, 0, 'PINGRESP', 'pingrespOwed', mark)
        return
      case 'DISCONNECT':
        onDisconnect(ruling, connection, packet, mark)
        return
      case 'PINGRESP':
      case 'AUTH':
        return
    }
  }

  function ourAck(connection: Connection, session: Session, packet: Ack, mark: Mark): void {
    const exchange = session.open.get(packet.id)
    onOurAck(ruling, connection, session, packet, mark)
    if (exchange) losable.remember(ruling.seq, [session, exchange, packet, mark])
  }

  function asks(
    connection: Connection,
    id: number,
    packet: 'SUBACK' | 'UNSUBACK' | 'PINGRESP',
    clause: 'subackOwed' | 'unsubackOwed' | 'pingrespOwed',
    mark: Mark,
    codes?: number,
  ): void {
    const text = id === 0 ? packet : `${packet} id ${id}`
    const answer = { packet, id, clause, seq: ruling.seq, mark, text, onlyAdvised: false } as const
    addOwed(connection.owedAnswers, {
      ...answer,
      closing: 'may',
      ...(codes === undefined ? {} : { codes }),
    })
  }

  function theirs(connection: Connection, packet: Packet, sizeBytes: number): void {
    if (afterDisconnect(connection, packet)) return
    if (!directionAllows(target, connection.version, packet.type)) {
      say(ruling, connection.version, 'wrongDirection', {
        message: `The target sent ${packet.type}: a packet that only the other side may send`,
        expected: `no ${packet.type} from a ${target}`,
        got: packet.type,
      })
      return
    }
    if (packet.type !== 'AUTH') checkSize(ruling, connection, packet, sizeBytes)
    checkProblemInformation(ruling, connection, packet)
    if (packet.type === 'CONNECT') {
      onConnect(ruling, connection, sessions, packet, undefined)
      return
    }
    if (packet.type === 'CONNACK') {
      onConnack(ruling, connection, sessions, packet, undefined)
      return
    }
    if (packet.type === 'DISCONNECT') {
      onDisconnect(ruling, connection, packet, undefined)
      return
    }
    if (tooEarly(connection, packet)) return
    beforeAuthenticated(ruling, connection, packet)
    const { session } = connection
    if (!session) return
    if (connection.phase === 'connecting') connection.pipelined = true
    if (packet.type === 'PUBLISH') checkPublish(ruling, connection, packet)
    // What crossed with a takeover is judged by nothing but its form.
    if (connection.superseded) return
    switch (packet.type) {
      case 'PUBLISH':
        published(connection, session, packet, sizeBytes)
        return
      case 'PUBREL':
        onPubrel(ruling, connection, session, packet)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        onAnswer(ruling, connection, session, packet)
        return
      case 'SUBACK':
      case 'UNSUBACK':
        onSuback(ruling, connection, packet)
        return
      case 'PINGRESP':
        onPingresp(ruling, connection)
        return
      case 'SUBSCRIBE':
      case 'UNSUBSCRIBE':
        if (packet.type === 'SUBSCRIBE') checkSubscribe(ruling, connection, packet)
        onSubscribing(ruling, connection, session, packet.type, packet.id)
        return
      case 'AUTH':
        onAuth(ruling, connection, packet, sizeBytes)
        return
      case 'PINGREQ':
        return
    }
  }

  function published(
    connection: Connection,
    session: Session,
    packet: Packet & { type: 'PUBLISH' },
    sizeBytes: number,
  ): void {
    const named = resolveTopic(packet, connection.aliases)
    // An alias that nobody knows is one breach; it should not look like another message too.
    const topic = named ?? session.open.get(packet.id ?? 0)?.topic ?? ''
    if (packet.qos === 0) {
      if (!packet.dup) return
      say(ruling, connection.version, 'dupAtQos0', {
        message: 'A QoS 0 PUBLISH has DUP 1',
        expected: 'DUP 0',
        got: 'DUP 1',
      })
      return
    }
    // Id 0, or none, is the audit's finding.
    if (!packet.id) return
    publishTakesSubscribeId(ruling, connection, session, packet.id)
    const withId = { ...packet, id: packet.id }
    onPublish(ruling, connection, session, withId, topic, sizeBytes, publications)
  }

  function afterDisconnect(connection: Connection, packet: Packet): boolean {
    if (!connection.theyDisconnected) return false
    say(ruling, connection.version, 'afterDisconnect', {
      message: `${packet.type} came after DISCONNECT`,
      expected: 'nothing after DISCONNECT',
      got: packet.type,
    })
    return true
  }

  function tooEarly(connection: Connection, packet: Packet): boolean {
    const early =
      target === 'broker'
        ? connection.phase === 'open' || connection.phase === 'connecting'
        : connection.phase === 'open'
    if (!early || packet.type === 'AUTH') return false
    const first = target === 'broker' ? 'CONNACK' : 'CONNECT'
    say(ruling, connection.version, 'firstPacket', {
      message: `${packet.type} came before ${first}`,
      expected: `${first} first`,
      got: packet.type,
    })
    return true
  }

  function onBytes({ connection: number, from }: EventOf<'bytes'>): void {
    const connection = connections.get(number)
    if (!connection || from !== 'harness') return
    connection.excused = true
    connection.opaque = true
    clearOwed(connection.owedAnswers)
  }

  function onEnd(event: EventOf<'close'>): void {
    const connection = connections.get(event.connection)
    if (!connection || connection.ended) return
    const by = event.by === 'harness' ? 'harness' : 'target'
    onClose(ruling, connection, by, leaving || target === 'client' || isBeingTakenOver(connection))
    if (by === 'harness' && connection.phase === 'connecting') {
      lateConnects.set(connection.client ?? '', connection.number)
    }
    connections.delete(event.connection)
  }

  /** Another connection has sent CONNECT with the same client id: this one may go before CONNACK comes there. */
  function isBeingTakenOver({ number, client }: Connection): boolean {
    // Nothing orders what comes on different connections: a CONNECT that we left behind may be worked off only now.
    if ((lateConnects.get(client ?? '') ?? number) < number) return true
    return [...connections.values()].some(
      one => one.number !== number && one.phase === 'connecting' && one.client === client,
    )
  }

  function onFault({ connection: number, fault }: EventOf<'fault'>): void {
    if (fault.kind === 'restart') leaving = true
    const lost = fault.kind === 'lose' ? losable.takeBack(fault.seq) : undefined
    if (lost) loseOurAck(...lost)
    if (fault.kind !== 'stall' && fault.kind !== 'resume') return
    const connection = number === undefined ? undefined : connections.get(number)
    if (connection) connection.stalled = fault.kind === 'stall'
  }

  function onRestart({ phase }: EventOf<'restart'>): void {
    leaving = phase === 'down'
    if (phase === 'up') return
    for (const session of sessions.values()) {
      session.restarted = true
      for (const exchange of session.open.values()) exchange.restarted = true
      for (const exchange of session.ours.values()) exchange.restarted = true
      // A client may have lost its store with its process.
      if (target === 'client') loosenSession(session)
    }
  }

  function onCommand({ command }: EventOf<'command'>): void {
    if (target !== 'client' || command.do !== 'publish' || !command.ok) return
    if (command.topic === undefined || !command.payload) return
    publications.note(contentKey(command.topic, command.payload), ruling.seq)
  }

  function excuse(number: number): void {
    const connection = connections.get(number)
    if (connection) connection.excused = true
  }

  return {
    observe,
    excuse,
    heldBytes: () => heldBytes(connections.values(), sessions.values()),
    owed: () => owedOf(target, connections.values()),
    overdue: () => overdueOf(target, connections.values(), actor => fences.get(actor) ?? -1),
  }
}
