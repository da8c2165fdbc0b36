import { bodyStart } from '../../wire/codec/body-start.ts'
import { createFramer } from '../../wire/framing.ts'

/** Whether a PUBLISH or PUBREL among these bytes has the Packet Identifier 0, which none may have. */
export function asksUnderZero(bytes: Uint8Array): boolean {
  const frames = createFramer({ maxPacketBytes: bytes.length }).push(bytes)
  return frames.some(frame => frame.kind === 'packet' && idOf(frame.bytes) === 0)
}

function idOf(packet: Uint8Array): number | undefined {
  const type = packet[0]! >> 4
  const body = bodyStart(packet)
  if (type === 6) return two(packet, body)
  const isAcknowledged = type === 3 && (packet[0]! & 6) !== 0
  return isAcknowledged ? two(packet, body + 2 + (two(packet, body) ?? 0)) : undefined
}

function two(bytes: Uint8Array, at: number): number | undefined {
  const [high, low] = bytes.subarray(at, at + 2)
  return high === undefined || low === undefined ? undefined : high * 256 + low
}
