import type { Breach, StatementRef } from '../model/finding.ts'
import type { Packet } from '../model/packet.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'
import { type Version, versions } from '../model/version.ts'
import { type ClauseName, cite, type TargetRole } from '../standard/clauses.ts'

/** Who sends; the client of a conversation that is watched stands where the harness does. */
type Sender = 'harness' | 'target'

type SessionPast = {
  /** It is older than what we have seen of it. */
  isOlder: boolean
  /** Ids under which each side began a message since. */
  begun: { [sender in Sender]: Set<number> }
}

/** What breaks these may have its reason in an exchange that nobody saw begin. */
const ofExchanges: readonly ClauseName[] = [
  'dupOnFirstQos1',
  'dupOnFirstQos2',
  'pubrelUnknown',
  'pubrelEarly',
  'ackUnknownId',
  'pubrecUnasked',
  'pubcompUnasked',
  'wrongAnswer',
  'stateForgotten',
  'repeatRefused',
  'oldSession',
  'idChanged',
  'orderPublish',
  'orderPubrel',
]

/** And these in a session that nobody saw begin. */
const ofSessions: readonly ClauseName[] = [
  'presentThoughNone',
  'absentThoughStored',
  'clientWithoutState',
  'expiredSessionKept',
]

/**
 * Keeps apart what began before we looked: sessions that were there already, and messages that were under way in them. What rests on
 * such a past is unknown and not wrong.
 */
export class Past {
  private readonly sessions = new Map<string, SessionPast>()
  /** By connection: whose session it has. */
  private readonly clients = new Map<number, string>()
  private readonly versions = new Map<number, Version>()
  /** Events of sessions that are older than our sight of them, and of exchanges in these. */
  private readonly inOlderSession = new Set<number>()
  private readonly inOlderExchange = new Set<number>()

  observe(event: TraceEvent): void {
    if (event.kind === 'open') this.versions.set(event.connection, event.version)
    if (event.kind === 'close') {
      this.clients.delete(event.connection)
      this.versions.delete(event.connection)
    }
    if (event.kind !== 'packet') return
    const { packet, connection, seq } = event
    if (packet.type === 'CONNECT') this.connects(event, packet)
    const client = this.clients.get(connection)
    const session = client === undefined ? undefined : this.sessions.get(client)
    if (!session) return
    if (packet.type === 'CONNACK') this.accepted(event, packet, session)
    if (session.isOlder) this.mark(event, packet, session, seq)
  }

  /** Whether a breach may have its reason in what nobody saw. */
  explains({ statement, judge, seq, absent }: Breach, judged: TargetRole): boolean {
    if (judge === 'audit') return false
    if (judge === 'ledger') return absent !== true && this.inOlderSession.has(seq)
    if (this.inOlderSession.has(seq) && statementsOf(ofSessions, judged).has(statement)) return true
    return this.inOlderExchange.has(seq) && statementsOf(ofExchanges, judged).has(statement)
  }

  /** From now on all sessions are older than what is remembered of them. */
  forget(): void {
    this.inOlderSession.clear()
    this.inOlderExchange.clear()
    for (const session of this.sessions.values()) {
      session.isOlder = true
      session.begun = { harness: new Set(), target: new Set() }
    }
    const connected = new Set(this.clients.values())
    for (const client of this.sessions.keys()) {
      if (!connected.has(client) && this.sessions.size > sessionsMax) this.sessions.delete(client)
    }
  }

  private connects({ connection }: EventOf<'packet'>, packet: Packet & { type: 'CONNECT' }): void {
    const client = packet.clientId || `#${connection}`
    this.clients.set(connection, client)
    const known = this.sessions.get(client)
    if (packet.clean) this.sessions.set(client, young())
    else if (!known) this.sessions.set(client, { ...young(), isOlder: true })
  }

  private accepted(
    { connection }: EventOf<'packet'>,
    packet: Packet & { type: 'CONNACK' },
    session: SessionPast,
  ): void {
    const protocol = this.versions.get(connection)
    const assigned = packet.properties.assignedClientIdentifier
    if (typeof assigned === 'string') {
      this.clients.set(connection, assigned)
      this.sessions.set(assigned, session)
    }
    // Before 5.0 a client may go on with what the broker has forgotten.
    const isNew = protocol === '5.0' && packet.code === 0 && !packet.sessionPresent
    if (isNew) Object.assign(session, young())
  }

  private mark(
    { from }: EventOf<'packet'>,
    packet: Packet,
    session: SessionPast,
    seq: number,
  ): void {
    this.inOlderSession.add(seq)
    const sender = from === 'harness' ? 'harness' : 'target'
    const other = sender === 'harness' ? 'target' : 'harness'
    switch (packet.type) {
      case 'PUBLISH':
        if (packet.id === undefined) return
        if (!packet.dup) session.begun[sender].add(packet.id)
        if (!session.begun[sender].has(packet.id)) this.inOlderExchange.add(seq)
        return
      case 'PUBREL':
        if (!session.begun[sender].has(packet.id)) this.inOlderExchange.add(seq)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        if (!session.begun[other].has(packet.id)) this.inOlderExchange.add(seq)
        return
      default:
        return
    }
  }
}

/** Of those who are away, so many are remembered. */
const sessionsMax = 10_000

function young(): SessionPast {
  return { isOlder: false, begun: { harness: new Set(), target: new Set() } }
}

const cited = new Map<string, ReadonlySet<StatementRef>>()

function statementsOf(
  clauses: readonly ClauseName[],
  judged: TargetRole,
): ReadonlySet<StatementRef> {
  const key = `${judged} ${clauses[0]}`
  const known = cited.get(key)
  if (known) return known
  const made = new Set(
    clauses.flatMap(clause => versions.map(version => cite(clause, version, judged))),
  )
  cited.set(key, made)
  return made
}
