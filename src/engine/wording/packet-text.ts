import type { Packet } from '../../model/packet.ts'
import { describePacket } from '../../model/text/describe.ts'
import { namedCode } from '../../model/text/reason-names.ts'

/** A packet on one line, its codes by name: `PUBREC id 7 with 0x97 Quota exceeded`. */
export function packetText(packet: Packet): string {
  const text = describePacket(packet)
  if ('code' in packet) {
    if (packet.code === 0) return text
    const { type, code } = packet
    return text.replace(/code 0x[0-9a-f]{2}/, `with ${namedCode(type, code)}`)
  }
  if (packet.type === 'SUBACK' || packet.type === 'UNSUBACK') {
    const { type, id, codes } = packet
    if (codes.length === 0) return `${type} id ${id}`
    return `${type} id ${id} with ${codes.map(code => namedCode(type, code)).join(', ')}`
  }
  return text
}

/** A packet by what it is called, no more: `PUBLISH id 7 "once"`, `CONNACK`. */
export function packetName(packet: Packet): string {
  const id = 'id' in packet && packet.id !== undefined ? ` id ${packet.id}` : ''
  if (packet.type !== 'PUBLISH') return `${packet.type}${id}`
  const shown = describePacket({ ...packet, properties: {} })
  const payload = shown.slice(shown.indexOf(packet.topic) + packet.topic.length)
  return `PUBLISH${id}${payload}`
}
