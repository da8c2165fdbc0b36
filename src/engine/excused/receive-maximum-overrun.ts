import type { TraceEvent } from '../../model/trace.ts'

/**
 * The Receive Maximum of a target that ended a connection with 0x93 because the scenario itself sent more than it takes at a time.
 * Such a scenario asks too much of this target; it says nothing about it. Undefined where no such thing happened.
 * Source: 5.0 §3.3.4, §4.9.
 */
export function overrunLimit(events: readonly TraceEvent[]): number | undefined {
  const connections = new Map<number, { limit: number; ids: Set<number>; overran: boolean }>()
  for (const event of events) {
    if (event.kind !== 'packet') continue
    const { packet, from, connection } = event
    const known = connections.get(connection) ?? { limit: 65_535, ids: new Set(), overran: false }
    connections.set(connection, known)
    if (from === 'harness') {
      if (packet.type === 'PUBLISH' && packet.qos > 0) known.ids.add(packet.id ?? 0)
      if (known.ids.size > known.limit) known.overran = true
    } else if (packet.type === 'CONNACK') {
      known.limit = Number(packet.properties.receiveMaximum ?? 65_535)
    } else if (packet.type === 'DISCONNECT') {
      if (packet.code === 0x93 && known.overran) return known.limit
    } else if (packet.type === 'PUBACK' || packet.type === 'PUBCOMP') {
      known.ids.delete(packet.id)
    } else if (packet.type === 'PUBREC' && packet.code >= 0x80) {
      known.ids.delete(packet.id)
    }
  }
  return undefined
}
