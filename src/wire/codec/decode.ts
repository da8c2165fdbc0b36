import type { Connect, Packet, Properties, Subscription } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import { readVarint } from '../varint.ts'
import { bodyStart } from './body-start.ts'
import { idOf, type Raw, readRaw, restored } from './mqtt-packet.ts'
import { readProperties } from './properties.ts'

/** Reads one whole packet; undefined where mqtt-packet refuses it. Never throws. */
export function decode(frame: Uint8Array, version: Version): Packet | undefined {
  const short = plainAck(frame)
  if (short) return short
  const read = readRaw(frame, version)
  return read && restored(toPacket(read.raw, read.bytes, version), frame, version)
}

/**
 * An acknowledgement of two bytes, the same in every version: most packets of a QoS 2 exchange, and nothing in them to get wrong.
 * Undefined for anything else.
 */
function plainAck(frame: Uint8Array): Packet | undefined {
  if (frame.length !== 4 || frame[1] !== 2) return undefined
  const type = typeOfAck(frame[0]!)
  return type && { type, id: (frame[2]! << 8) | frame[3]!, code: 0, properties: {} }
}

/** Of the first byte, with the flags that it must have. */
function typeOfAck(first: number): (typeof ackType)[keyof typeof ackType] | undefined {
  switch (first) {
    case 0x40:
      return 'PUBACK'
    case 0x50:
      return 'PUBREC'
    case 0x62:
      return 'PUBREL'
    case 0x70:
      return 'PUBCOMP'
  }
  return undefined
}

function toPacket(raw: Raw, bytes: Buffer, version: Version): Packet | undefined {
  const v5 = version === '5.0'
  switch (raw.cmd) {
    case 'connect':
      return toConnect(raw, bytes)
    case 'publish': {
      const topicEnd = bodyStart(bytes) + 2 + lengthAt(bytes, bodyStart(bytes))
      const properties = v5 ? readProperties(bytes, topicEnd + (raw.qos > 0 ? 2 : 0)) : {}
      if (!properties) return undefined
      const { topic, qos, dup, retain } = raw
      const payload = plain(raw.payload)
      if (qos === 0) return { type: 'PUBLISH', topic, qos, dup, retain, payload, properties }
      const id = idOf(raw)
      if (id === undefined) return undefined
      return { type: 'PUBLISH', topic, qos, dup, retain, id, payload, properties }
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp': {
      const id = idOf(raw)
      const properties = v5 && raw.length > 3 ? readProperties(bytes, bodyStart(bytes) + 3) : {}
      if (id === undefined || !properties) return undefined
      return { type: ackType[raw.cmd], id, code: raw.reasonCode ?? 0, properties }
    }
    case 'connack': {
      const properties = v5 ? readProperties(bytes, bodyStart(bytes) + 2) : {}
      const code = v5 ? raw.reasonCode : raw.returnCode
      if (raw.sessionPresent === undefined || code === undefined || !properties) return undefined
      return { type: 'CONNACK', sessionPresent: raw.sessionPresent, code, properties }
    }
    case 'disconnect': {
      const properties = v5 ? readProperties(bytes, bodyStart(bytes) + 1) : {}
      return properties && { type: 'DISCONNECT', code: raw.reasonCode ?? 0, properties }
    }
    case 'auth': {
      const properties = readProperties(bytes, bodyStart(bytes) + 1)
      return properties && { type: 'AUTH', code: raw.reasonCode ?? 0, properties }
    }
    case 'pingreq':
      return { type: 'PINGREQ' }
    case 'pingresp':
      return { type: 'PINGRESP' }
    default:
      return toSubscription(raw, v5 ? readProperties(bytes, bodyStart(bytes) + 2) : {})
  }
}

const ackType = {
  puback: 'PUBACK',
  pubrec: 'PUBREC',
  pubrel: 'PUBREL',
  pubcomp: 'PUBCOMP',
} as const

/** SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: an identifier, properties and a list. */
function toSubscription(raw: Raw, properties: Properties | undefined): Packet | undefined {
  const id = idOf(raw)
  if (id === undefined || !properties) return undefined
  switch (raw.cmd) {
    case 'subscribe': {
      const subscriptions: Subscription[] = (raw.subscriptions ?? []).map(one => ({
        filter: one.topic,
        qos: one.qos,
        noLocal: one.nl ?? false,
        retainAsPublished: one.rap ?? false,
        retainHandling: one.rh ?? 0,
      }))
      return { type: 'SUBSCRIBE', id, subscriptions, properties }
    }
    case 'unsubscribe':
      return { type: 'UNSUBSCRIBE', id, filters: raw.unsubscriptions ?? [], properties }
    case 'suback':
      return { type: 'SUBACK', id, codes: raw.granted ?? [], properties }
    case 'unsuback':
      return { type: 'UNSUBACK', id, codes: raw.granted ?? [], properties }
  }
  return undefined
}

/** CONNECT says its own version: the properties follow from its Protocol Level. */
function toConnect(raw: Raw, bytes: Buffer): Connect | undefined {
  const v5 = raw.protocolVersion === 5
  const propertiesAt = bodyStart(bytes) + 2 + lengthAt(bytes, bodyStart(bytes)) + 4
  const properties = v5 ? readProperties(bytes, propertiesAt) : {}
  if (!properties) return undefined
  const packet: Connect = {
    type: 'CONNECT',
    protocolName: raw.protocolId,
    // The high bit is how a bridge of mosquitto introduces itself.
    protocolLevel: raw.protocolVersion + (raw.bridgeMode ? 0x80 : 0),
    clientId: raw.clientId,
    clean: raw.clean,
    keepAliveS: raw.keepalive,
    properties,
  }
  if (raw.username !== undefined) packet.username = raw.username
  if (raw.password !== undefined) packet.password = plain(raw.password)
  if (!raw.will) return packet
  const clientIdAt = v5 ? afterProperties(bytes, propertiesAt) : propertiesAt
  const willAt = clientIdAt + 2 + lengthAt(bytes, clientIdAt)
  const willProperties = v5 ? readProperties(bytes, willAt) : {}
  if (!willProperties) return undefined
  const { topic, payload, qos, retain } = raw.will
  packet.will = { topic, payload: plain(payload), qos, retain, properties: willProperties }
  return packet
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Where the bytes behind the properties begin whose length stands at `at`; they have been read, so it is whole. */
function afterProperties(bytes: Buffer, at: number): number {
  const length = readVarint(bytes, at)
  return length.kind === 'value' ? length.next + length.value : bytes.length
}

/** The same bytes, not as a Buffer: that prints and compares otherwise. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
