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
  /** Made when somebody is played: a case against a broker has nobody who plays one. */
  const byRole: { [role in TargetRole]?: (event: TraceEvent) => Breach[] } = {}
  const connections = new Map<number, OwnConnection>()
  const keepAlive = new KeepAlive()
  const ruling = createRuling('client')

  function observe(event: TraceEvent): readonly OwnBreach[] {
    switch (event.kind) {
      case 'open': {
        const { connection, leg } = event
        const own = createOwnConnection(roleOn(leg, target), event.version)
        connections.set(connection, own)
        return judge(event, connection, own)
      }
      case 'packet':
      case 'bytes':
      case 'close':
      case 'fault': {
        const { connection } = event
        const own = connection === undefined ? undefined : connections.get(connection)
        return own ? onConnection(event, connection!, own) : none
      }
      case 'restart':
      case 'command':
      case 'app':
      case 'step':
      case 'fence':
      case 'wait':
      case 'finding':
      case 'note':
        return none
    }
  }

  function onConnection(
    event: EventOf<'packet' | 'bytes' | 'close' | 'fault'>,
    connection: number,
    own: OwnConnection,
  ): readonly OwnBreach[] {
    // That we end a connection is what networks do: no rule is broken by it.
    if (event.kind === 'close') {
      judgeOf(own.as)(seenOf({ ...event, by: 'target' }, 'harness'))
      return silence(event, connection, own.as)
    }
    const late = silence(event, connection, own.as)
    if (event.kind === 'packet') notePacket(event, own)
    if (event.kind === 'bytes') noteRaw(event, own)
    const found = isRaw(event)
      ? packetsIn(event, own.version).flatMap(seen => judge(seen, connection, own))
      : judge(event, connection, own)
    return late.length === 0 ? found : [...late, ...found]
  }

  function judge(event: TraceEvent, connection: number, own: OwnConnection): readonly OwnBreach[] {
    const found = judgeOf(own.as)(asSeen(event))
    // Nothing, for nearly every packet of every case.
    if (found.length === 0) return none
    const packet = event.kind === 'packet' ? event.packet.type : undefined
    return found
      .filter(({ statement }) => !isExcused(statement, own))
      .map(breach => ownBreach(breach, connection, own.as, packet))
  }

  function judgeOf(as: TargetRole): (event: TraceEvent) => Breach[] {
    byRole[as] ??= judgesOf(as, version)
    return byRole[as]
  }

  function isExcused(statement: StatementRef, own: OwnConnection): boolean {
    return own.takenForConnect && statement === cite('firstPacket', own.version, own.as)
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
    const own = connections.get(breach.connection)
    if (own) own.broken ??= breach
    return breach
  }

  return {
    observe,
    brokenOn: connection => connections.get(connection)?.broken,
    hidPacketsOn: connection => connections.get(connection)?.hidPackets ?? false,
  }
}

/** One connection of ours, from our side. */
type OwnConnection = {
  /** Whom we play there. */
  as: TargetRole
  version: Version
  /** The first rule that we broke there. */
  broken: OwnBreach | undefined
  /** What we sent there by hand, cut into packets; its rest is what is no whole one. */
  raw: Framer | undefined
  hidPackets: boolean
  /** We sent what cannot be read, and it was taken for CONNECT all the same. */
  takenForConnect: boolean
}

function createOwnConnection(as: TargetRole, version: Version): OwnConnection {
  return {
    as,
    version,
    broken: undefined,
    raw: undefined,
    hidPackets: false,
    takenForConnect: false,
  }
}

/** Bytes that are sent raw and are no whole packet may be for somebody in front of the target, such as a PROXY header. */
function noteRaw(event: EventOf<'bytes'>, own: OwnConnection): void {
  if (!isRaw(event)) return
  own.raw ??= createFramer({ maxPacketBytes: 268_435_460 })
  own.raw.push(event.bytes)
}

function notePacket({ from, packet }: EventOf<'packet'>, own: OwnConnection): void {
  if (!own.raw) return
  if (from === 'harness') {
    if (own.raw.rest().length > 0) own.hidPackets = true
  } else if (packet.type === 'CONNACK' && packet.code === 0) {
    // What goes out behind an accepted connection does not come before CONNECT, whatever that looked like.
    own.takenForConnect = true
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

/** As `seenOf` says it; a packet, of which there are most, by the fields that these judges read. */
function asSeen(event: TraceEvent): TraceEvent {
  if (event.kind !== 'packet') return seenOf(event, 'harness')
  const { seq, at, kind, connection, actor, packet, bytes } = event
  const from = event.from === 'harness' ? 'target' : 'harness'
  return { seq, at, kind, connection, actor, from, packet, bytes }
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
