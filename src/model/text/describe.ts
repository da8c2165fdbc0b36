import type { Packet, Properties, PropertyValue, Publish } from '../packet.ts'
import { hexByte, toHex } from './hex.ts'

/** A packet on one line, its type first: `PUBLISH id 7 QoS 2 DUP a/b "once"`. Text from the peer is not made safe here. */
export function describePacket(packet: Packet): string {
  return [packet.type, ...fieldsOf(packet), ...propertyWords(packet)]
    .filter(word => word !== '')
    .join(' ')
}

/** Up to 32 bytes of a payload: as quoted text where it is UTF-8, else as hex; with its size where more was there. */
export function describePayload(payload: Uint8Array): string {
  const head = payload.subarray(0, 32)
  const size = payload.length > head.length ? `... (${payload.length} bytes)` : ''
  return `${quoted(head, size !== '') ?? `hex ${toHex(head)}`}${size}`
}

function fieldsOf(packet: Packet): string[] {
  switch (packet.type) {
    case 'CONNECT':
      return [
        JSON.stringify(packet.clientId),
        `${packet.protocolLevel === 5 ? 'clean start' : 'clean session'} ${packet.clean ? 1 : 0}`,
        `keep alive ${packet.keepAliveS} s`,
        packet.will === undefined ? '' : `will ${packet.will.topic}`,
      ]
    case 'CONNACK':
      return [`session present ${packet.sessionPresent ? 1 : 0}`, codeWord(packet.code)]
    case 'PUBLISH':
      return publishFields(packet)
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      return [`id ${packet.id}`, codeWord(packet.code)]
    case 'SUBSCRIBE':
      return [
        `id ${packet.id}`,
        packet.subscriptions.map(s => `${s.filter} QoS ${s.qos}`).join(', '),
      ]
    case 'UNSUBSCRIBE':
      return [`id ${packet.id}`, packet.filters.join(', ')]
    case 'SUBACK':
    case 'UNSUBACK':
      return [`id ${packet.id}`, packet.codes.map(hexByte).join(' ')]
    case 'PINGREQ':
    case 'PINGRESP':
      return []
    case 'DISCONNECT':
    case 'AUTH':
      return [codeWord(packet.code)]
  }
}

function publishFields({ id, qos, dup, retain, topic, payload }: Publish): string[] {
  return [
    id === undefined ? '' : `id ${id}`,
    `QoS ${qos}`,
    dup ? 'DUP' : '',
    retain ? 'retain' : '',
    topic === '' ? '""' : topic.length > 60 ? `${topic.slice(0, 60)}...` : topic,
    describePayload(payload),
  ]
}

/** Code 0 is success everywhere and says nothing. */
function codeWord(code: number): string {
  return code === 0 ? '' : `code ${hexByte(code)}`
}

function propertyWords(packet: Packet): string[] {
  const properties: Properties = 'properties' in packet ? packet.properties : {}
  return Object.entries(properties).map(([name, value]) => `${name}=${valueWord(value)}`)
}

function valueWord(value: PropertyValue): string {
  if (value instanceof Uint8Array) return describePayload(value)
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

/** `cut`: the bytes were cut anywhere, so a character may be broken off at the end. */
function quoted(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return JSON.stringify(decoder.decode(bytes, { stream: cut }))
  } catch {
    return undefined
  }
}
