import {
  type Ack,
  type Connack,
  type Connect,
  type Packet,
  type Properties,
  type Publish,
  packetTypes,
  type Subscribe,
  type Subscription,
} from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import { writeProperties } from './properties.ts'
import { Writer } from './writer.ts'

/** What makes a packet wrong on purpose beside its fields. */
export type Wrong = {
  /** Replaces the low nibble of the first byte. */
  flags?: number
  /** Added at the end, inside the remaining length. */
  extra?: Uint8Array
  /** Pads the remaining length to so many bytes, at most 5; fewer than it needs changes nothing. */
  lengthBytes?: number
}

const writer = new Writer()

/**
 * Bytes of any packet, legal or not: every field is written as it is, numbers cut to the size of their field. An `id` that is
 * absent is left out, one that is present is written even at QoS 0. Properties are written in 5.0 only.
 * Throws RangeError where no bytes can say it: a field above 65535 bytes, an unknown property.
 */
export function encode(packet: Packet, version: Version, wrong?: Wrong): Uint8Array {
  writer.begin()
  writeBody(packet, version)
  if (wrong?.extra) writer.raw(wrong.extra)
  const flags = wrong?.flags === undefined ? flagsOf(packet) : wrong.flags & 0x0f
  return writer.finish((typeNumber[packet.type] << 4) | flags, wrong?.lengthBytes)
}

const typeNumber = Object.fromEntries(
  packetTypes.map((type, index) => [type, index + 1]),
) as Record<Packet['type'], number>

/** Low nibble of the first byte. Source: 5.0 §2.1.3. */
function flagsOf(packet: Packet): number {
  switch (packet.type) {
    case 'PUBLISH':
      return (packet.dup ? 8 : 0) | ((packet.qos & 3) << 1) | (packet.retain ? 1 : 0)
    case 'PUBREL':
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return 2
    case 'CONNECT':
    case 'CONNACK':
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBCOMP':
    case 'SUBACK':
    case 'UNSUBACK':
    case 'PINGREQ':
    case 'PINGRESP':
    case 'DISCONNECT':
    case 'AUTH':
      return 0
  }
}

function writeBody(packet: Packet, version: Version): void {
  const v5 = version === '5.0'
  switch (packet.type) {
    case 'CONNECT':
      writeConnect(packet, v5)
      return
    case 'CONNACK':
      writeConnack(packet, v5)
      return
    case 'PUBLISH':
      writePublish(packet, v5)
      return
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      writeAck(packet, v5)
      return
    case 'SUBSCRIBE':
      writeSubscribe(packet, v5)
      return
    case 'UNSUBSCRIBE':
      writer.two(packet.id)
      if (v5) writeProperties(writer, packet.properties)
      for (const filter of packet.filters) writer.text(filter)
      return
    case 'SUBACK':
      writer.two(packet.id)
      if (v5) writeProperties(writer, packet.properties)
      for (const code of packet.codes) writer.byte(code)
      return
    case 'UNSUBACK':
      writer.two(packet.id)
      // Codes are of 5.0 alone. Source: 3.1.1 §3.11.3.
      if (!v5) return
      writeProperties(writer, packet.properties)
      for (const code of packet.codes) writer.byte(code)
      return
    case 'PINGREQ':
    case 'PINGRESP':
      return
    case 'DISCONNECT':
      if (v5) writeCode(packet.code, packet.properties)
      return
    case 'AUTH':
      // Source: 5.0 §3.15.2.1; only both fields together may be left out.
      if (packet.code === 0 && isEmpty(packet.properties)) return
      writer.byte(packet.code)
      writeProperties(writer, packet.properties)
  }
}

function writeConnect(packet: Connect, v5: boolean): void {
  const { will, username, password } = packet
  writer.text(packet.protocolName)
  writer.byte(packet.protocolLevel)
  writer.byte(
    (username === undefined ? 0 : 0x80) |
      (password === undefined ? 0 : 0x40) |
      (will ? (will.retain ? 0x20 : 0) | ((will.qos & 3) << 3) | 0x04 : 0) |
      (packet.clean ? 0x02 : 0),
  )
  writer.two(packet.keepAliveS)
  if (v5) writeProperties(writer, packet.properties)
  writer.text(packet.clientId)
  if (will) {
    if (v5) writeProperties(writer, will.properties)
    writer.text(will.topic)
    writer.binary(will.payload)
  }
  if (username !== undefined) writer.text(username)
  if (password !== undefined) writer.binary(password)
}

function writeConnack(packet: Connack, v5: boolean): void {
  writer.byte(packet.sessionPresent ? 1 : 0)
  writer.byte(packet.code)
  if (v5) writeProperties(writer, packet.properties)
}

function writePublish(packet: Publish, v5: boolean): void {
  writer.text(packet.topic)
  if (packet.id !== undefined) writer.two(packet.id)
  if (v5) writeProperties(writer, packet.properties)
  writer.raw(packet.payload)
}

function writeAck(packet: Ack, v5: boolean): void {
  writer.two(packet.id)
  if (v5) writeCode(packet.code, packet.properties)
}

/** In the shortest form: a code 0 and an absence of properties need no bytes. Source: 5.0 §3.4.2.1, §3.14.2.1. */
function writeCode(code: number, properties: Properties): void {
  const bare = isEmpty(properties)
  if (code === 0 && bare) return
  writer.byte(code)
  if (!bare) writeProperties(writer, properties)
}

function writeSubscribe(packet: Subscribe, v5: boolean): void {
  writer.two(packet.id)
  if (v5) writeProperties(writer, packet.properties)
  for (const subscription of packet.subscriptions) {
    writer.text(subscription.filter)
    writer.byte(v5 ? optionsOf(subscription) : subscription.qos)
  }
}

/** Source: 5.0 §3.8.3.1. */
function optionsOf(subscription: Subscription): number {
  return (
    (subscription.qos & 3) |
    (subscription.noLocal ? 0x04 : 0) |
    (subscription.retainAsPublished ? 0x08 : 0) |
    ((subscription.retainHandling & 3) << 4)
  )
}

function isEmpty(properties: Properties): boolean {
  for (const _ in properties) return false
  return true
}
