import { flag, integer, text } from '../../model/schema/scalars.ts'
import type { FieldSpec, FieldSpecs } from './fields.ts'

const byteNumber = (about: string): FieldSpec => ({
  shape: 'scalar',
  scalar: integer(0, 255),
  about,
})
const twoBytes = (about: string): FieldSpec => ({
  shape: 'scalar',
  scalar: integer(0, 65_535),
  about,
})
const fourBytes = (about: string): FieldSpec => ({
  shape: 'scalar',
  scalar: integer(0, 4_294_967_295),
  about,
})
const string = (about: string): FieldSpec => ({ shape: 'bytes', about })

/** The properties of 5.0, each of the type of §2.2.2.2. Their values may be wrong on purpose. */
const specs: FieldSpecs = {
  payloadFormatIndicator: byteNumber('Payload Format Indicator: 0 bytes, 1 UTF-8.'),
  messageExpiryInterval: fourBytes('Message Expiry Interval in s.'),
  contentType: string('Content Type.'),
  responseTopic: string('Response Topic.'),
  correlationData: string('Correlation Data: text or bytes.'),
  subscriptionIdentifiers: {
    shape: 'list',
    item: { shape: 'scalar', scalar: integer(0, 268_435_455), about: 'A Subscription Identifier.' },
    about: 'Subscription Identifiers, each 1–268435455.',
  },
  sessionExpiryInterval: fourBytes('Session Expiry Interval in s.'),
  assignedClientIdentifier: string('Assigned Client Identifier.'),
  serverKeepAlive: twoBytes('Server Keep Alive in s.'),
  authenticationMethod: string('Authentication Method.'),
  authenticationData: string('Authentication Data: text or bytes.'),
  requestProblemInformation: byteNumber('Request Problem Information: 0 or 1.'),
  willDelayInterval: fourBytes('Will Delay Interval in s.'),
  requestResponseInformation: byteNumber('Request Response Information: 0 or 1.'),
  responseInformation: string('Response Information.'),
  serverReference: string('Server Reference.'),
  reasonString: string('Reason String.'),
  receiveMaximum: twoBytes('Receive Maximum.'),
  topicAliasMaximum: twoBytes('Topic Alias Maximum.'),
  topicAlias: twoBytes('Topic Alias.'),
  maximumQoS: byteNumber('Maximum QoS: 0 or 1.'),
  retainAvailable: byteNumber('Retain Available: 0 or 1.'),
  userProperties: {
    shape: 'list',
    item: {
      shape: 'list',
      item: { shape: 'scalar', scalar: text(), about: 'Name or value.' },
      about: 'A pair of name and value.',
    },
    about: 'User Properties, each a pair: [[name, value], …].',
  },
  maximumPacketSize: fourBytes('Maximum Packet Size in bytes.'),
  wildcardSubscriptionAvailable: byteNumber('Wildcard Subscription Available: 0 or 1.'),
  subscriptionIdentifiersAvailable: byteNumber('Subscription Identifier Available: 0 or 1.'),
  sharedSubscriptionAvailable: byteNumber('Shared Subscription Available: 0 or 1.'),
}

export const properties: FieldSpec = {
  shape: 'fields',
  name: 'properties',
  fields: specs,
  about: 'Properties of 5.0.',
}

export const flagSpec = (about: string): FieldSpec => ({ shape: 'scalar', scalar: flag(), about })
export const numberSpec = (max: number, about: string): FieldSpec => ({
  shape: 'scalar',
  scalar: integer(0, max),
  about,
})
export const textSpec = string
