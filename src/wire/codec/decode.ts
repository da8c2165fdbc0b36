import mqttPacket from 'mqtt-packet'
import type { Connect, Packet, Properties, Subscription } from '../../model/packet.ts'
import { protocolLevel, type Version } from '../../model/version.ts'
import { readProperties } from './properties.ts'

/**
 * Reads one whole packet; undefined where mqtt-packet refuses it. Never throws.
 *
 * One mqtt-packet parser serves all connections of a version. One that stumbled, or that read a CONNECT (which changes how it reads
 * what follows), is thrown away.
 */
export function decode(frame: Uint8Array, version: Version): Packet | undefined {
  const short = plainAck(frame)
  if (short) return short
  const bytes = prepared(frame, version)
  const raw = parsers[version].read(bytes)
  if (raw === undefined || raw.cmd === 'connect') parsers[version] = createParser(version)
  const packet = raw && toPacket(raw, bytes, version)
  if (packet?.type === 'DISCONNECT' && version === '5.0' && isDisputedDisconnect(frame))
    packet.code = 0x8c
  return packet
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

/** What mqtt-packet makes of a packet; which fields there are depends on `cmd` and version. */
type Raw = {
  cmd: string
  length: number
  qos: number
  dup: boolean
  retain: boolean
  messageId?: number
  topic: string
  payload: Buffer
  returnCode?: number
  reasonCode?: number
  sessionPresent?: boolean
  granted?: number[]
  subscriptions?: { topic: string; qos: number; nl?: boolean; rap?: boolean; rh?: number }[]
  unsubscriptions?: string[]
  protocolId: string
  protocolVersion: number
  bridgeMode?: boolean
  clientId: string
  clean: boolean
  keepalive: number
  username?: string
  password?: Buffer
  will?: { topic: string; payload: Buffer; qos: number; retain: boolean }
}

type Parser = { read(bytes: Buffer): Raw | undefined }

/** `read` returns the packet if the bytes are exactly one, else undefined. */
function createParser(version: Version): Parser {
  const parser = mqttPacket.parser({ protocolVersion: protocolLevel[version] })
  let packets: number
  let last: Raw | undefined
  parser.on('packet', packet => {
    packets += 1
    last = packet as unknown as Raw
  })
  parser.on('error', () => {
    packets = Number.NaN
  })
  return {
    read(bytes) {
      packets = 0
      try {
        return parser.parse(bytes) === 0 && packets === 1 ? last : undefined
      } catch {
        // It reads past the end of some fields that are cut off.
        return undefined
      }
    },
  }
}

const parsers: Record<Version, Parser> = {
  '3.1': createParser('3.1'),
  '3.1.1': createParser('3.1.1'),
  '5.0': createParser('5.0'),
}

/** The frame as mqtt-packet takes it: legal forms that it refuses are given in ones that mean the same. */
function prepared(frame: Uint8Array, version: Version): Buffer {
  const first = frame[0] ?? 0
  if (version === '3.1' && isFlagged(first)) {
    const plain = Buffer.from(frame)
    plain[0] = (first & 0xf0) | usualFlags(first >> 4)
    return plain
  }
  // AUTH without code and properties. Source: 5.0 §3.15.2.1.
  if (version === '5.0' && frame.length === 2 && first === 0xf0 && frame[1] === 0) return shortAuth
  // DISCONNECT 0x8C is in the table of §2.4 and not in that of §3.14.2.1; the decoder gives it back.
  if (version === '5.0' && isDisputedDisconnect(frame)) {
    const plain = Buffer.from(frame)
    plain[bodyStart(plain)] = 0x80
    return plain
  }
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length)
}

function isDisputedDisconnect(frame: Uint8Array): boolean {
  return frame[0] === 0xe0 && frame.length > 2 && frame[bodyStart(frame)] === 0x8c
}

const shortAuth = Buffer.from([0xf0, 0x02, 0x00, 0x00])

/** 3.1 repeats PUBREL, SUBSCRIBE and UNSUBSCRIBE with DUP, and leaves unused flags free. Source: 3.1 §2.1. */
function isFlagged(first: number): boolean {
  return first >> 4 !== 3 && (first & 0x0f) !== usualFlags(first >> 4)
}

function usualFlags(type: number): number {
  return type === 6 || type === 8 || type === 10 ? 2 : 0
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

/** Of a field that is cut off mqtt-packet makes the identifier −1. */
function idOf(raw: Raw): number | undefined {
  return raw.messageId === undefined || raw.messageId < 0 ? undefined : raw.messageId
}

/** Where the variable header begins. mqtt-packet has read the header, so it is whole. */
function bodyStart(bytes: Uint8Array): number {
  let at = 1
  while ((bytes[at] ?? 0) >= 0x80) at += 1
  return at + 1
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Where the bytes behind the properties begin whose length stands at `at`. */
function afterProperties(bytes: Buffer, at: number): number {
  let length = 0
  let next = at
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[next++] ?? 0
    length += (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return next + length
}

/** The same bytes, not as a Buffer: that prints and compares otherwise. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
