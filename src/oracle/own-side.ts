import type { Breach, StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet.ts'
import type { Side } from '../model/side.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { type ClauseName, cite, type TargetRole } from '../standard/clauses.ts'
import { decode } from '../wire/codec.ts'
import { createFramer, type Framer } from '../wire/framing.ts'
import { readVarint } from '../wire/varint.ts'
import { createAudit } from './audit/audit.ts'
import { KeepAlive } from './keep-alive.ts'
import { createReferee } from './referee/referee.ts'
import { createRuling, drain } from './ruling.ts'
import { seenOf } from './sides.ts'

const none: readonly OwnBreach[] = Object.freeze([])

/** A rule that our own side broke. */
export type OwnBreach = Breach & {
  connection: number
  /** Whom we play on that connection. */
  as: TargetRole
  /** It is a limit that the other side told: nobody could know of it before. In words: `at most QoS 1 (Maximum QoS)`. */
  limit?: string
  /** What of ours broke it, where it was a whole packet. */
  packet?: PacketType
}

/** The same judges that judge the target, for what our fake client, broker and proxy send. */
export type OwnSide = {
  /** What this event breaks: all statements of one packet, the cause first. */
  observe(event: TraceEvent): readonly OwnBreach[]
  /** The first rule that we broke on a connection: from then on the other side may close it. */
  brokenOn(connection: number): OwnBreach | undefined
  /**
   * A packet went out behind raw bytes that are no whole one: whoever takes those for MQTT finds it inside of another, and answers nothing.
   */
  hidPacketsOn(connection: number): boolean
}

export function createOwnSide({
  target,
  version,
}: {
  target: TargetRole
  version: Version
}): OwnSide {
  const byRole = { client: judgesOf('client', version), broker: judgesOf('broker', version) }
  /** Whom we play on each connection. */
  const roles = new Map<number, TargetRole>()
  const versions = new Map<number, Version>()
  const broken = new Map<number, OwnBreach>()
  const rawBytes = new Map<number, Framer>()
  const hidden = new Set<number>()
  /** We sent there what cannot be read, and it was taken for CONNECT all the same. */
  const takenForConnect = new Set<number>()
  const keepAlive = new KeepAlive()
  const ruling = createRuling('client')

  function observe(event: TraceEvent): readonly OwnBreach[] {
    if (event.kind === 'open') {
      roles.set(event.connection, roleOn(event.leg, target))
      versions.set(event.connection, event.version)
    }
    if (!('connection' in event) || event.connection === undefined) return none
    const as = roles.get(event.connection)
    if (!as) return none
    const { connection } = event
    // That we end a connection is what networks do: no rule is broken by it.
    if (event.kind === 'close') {
      byRole[as](seenOf({ ...event, by: 'target' }, 'harness'))
      return silence(event, connection, as)
    }
    const late = silence(event, connection, as)
    noteStrayBytes(event, connection)
    noteAcceptance(event, connection)
    const found = isRaw(event)
      ? packetsIn(event, versions.get(connection) ?? version).flatMap(seen =>
          judge(seen, connection, as),
        )
      : judge(event, connection, as)
    return late.length === 0 ? found : [...late, ...found]
  }

  function judge(event: TraceEvent, connection: number, as: TargetRole): readonly OwnBreach[] {
    const found = byRole[as](seenOf(event, 'harness'))
    // Nothing, for nearly every packet of every case.
    if (found.length === 0) return none
    const packet = event.kind === 'packet' ? event.packet.type : undefined
    return found
      .filter(({ statement }) => !isExcused(statement, connection, as))
      .map(breach => ownBreach(breach, connection, as, packet))
  }

  /** What goes out behind an accepted connection does not come before CONNECT, whatever that looked like. */
  function noteAcceptance(event: TraceEvent, connection: number): void {
    if (event.kind !== 'packet' || event.from === 'harness') return
    const { packet } = event
    if (packet.type !== 'CONNACK' || packet.code !== 0 || !rawBytes.has(connection)) return
    takenForConnect.add(connection)
  }

  function isExcused(statement: StatementRef, connection: number, as: TargetRole): boolean {
    const spoken = versions.get(connection) ?? version
    return takenForConnect.has(connection) && statement === cite('firstPacket', spoken, as)
  }

  /** Bytes that are sent raw and are no whole packet may be for somebody in front of the target, such as a PROXY header. */
  function noteStrayBytes(event: TraceEvent, connection: number): void {
    if (!('from' in event) || event.from !== 'harness') return
    if (event.kind === 'bytes' && event.why === 'raw') {
      const framer = rawBytes.get(connection) ?? createFramer({ maxPacketBytes: 268_435_460 })
      rawBytes.set(connection, framer)
      framer.push(event.bytes)
    }
    const inside = event.kind === 'packet' && rawBytes.get(connection)?.rest()
    if (inside && inside.length > 0) hidden.add(connection)
  }

  function silence(event: TraceEvent, connection: number, as: TargetRole): readonly OwnBreach[] {
    if (as !== 'client') return none
    ruling.seq = event.seq
    keepAlive.observe(ruling, event, version)
    const found = drain(ruling)
    return found.length === 0 ? none : found.map(breach => ownBreach(breach, connection, as))
  }

  function ownBreach(
    breach: Breach,
    connection: number,
    as: TargetRole,
    packet?: PacketType,
  ): OwnBreach {
    const by = packet === undefined ? {} : { packet }
    return noted({ ...breach, connection, as, ...limitOf(breach, as), ...by })
  }

  function noted(breach: OwnBreach): OwnBreach {
    if (!broken.has(breach.connection)) broken.set(breach.connection, breach)
    return breach
  }

  return {
    observe,
    brokenOn: connection => broken.get(connection),
    hidPacketsOn: connection => hidden.has(connection),
  }
}

/** A proxy plays the broker to the client, and the client to the broker. */
function roleOn(leg: Side | undefined, target: TargetRole): TargetRole {
  if (leg !== undefined) return leg === 'client' ? 'broker' : 'client'
  return target === 'broker' ? 'client' : 'broker'
}

/** What is wrong with the form of a packet comes first: what the state machines say of it follows from that. */
function judgesOf(target: TargetRole, version: Version): (event: TraceEvent) => Breach[] {
  const audit = createAudit({ target })
  const referee = createReferee({ target, version })
  return event => {
    const malformed = audit.observe(event)
    // One that is malformed ends nothing: what we ask behind it is no breach of its own.
    if (malformed.length > 0 && event.kind === 'packet' && event.packet.type === 'DISCONNECT') {
      return [...malformed]
    }
    const broken = referee.observe(event)
    return malformed.length === 0 ? broken : [...malformed, ...broken]
  }
}

function isRaw(event: TraceEvent): event is EventOf<'bytes'> {
  return event.kind === 'bytes' && event.from === 'harness' && event.why === 'raw'
}

/** Bytes that we send on purpose are packets as others see them. */
function packetsIn(event: EventOf<'bytes'>, version: Version): TraceEvent[] {
  const frames = createFramer({ maxPacketBytes: event.bytes.length }).push(event.bytes)
  return frames.map(({ kind, bytes }) => {
    const packet = kind === 'packet' ? decode(bytes, version) : undefined
    if (packet) return packetEvent(event, packet, bytes)
    return { ...event, bytes: firstPacket(bytes), why: 'garbage' as const }
  })
}

/** What breaks the stream is judged by itself, without what was sent behind it. */
function firstPacket(bytes: Uint8Array): Uint8Array {
  const length = readVarint(bytes, 1)
  return length.kind === 'value' ? bytes.subarray(0, length.next + length.value) : bytes
}

function packetEvent(
  { seq, at, connection, actor, from }: EventOf<'bytes'>,
  packet: EventOf<'packet'>['packet'],
  bytes: Uint8Array,
): EventOf<'packet'> {
  return { seq, at, kind: 'packet', connection, actor, from, packet, bytes }
}

/**
 * What the other side may do once we broke that rule. It may close on what a statement forbids [3.1.1 4.8.0-1, 5.0 4.13]; on what is
 * only unusual it should not: an acknowledgement for an unknown identifier may be what is left of a recovery. For PUBREL 5.0 has an answer.
 */
export function reactionTo(breach: OwnBreach): 'may close' | 'should not close' | 'must not close' {
  if (breach.statement === cite('pubrelUnknown', '5.0', breach.as)) {
    return breach.packet === 'PUBREL' ? 'must not close' : 'should not close'
  }
  if (breach.statement === cite('pubrelUnknown', '3.1.1', breach.as)) return 'should not close'
  return breach.level === 'MUST' && breach.about !== 'dispute' ? 'may close' : 'should not close'
}

/**
 * What the other side breaks that closes where it should not: the rule for the packet that it met. That a sender answers each PUBREC by PUBREL
 * is what the letter says; whether a second one is an error that it may close for is disputed.
 */
export function owedInstead(
  { statement, as, packet }: OwnBreach,
  version: Version,
  by: TargetRole,
): StatementRef | undefined {
  const isStray = statement === cite('pubrelUnknown', version, as)
  if (isStray && (packet === 'PUBACK' || packet === 'PUBCOMP')) {
    return cite('closedOnStrayAck', version, by)
  }
  const unasked = cite('pubrecUnasked', version, by)
  return statement === unasked ? cite('pubrelOwed', version, by) : undefined
}

/** Rules that bind only because the other side told a limit. */
const limits = [
  'quota',
  'packetSize',
  'authReasonTooLong',
  'authUserPropertyTooLong',
  'aliasForbidden',
  'aliasTooHigh',
  'maximumQos',
  'retainUnavailable',
  'wildcardUnavailable',
  'sharedUnavailable',
  'subscriptionIdsUnavailable',
  'serverKeepAlive',
  'problemInformationUnasked',
] as const satisfies ClauseName[]

const limitStatements: { [role in TargetRole]: ReadonlySet<StatementRef> } = {
  client: new Set(limits.map(name => cite(name, '5.0', 'client'))),
  broker: new Set(limits.map(name => cite(name, '5.0', 'broker'))),
}

/** Whether a statement is broken only where the other side told a limit. */
export function isLimit(statement: StatementRef): boolean {
  return limitStatements.client.has(statement) || limitStatements.broker.has(statement)
}

function limitOf({ statement, expected }: Breach, as: TargetRole): { limit?: string } {
  return limitStatements[as].has(statement) ? { limit: expected } : {}
}
