import type { Packet, Properties, PropertyValue, Subscription, Will } from '../../model/packet.ts'
import { wireText } from '../../model/text/wire-text.ts'
import type { Version } from '../../model/version.ts'
import { connectPacket } from '../../peers/connect-packet.ts'
import type { FieldValue, PacketTemplate } from '../../scenario/ast.ts'
import type { Wrong } from '../../wire/codec.ts'
import { type Bound, toBytes, type Variables } from './variables.ts'

/** Makes a packet of a template: the standard's defaults, then the fields the scenario names. */
export function buildPacket(template: PacketTemplate, env: Variables, version: Version): Packet {
  return packetOf(template.type, new Fields(template.fields, env), version)
}

/** What makes the template wrong on purpose, for the encoder. */
export function wrongOf(template: PacketTemplate, env: Variables): Wrong | undefined {
  if (template.flags === undefined && !template.extra && template.lengthBytes === undefined) {
    return undefined
  }
  return {
    ...(template.flags === undefined ? {} : { flags: env.number(template.flags) }),
    ...(template.extra ? { extra: template.extra } : {}),
    ...(template.lengthBytes === undefined ? {} : { lengthBytes: template.lengthBytes }),
  }
}

/** Typed access to the fields of a template. */
export class Fields {
  private readonly fields: { [name: string]: FieldValue }
  private readonly env: Variables

  constructor(fields: { [name: string]: FieldValue }, env: Variables) {
    this.fields = fields
    this.env = env
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined
  }

  raw(name: string): FieldValue | undefined {
    return this.fields[name]
  }

  plain(name: string): unknown {
    const value = this.fields[name]
    return value === undefined ? undefined : this.env.plain(value)
  }

  number(name: string, otherwise: number): number {
    const value = this.plain(name)
    return value === undefined ? otherwise : Number(value)
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.plain(name)
    return value === undefined ? otherwise : value === true || value === 'true' || value === 1
  }

  text(name: string, otherwise: string): string {
    const value = this.plain(name)
    if (value === undefined) return otherwise
    return value instanceof Uint8Array ? wireText(value) : String(value)
  }

  bytes(name: string): Uint8Array {
    const value = this.plain(name)
    return value === undefined ? new Uint8Array(0) : toBytes(value as Bound)
  }

  properties(name = 'properties'): Properties {
    const value = this.plain(name)
    return (value ?? {}) as { [name: string]: PropertyValue }
  }

  /** The fields of a nested map, such as `will`. */
  nested(name: string): Fields | undefined {
    const value = this.fields[name]
    if (value === undefined || typeof value !== 'object' || Array.isArray(value)) return undefined
    return value.kind === 'map' ? new Fields(value.map, this.env) : undefined
  }

  list(name: string): Fields[] {
    const value = this.fields[name]
    const items = Array.isArray(value) ? value : value === undefined ? [] : [value]
    return items.map(item =>
      typeof item === 'object' && !Array.isArray(item) && item.kind === 'map'
        ? new Fields(item.map, this.env)
        : new Fields({ filter: item }, this.env),
    )
  }
}

function packetOf(type: Packet['type'], fields: Fields, version: Version): Packet {
  switch (type) {
    case 'CONNECT':
      return connectOf(fields, version)
    case 'CONNACK':
      return {
        type,
        sessionPresent: fields.flag('sessionPresent', false),
        code: fields.number('code', 0),
        properties: fields.properties(),
      }
    case 'PUBLISH':
      return {
        type,
        topic: fields.text('topic', ''),
        qos: fields.number('qos', 0),
        dup: fields.flag('dup', false),
        retain: fields.flag('retain', false),
        ...(fields.has('id') ? { id: fields.number('id', 0) } : {}),
        payload: fields.bytes('payload'),
        properties: fields.properties(),
      }
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      return {
        type,
        id: fields.number('id', 0),
        code: fields.number('code', 0),
        properties: fields.properties(),
      }
    case 'SUBSCRIBE':
      return {
        type,
        id: fields.number('id', 0),
        subscriptions: fields.list('filters').map(subscriptionOf),
        properties: fields.properties(),
      }
    case 'SUBACK':
    case 'UNSUBACK':
      return {
        type,
        id: fields.number('id', 0),
        codes: ((fields.plain('codes') as unknown[] | undefined) ?? []).map(Number),
        properties: fields.properties(),
      }
    case 'UNSUBSCRIBE':
      return {
        type,
        id: fields.number('id', 0),
        filters: fields.list('filters').map(item => item.text('filter', '')),
        properties: fields.properties(),
      }
    case 'PINGREQ':
    case 'PINGRESP':
      return { type }
    case 'DISCONNECT':
    case 'AUTH':
      return { type, code: fields.number('code', 0), properties: fields.properties() }
  }
}

function connectOf(fields: Fields, version: Version): Packet {
  const will = fields.nested('will')
  const plain = connectPacket(version, { keepAliveS: 0 })
  return {
    ...plain,
    protocolName: fields.text('protocolName', plain.protocolName),
    protocolLevel: fields.number('protocolLevel', plain.protocolLevel),
    clientId: fields.text('clientId', plain.clientId),
    clean: fields.flag('clean', plain.clean),
    keepAliveS: fields.number('keepAliveS', plain.keepAliveS),
    ...(will ? { will: willOf(will) } : {}),
    ...(fields.has('username') ? { username: fields.text('username', '') } : {}),
    ...(fields.has('password') ? { password: fields.bytes('password') } : {}),
    properties: fields.properties(),
  }
}

function willOf(fields: Fields): Will {
  return {
    topic: fields.text('topic', ''),
    payload: fields.bytes('payload'),
    qos: fields.number('qos', 0),
    retain: fields.flag('retain', false),
    properties: fields.properties(),
  }
}

export function subscriptionOf(fields: Fields): Subscription {
  return {
    filter: fields.text('filter', ''),
    qos: fields.number('qos', 0),
    noLocal: fields.flag('noLocal', false),
    retainAsPublished: fields.flag('retainAsPublished', false),
    retainHandling: fields.number('retainHandling', 0),
  }
}
