import type { TraceEvent } from '../../model/trace.ts'

/** So many exchanges every server in the field was seen to hold open for one client. */
const openMin = 16

/**
 * How many messages of ours were open on a connection when its server ended it, where they were many. In 3.1.1 a server cannot tell how many
 * it takes at a time, and one that cannot take another may close: [3.1.1:MQTT-4.8.0-2]. In 5.0 there is Receive Maximum for that.
 */
export function manyOpenAtTheEnd(
  events: readonly TraceEvent[],
  connection: number,
): number | undefined {
  const open = new Set<number>()
  for (const event of events) {
    if (!('connection' in event) || event.connection !== connection) continue
    if (event.kind === 'open' && event.version === '5.0') return undefined
    if (event.kind === 'close') return event.by === 'target' ? many(open.size) : undefined
    if (event.kind !== 'packet') continue
    const { packet, from } = event
    if (from === 'harness') {
      if (packet.type === 'PUBLISH' && packet.qos > 0 && packet.id) open.add(packet.id)
    } else if (packet.type === 'PUBACK' || packet.type === 'PUBCOMP') {
      open.delete(packet.id)
    }
  }
  return many(open.size)
}

function many(count: number): number | undefined {
  return count >= openMin ? count : undefined
}
