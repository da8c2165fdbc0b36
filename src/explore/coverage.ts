import type { Packet } from '../model/packet.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'
import type { EdgeName } from './edges.ts'

export type { EdgeName } from './edges.ts'

/**
 * Follows where the target stands with every id and says which edges of the state machines it took. What we sent counts when an
 * answer proves that it was read, so a packet that died with a connection reaches nothing.
 */
export type Coverage = {
  observe(event: TraceEvent): void
  /** Edges since the last call, each once. */
  take(): Set<EdgeName>
  /** `sender S1`, where the exchange of this id at this connection stands; empty for none. */
  stateOf(connection: number, id: number | undefined): string
}

/** One session: the target's exchanges as sender and as receiver, by id. */
type Session = {
  sending: Map<number, { qos: number; state: 'S1' | 'S2' | 'A1'; on: number }>
  held: Set<number>
  /** Our PUBLISHes that wait for an answer, with their DUP. */
  asked: Map<number, boolean>
}

export function createCoverage(): Coverage {
  const sessions = new Map<string, Session>()
  const connections = new Map<number, { client: string; clean: boolean; targetDials: boolean }>()
  let taken = new Set<EdgeName>()
  const take = (edge: EdgeName) => void taken.add(edge)

  function sessionOf(connection: number): Session | undefined {
    const client = connections.get(connection)?.client
    return client === undefined ? undefined : sessions.get(client)
  }

  function observe(event: TraceEvent): void {
    switch (event.kind) {
      case 'open':
        connections.set(event.connection, {
          client: '',
          clean: false,
          targetDials: event.by === 'target',
        })
        return
      case 'packet':
        onPacket(event)
        return
      case 'close':
        onClose(event.connection)
        return
      case 'bytes':
      case 'fault':
      case 'restart':
      case 'command':
      case 'app':
      case 'step':
      case 'fence':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
    event satisfies never
  }

  function onPacket({ connection, from, packet }: EventOf<'packet'>): void {
    const line = connections.get(connection)
    if (!line) return
    if (packet.type === 'CONNECT') {
      line.client = packet.clientId
      line.clean = packet.clean
      if (!sessions.has(packet.clientId)) sessions.set(packet.clientId, emptySession())
      return
    }
    const session = sessionOf(connection)
    if (!session) return
    if (packet.type === 'CONNACK') {
      if (packet.code === 0 && (line.clean || !packet.sessionPresent)) forget(session)
      return
    }
    if (from === 'harness') ours(session, packet)
    else theirs(session, connection, packet)
  }

  function ours(session: Session, packet: Packet): void {
    switch (packet.type) {
      case 'PUBLISH':
        if (packet.id !== undefined && packet.qos > 0) session.asked.set(packet.id, packet.dup)
        return
      case 'PUBREC': {
        const sending = session.sending.get(packet.id)
        if (sending?.state !== 'S1' || packet.code < 0x80) return
        take('sender S1 refused')
        session.sending.delete(packet.id)
        return
      }
      case 'PUBACK':
        if (session.sending.get(packet.id)?.state !== 'A1') return
        take('sender A1 PUBACK')
        session.sending.delete(packet.id)
        return
      case 'PUBCOMP':
        if (session.sending.get(packet.id)?.state !== 'S2') return
        take('sender S2 PUBCOMP')
        session.sending.delete(packet.id)
        return
      default:
        return
    }
  }

  function theirs(session: Session, connection: number, packet: Packet): void {
    switch (packet.type) {
      case 'PUBLISH':
        if (packet.id !== undefined)
          published(session, connection, packet.id, packet.qos, packet.dup)
        return
      case 'PUBREL':
        released(session, connection, packet.id)
        return
      case 'PUBACK':
        take(session.asked.get(packet.id) ? 'receiver B0 DUP' : 'receiver B0 PUBLISH')
        session.asked.delete(packet.id)
        return
      case 'PUBREC':
        answered(session, packet.id, packet.code)
        return
      case 'PUBCOMP':
        take(session.held.delete(packet.id) ? 'receiver R1 PUBREL' : 'receiver R0 PUBREL')
        return
      default:
        return
    }
  }

  function published(
    session: Session,
    connection: number,
    id: number,
    qos: number,
    dup: boolean,
  ): void {
    const known = session.sending.get(id)
    if (known && dup) {
      take(
        known.state === 'S2'
          ? 'sender S2 PUBLISH'
          : known.state === 'S1'
            ? 'sender S1 resumed'
            : 'sender A1 resumed',
      )
      known.on = connection
      return
    }
    if (qos === 0) return
    take(qos === 2 ? 'sender S0 PUBLISH' : 'sender A0 PUBLISH')
    session.sending.set(id, { qos, state: qos === 2 ? 'S1' : 'A1', on: connection })
  }

  function released(session: Session, connection: number, id: number): void {
    const known = session.sending.get(id)
    if (!known) return
    if (known.state === 'S1') take('sender S1 PUBREC')
    else if (known.on !== connection) take('sender S2 resumed')
    known.state = 'S2'
    known.on = connection
  }

  function answered(session: Session, id: number, code: number): void {
    const dup = session.asked.get(id) ?? false
    session.asked.delete(id)
    if (code >= 0x80) take('receiver R0 refused')
    else if (session.held.has(id)) take('receiver R1 PUBLISH')
    else {
      take(dup ? 'receiver R0 DUP' : 'receiver R0 PUBLISH')
      session.held.add(id)
    }
  }

  function onClose(connection: number): void {
    const session = sessionOf(connection)
    connections.delete(connection)
    if (!session) return
    if (session.held.size > 0) take('receiver R1 lost')
    for (const { state } of session.sending.values()) {
      take(state === 'S1' ? 'sender S1 lost' : state === 'S2' ? 'sender S2 lost' : 'sender A1 lost')
    }
    session.asked.clear()
  }

  function forget(session: Session): void {
    if (session.held.size > 0) take('receiver R1 session lost')
    for (const { state } of session.sending.values()) {
      take(
        state === 'S1'
          ? 'sender S1 session lost'
          : state === 'S2'
            ? 'sender S2 session lost'
            : 'sender A1 session lost',
      )
    }
    session.held.clear()
    session.sending.clear()
    session.asked.clear()
  }

  return {
    observe,
    take: () => {
      const all = taken
      taken = new Set()
      return all
    },
    stateOf: (connection, id) => {
      const session = sessionOf(connection)
      if (!session || id === undefined) return ''
      const sending = session.sending.get(id)
      if (sending) return `sender ${sending.state}`
      return session.held.has(id) ? 'receiver R1' : ''
    },
  }
}

function emptySession(): Session {
  return { sending: new Map(), held: new Set(), asked: new Map() }
}
