import type { TraceEvent } from '../../model/trace.ts'

/**
 * Whether the end of a connection may be a takeover that comes late: before it, the same client sent CONNECT on a connection that we cut
 * before any CONNACK came. Nothing orders what comes on different connections, so that CONNECT may be worked off at any time after.
 */
export function mayBeTakenOverLate(events: readonly TraceEvent[], connection: number): boolean {
  const clients = new Map<number, string>()
  const waiting = new Set<number>()
  const late = new Set<string>()
  for (const event of events) {
    if (event.kind === 'packet' && event.packet.type === 'CONNECT' && event.from === 'harness') {
      if (event.connection === connection) return late.has(event.packet.clientId)
      clients.set(event.connection, event.packet.clientId)
      waiting.add(event.connection)
    }
    if (event.kind === 'packet' && event.packet.type === 'CONNACK') waiting.delete(event.connection)
    if (event.kind === 'close' && event.by === 'harness' && waiting.has(event.connection)) {
      late.add(clients.get(event.connection) ?? '')
    }
  }
  return false
}
