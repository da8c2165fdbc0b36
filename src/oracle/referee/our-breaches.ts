import type { Packet, PacketType } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import type { Connection } from './state.ts'

/**
 * How far a packet of ours breaks the protocol by itself. `malformed`: the target has to close, and owes nothing any more.
 * `excuses`: it may close. What needs the history (ids in use, stray acknowledgements, overrun) is noted where that is kept.
 */
export function breaksRules(
  connection: Connection,
  target: TargetRole,
  packet: Packet,
  bytes: Uint8Array,
): 'malformed' | 'excuses' | undefined {
  if (wrongFlags(packet, bytes)) return 'malformed'
  const role = target === 'broker' ? 'client' : 'broker'
  if (!directionAllows(role, connection.version, packet.type)) return 'malformed'
  if (connection.weDisconnected) return 'excuses'
  if (connection.phase === 'open' && packet.type !== 'CONNECT') return 'malformed'
  if (tooLarge(connection, bytes)) return 'malformed'
  switch (packet.type) {
    case 'PUBLISH':
      return wrongPublish(connection, packet)
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
    case 'UNSUBSCRIBE':
      return packet.id === 0 ? 'malformed' : undefined
    case 'SUBSCRIBE': {
      const bad = packet.id === 0 || packet.subscriptions.length === 0
      return bad || packet.subscriptions.some(one => one.qos > 2 || one.filter === '')
        ? 'malformed'
        : undefined
    }
    default:
      return undefined
  }
}

function wrongPublish(
  connection: Connection,
  packet: Packet & { type: 'PUBLISH' },
): 'malformed' | undefined {
  const { qos, id, topic, dup, properties } = packet
  const { ourLimits, ourAliases, version } = connection
  const alias = version === '5.0' ? properties.topicAlias : undefined
  const badAlias =
    typeof alias === 'number' &&
    (alias === 0 || alias > ourLimits.topicAliasMaximum || (topic === '' && !ourAliases.has(alias)))
  const wrong =
    qos > 2 ||
    (qos > 0 && !id) ||
    (qos === 0 && dup) ||
    (topic === '' && alias === undefined) ||
    badAlias ||
    /[#+\0]/.test(topic) ||
    (version === '5.0' &&
      (qos > ourLimits.maximumQos || (packet.retain && !ourLimits.retainAvailable)))
  return wrong ? 'malformed' : undefined
}

function tooLarge({ version, ourLimits }: Connection, bytes: Uint8Array): boolean {
  return version === '5.0' && bytes.length > ourLimits.maximumPacketSize
}

/** The low nibble of the first byte. Source: 5.0 §2.1.3. */
function wrongFlags(packet: Packet, bytes: Uint8Array): boolean {
  if (packet.type === 'PUBLISH' || bytes.length === 0) return false
  const wanted = wantedFlags.has(packet.type) ? 2 : 0
  return ((bytes[0] ?? 0) & 0x0f) !== wanted
}

const wantedFlags = new Set<PacketType>(['PUBREL', 'SUBSCRIBE', 'UNSUBSCRIBE'])

const fromClient = new Set<PacketType>([
  'CONNECT',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'PINGREQ',
  'DISCONNECT',
])

const fromBroker = new Set<PacketType>([
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBACK',
  'UNSUBACK',
  'PINGRESP',
])

/** Which side may send which packet. Source: 3.1.1 §2.2.1, 5.0 §2.1.2. */
export function directionAllows(sender: TargetRole, version: Version, type: PacketType): boolean {
  if (version === '5.0' && (type === 'AUTH' || type === 'DISCONNECT')) return true
  return (sender === 'client' ? fromClient : fromBroker).has(type)
}
