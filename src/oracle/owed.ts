import type { Breach, StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet.ts'
import { type ClauseName, cite, type TargetRole } from '../standard/clauses.ts'
import { possible, settle } from './referee/exchange.ts'
import type { Connection, Exchange } from './referee/state.ts'
import { breachOf } from './ruling.ts'

/** Something the target still has to do on an open connection. */
export type Owed = {
  connection: number
  actor: string
  /** What has to come; DISCONNECT stands for closing the connection. */
  packet: PacketType
  id?: number
  statement: StatementRef
  /** `seq` of the event that asks for it. */
  since: number
  text: string
  /** What comes behind it has come: by the order that the standard demands it will not come any more. */
  overtaken?: true
}

type OwedPacket = {
  connection: Connection
  packet: PacketType
  id: number
  clause: ClauseName
  seq: number
  text: string
  /** What is said where it never came, unless it is a packet that was not sent. */
  never?: string
  onlyAdvised: boolean
  should: boolean
  restarted: boolean
  overtaken?: boolean
}

/** Debts that are worth waiting for. Silence on an unknown PUBREC is not. */
export function* owedOf(target: TargetRole, connections: Iterable<Connection>): Iterable<Owed> {
  for (const one of owedPackets(connections)) {
    if (one.onlyAdvised) continue
    yield {
      connection: one.connection.number,
      actor: one.connection.actor,
      packet: one.packet,
      ...(one.id === 0 ? {} : { id: one.id }),
      statement: cite(one.clause, one.connection.version, target),
      since: one.seq,
      text: one.text,
      ...(one.overtaken ? { overtaken: true } : {}),
    }
  }
}

/** The same owedPackets, unpaid at the end. Advised ones only where a fence closed behind them. */
export function overdueOf(
  target: TargetRole,
  connections: Iterable<Connection>,
  fencedAt: (actor: string) => number,
): Breach[] {
  return [...owedPackets(connections)]
    .filter(one => !one.onlyAdvised || fencedAt(one.connection.actor) > one.seq)
    .map(one =>
      breachOf('referee', { target, seq: one.seq }, one.connection.version, one.clause, {
        message: one.never ?? `The target never sent ${one.text}`,
        expected: one.text,
        got: 'nothing',
        absent: true,
        ...(one.onlyAdvised || one.should ? { level: 'SHOULD' as const } : {}),
        about: one.restarted ? 'durability' : undefined,
      }),
    )
}

/** One after the other: mostly somebody only wants to know if there is any. */
function* owedPackets(connections: Iterable<Connection>): Iterable<OwedPacket> {
  for (const connection of connections) {
    if (connection.ended || connection.stalled) continue
    if (connection.owedClose) yield closing(connection)
    if (connection.weDisconnected || connection.theyDisconnected || connection.opaque) continue
    if (connection.superseded || connection.phase === 'refused') continue
    for (const due of connection.owedAnswers) {
      yield { ...due, connection, should: false, restarted: false }
    }
    if (connection.phase === 'accepted' && !connection.owedClose) yield* resends(connection)
  }
}

function closing(connection: Connection): OwedPacket {
  const { seq, clause, which } = connection.owedClose!
  return {
    connection,
    packet: 'DISCONNECT',
    id: 0,
    clause,
    seq,
    text: `the end of ${which}`,
    never: `The target never closed ${which}`,
    onlyAdvised: false,
    should: connection.version === '3.1',
    restarted: false,
  }
}

/**
 * Resends of a resumed session. PUBREL is never held back. A PUBLISH may be, by a window smaller than we know, as long
 * as anything that was sent here waits for us; and it may lawfully vanish where it has grown too large.
 */
function resends(connection: Connection): OwedPacket[] {
  const { resume, inFlight } = connection
  if (!resume.known) return []
  const pubrels = [...resume.pubrels.values()]
  const publishes = [...resume.publishes.values()]
  for (const exchange of resume.open.values()) {
    // What came since may have settled where it stands. What may be over is owed no resend.
    settle(exchange)
    const phases = possible(exchange)
    if (phases.has('free')) continue
    if (phases.has('publish')) publishes.push(exchange)
    else pubrels.push(exchange)
  }
  const busy = inFlight.size > 0 || resume.unanswered.size > 0
  const fitting = publishes.filter(
    exchange => !busy && exchange.sizeBytes <= connection.limits.maximumPacketSize,
  )
  return [
    ...pubrels.map(exchange => resendOf(connection, exchange, 'PUBREL')),
    ...fitting.map(exchange => resendOf(connection, exchange, 'PUBLISH')),
  ]
}

function resendOf(
  connection: Connection,
  exchange: Exchange,
  packet: 'PUBLISH' | 'PUBREL',
): OwedPacket {
  const either = packet === 'PUBLISH' && possible(exchange).has('pubrel') ? ' or PUBREL' : ''
  return {
    connection,
    packet,
    id: exchange.id,
    clause: 'resendOwed',
    seq: connection.resume.seq,
    text: `${packet}${either} id ${exchange.id} again`,
    onlyAdvised: false,
    should: connection.version === '3.1',
    restarted: exchange.restarted,
  }
}

/** Something is owed, and nothing of it can still come. */
export function isOvertaken(owed: Iterable<Owed>): boolean {
  let any = false
  for (const { overtaken } of owed) {
    if (!overtaken) return false
    any = true
  }
  return any
}

/** Asks for the first only. */
export function isNothing(owed: Iterable<Owed>): boolean {
  return owed[Symbol.iterator]().next().done === true
}
