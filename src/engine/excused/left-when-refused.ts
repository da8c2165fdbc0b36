import type { Packet } from '../../model/packet.ts'
import type { TraceEvent } from '../../model/trace.ts'

/**
 * Whether a client had nothing more to say on a connection once we refused a message or a subscription there, or said that we do not know its exchange. No statement forbids it to
 * leave then: what it owed on that connection is owed no longer.
 */
export function leftWhenRefused(events: readonly TraceEvent[], connection: number): boolean {
  let refused = false
  for (const event of events) {
    if (event.kind !== 'packet' || event.connection !== connection) continue
    if (event.from === 'harness') refused ||= refuses(event.packet)
    else refused &&= saysNothing(event.packet)
  }
  return refused
}

function refuses(packet: Packet): boolean {
  switch (packet.type) {
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      return packet.code >= 0x80
    case 'SUBACK':
    case 'UNSUBACK':
      return packet.codes.some(code => code >= 0x80)
    default:
      return false
  }
}

/** It belongs to leaving, or is sent whatever came. */
function saysNothing({ type }: Packet): boolean {
  return type === 'DISCONNECT' || type === 'PINGREQ'
}
