import type { PacketType } from '../../model/packet.ts'
import { packetTypes } from '../../model/packet.ts'
import { hexBytes, integer } from '../../model/schema/scalars.ts'
import { mapped, named, type Schema } from '../../model/schema/schema.ts'
import { may, oneOrMany, recordAnd, recordOf, tagged } from '../../model/schema/shapes.ts'
import type { FieldValue, Matcher, PacketTemplate, Value } from '../step-parts.ts'
import { type FieldSpec, type FieldSpecs, matcherFields, templateFields } from './fields.ts'
import { flagSpec, numberSpec, properties, textSpec } from './properties.ts'
import { value } from './values.ts'

const id = numberSpec(65_535, 'Packet Identifier.')
const code = numberSpec(255, 'Return code or reason code.')
const qos = numberSpec(3, 'QoS; 3 is wrong on purpose.')

export const will: FieldSpec = {
  shape: 'fields',
  name: 'will',
  about: 'The Will Message.',
  fields: {
    topic: textSpec('Will Topic.'),
    payload: textSpec('Will Payload.'),
    qos,
    retain: flagSpec('Will Retain.'),
    properties,
  },
}

/** What a subscription says beside its filter; all but QoS are of 5.0. */
export const subscriptionOptions: FieldSpecs = {
  qos: numberSpec(3, 'The QoS asked for; 0 where it is left out.'),
  noLocal: flagSpec('No Local.'),
  retainAsPublished: flagSpec('Retain As Published.'),
  retainHandling: numberSpec(3, 'Retain Handling; 3 is wrong on purpose.'),
}

export const subscription: FieldSpec = {
  shape: 'fields',
  name: 'subscription',
  about: 'A topic filter with its options.',
  fields: { filter: textSpec('Topic Filter.'), ...subscriptionOptions },
}

const codes: FieldSpec = {
  shape: 'list',
  item: code,
  about: 'One code per topic filter, in their order.',
}

const acknowledgement: FieldSpecs = { id, code, properties }

/** The fields of each packet type, by the standard's nouns. */
export const packetFields: Record<PacketType, FieldSpecs> = {
  CONNECT: {
    protocolName: textSpec('Protocol Name.'),
    protocolLevel: numberSpec(255, 'Protocol Level or Version.'),
    clientId: textSpec('Client Identifier.'),
    clean: flagSpec('Clean Session or Clean Start.'),
    keepAliveS: numberSpec(65_535, 'Keep Alive in s; 600 in `connect` unless it is given.'),
    will,
    username: textSpec('User Name.'),
    password: textSpec('Password: text or bytes.'),
    properties,
  },
  CONNACK: { sessionPresent: flagSpec('Session Present.'), code, properties },
  PUBLISH: {
    topic: textSpec('Topic Name.'),
    qos,
    dup: flagSpec('DUP.'),
    retain: flagSpec('RETAIN.'),
    id,
    payload: textSpec('Payload: text, { hex } or { size }.'),
    properties,
  },
  PUBACK: acknowledgement,
  PUBREC: acknowledgement,
  PUBREL: acknowledgement,
  PUBCOMP: acknowledgement,
  SUBSCRIBE: {
    id,
    filters: { shape: 'list', item: subscription, about: 'Topic filters with their options.' },
    properties,
  },
  SUBACK: { id, codes, properties },
  UNSUBSCRIBE: {
    id,
    filters: { shape: 'list', item: textSpec('Topic Filter.'), about: 'Topic filters.' },
    properties,
  },
  UNSUBACK: { id, codes, properties },
  PINGREQ: {},
  PINGRESP: {},
  DISCONNECT: { code, properties },
  AUTH: { code, properties },
}

/** What makes a packet wrong on purpose beside its fields. */
export const wrongOnPurpose = {
  flags: may(value(integer(0, 15)), 'Replaces the low nibble of the first byte.'),
  extra: may(hexBytes(), 'Bytes in hex, added at the end inside the remaining length.'),
  lengthBytes: may(integer(1, 4), 'Pads the remaining length to so many bytes.'),
}

type ReadTemplate = {
  fields: { [name: string]: FieldValue }
  flags?: Value
  extra?: Uint8Array
  lengthBytes?: number
}

function templateSchema(type: PacketType): Schema<ReadTemplate> {
  const fields = templateFields(packetFields[type])
  const schema = recordAnd(wrongOnPurpose, fields, `the fields of ${type}`)
  return named(
    type,
    mapped(schema, ({ own, rest }) => ({ fields: rest, ...own })),
  )
}

function matcherSchema(type: PacketType): Schema<{ [name: string]: Matcher }> {
  const fields = matcherFields(packetFields[type])
  return named(`${type}Matcher`, recordOf(fields, `matchers of the fields of ${type}`))
}

const packetTemplates: { [type: string]: Schema<ReadTemplate> } = Object.fromEntries(
  packetTypes.map(type => [type, templateSchema(type)]),
)
export const packetMatchers: { [type: string]: Schema<{ [name: string]: Matcher }> } =
  Object.fromEntries(packetTypes.map(type => [type, matcherSchema(type)]))

type Extras = Parameters<typeof tagged>[0]['extras']

/** One packet to send, with keys of the verb beside it. */
export function templateWith<E extends Extras>(extras: E) {
  const schema = tagged({
    what: 'packet',
    code: 'UNKNOWN_PACKET',
    choices: packetTemplates,
    extras,
  })
  return mapped(schema, ({ tag, tagSpan: { file, line, column }, value: read, extras: rest }) => ({
    packet: { type: tag as PacketType, ...read, place: { file, line, column } } as PacketTemplate,
    extras: rest,
  }))
}

export const template: Schema<PacketTemplate> = named(
  'packet',
  mapped(templateWith({}), ({ packet }) => packet),
)

export const templates: Schema<PacketTemplate[]> = oneOrMany(template)
