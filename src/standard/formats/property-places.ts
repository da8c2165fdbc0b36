/** Where properties stand: in a packet, or in the will of CONNECT. */
export type PropertyPlace = keyof typeof propertyPlaces

/**
 * Which properties each place allows, in the order of the standard: the first is described in subsection 2 of `section`, the next
 * in 3, and so on (subsection 1 is the Property Length). Source: 5.0 §2.2.2.2 and the sections named.
 */
export const propertyPlaces = {
  CONNECT: {
    section: '3.1.2.11',
    allows: [
      'sessionExpiryInterval',
      'receiveMaximum',
      'maximumPacketSize',
      'topicAliasMaximum',
      'requestResponseInformation',
      'requestProblemInformation',
      'userProperties',
      'authenticationMethod',
      'authenticationData',
    ],
  },
  will: {
    section: '3.1.3.2',
    allows: [
      'willDelayInterval',
      'payloadFormatIndicator',
      'messageExpiryInterval',
      'contentType',
      'responseTopic',
      'correlationData',
      'userProperties',
    ],
  },
  CONNACK: {
    section: '3.2.2.3',
    allows: [
      'sessionExpiryInterval',
      'receiveMaximum',
      'maximumQoS',
      'retainAvailable',
      'maximumPacketSize',
      'assignedClientIdentifier',
      'topicAliasMaximum',
      'reasonString',
      'userProperties',
      'wildcardSubscriptionAvailable',
      'subscriptionIdentifiersAvailable',
      'sharedSubscriptionAvailable',
      'serverKeepAlive',
      'responseInformation',
      'serverReference',
      'authenticationMethod',
      'authenticationData',
    ],
  },
  PUBLISH: {
    section: '3.3.2.3',
    allows: [
      'payloadFormatIndicator',
      'messageExpiryInterval',
      'topicAlias',
      'responseTopic',
      'correlationData',
      'userProperties',
      'subscriptionIdentifiers',
      'contentType',
    ],
  },
  PUBACK: { section: '3.4.2.2', allows: ['reasonString', 'userProperties'] },
  PUBREC: { section: '3.5.2.2', allows: ['reasonString', 'userProperties'] },
  PUBREL: { section: '3.6.2.2', allows: ['reasonString', 'userProperties'] },
  PUBCOMP: { section: '3.7.2.2', allows: ['reasonString', 'userProperties'] },
  SUBSCRIBE: { section: '3.8.2.1', allows: ['subscriptionIdentifiers', 'userProperties'] },
  SUBACK: { section: '3.9.2.1', allows: ['reasonString', 'userProperties'] },
  UNSUBSCRIBE: { section: '3.10.2.1', allows: ['userProperties'] },
  UNSUBACK: { section: '3.11.2.1', allows: ['reasonString', 'userProperties'] },
  DISCONNECT: {
    section: '3.14.2.2',
    allows: ['sessionExpiryInterval', 'reasonString', 'userProperties', 'serverReference'],
  },
  AUTH: {
    section: '3.15.2.2',
    allows: ['authenticationMethod', 'authenticationData', 'reasonString', 'userProperties'],
  },
} satisfies Record<string, { section: string; allows: PropertyName[] }>

/** How the value of a property is written. Source: 5.0 §2.2.2.2. */
export type PropertyForm = 'byte' | 'two' | 'four' | 'varint' | 'text' | 'binary' | 'pair'

/** What 5.0 says of a property wherever it stands. */
export type PropertyFormat = {
  id: number
  form: PropertyForm
  /** As the standard writes it. */
  title: string
  /** Values that no sender may give it: beside 0 and 1 every value of a byte. */
  never?: number[]
  /** Statement of the value's form, where the standard numbers one. */
  statement?: string
}

export type PropertyName = keyof typeof propertyFormats

/** Every property of 5.0. Source: 5.0 table 2-4 and the sections on each property. */
export const propertyFormats = {
  payloadFormatIndicator: {
    id: 0x01,
    form: 'byte',
    title: 'Payload Format Indicator',
    never: [2, 255],
  },
  messageExpiryInterval: { id: 0x02, form: 'four', title: 'Message Expiry Interval' },
  contentType: { id: 0x03, form: 'text', title: 'Content Type', statement: 'MQTT-3.3.2-19' },
  responseTopic: { id: 0x08, form: 'text', title: 'Response Topic', statement: 'MQTT-3.3.2-13' },
  correlationData: { id: 0x09, form: 'binary', title: 'Correlation Data' },
  subscriptionIdentifiers: {
    id: 0x0b,
    form: 'varint',
    title: 'Subscription Identifier',
    never: [0],
  },
  sessionExpiryInterval: { id: 0x11, form: 'four', title: 'Session Expiry Interval' },
  assignedClientIdentifier: { id: 0x12, form: 'text', title: 'Assigned Client Identifier' },
  serverKeepAlive: { id: 0x13, form: 'two', title: 'Server Keep Alive' },
  authenticationMethod: { id: 0x15, form: 'text', title: 'Authentication Method' },
  authenticationData: { id: 0x16, form: 'binary', title: 'Authentication Data' },
  requestProblemInformation: {
    id: 0x17,
    form: 'byte',
    title: 'Request Problem Information',
    never: [2, 255],
  },
  willDelayInterval: { id: 0x18, form: 'four', title: 'Will Delay Interval' },
  requestResponseInformation: {
    id: 0x19,
    form: 'byte',
    title: 'Request Response Information',
    never: [2, 255],
  },
  responseInformation: { id: 0x1a, form: 'text', title: 'Response Information' },
  serverReference: { id: 0x1c, form: 'text', title: 'Server Reference' },
  reasonString: { id: 0x1f, form: 'text', title: 'Reason String' },
  receiveMaximum: { id: 0x21, form: 'two', title: 'Receive Maximum', never: [0] },
  topicAliasMaximum: { id: 0x22, form: 'two', title: 'Topic Alias Maximum' },
  topicAlias: {
    id: 0x23,
    form: 'two',
    title: 'Topic Alias',
    never: [0],
    statement: 'MQTT-3.3.2-8',
  },
  maximumQoS: { id: 0x24, form: 'byte', title: 'Maximum QoS', never: [2, 255] },
  retainAvailable: { id: 0x25, form: 'byte', title: 'Retain Available', never: [2, 255] },
  userProperties: { id: 0x26, form: 'pair', title: 'User Property', statement: 'MQTT-1.5.7-1' },
  maximumPacketSize: { id: 0x27, form: 'four', title: 'Maximum Packet Size', never: [0] },
  wildcardSubscriptionAvailable: {
    id: 0x28,
    form: 'byte',
    title: 'Wildcard Subscription Available',
    never: [2, 255],
  },
  subscriptionIdentifiersAvailable: {
    id: 0x29,
    form: 'byte',
    title: 'Subscription Identifiers Available',
    never: [2, 255],
  },
  sharedSubscriptionAvailable: {
    id: 0x2a,
    form: 'byte',
    title: 'Shared Subscription Available',
    never: [2, 255],
  },
} as const satisfies Record<string, PropertyFormat>

/** Identifiers of one byte that 5.0 gives to no property: below the least, between two, above the greatest, and the greatest byte. */
export const unknownProperties = [0x00, 0x04, 0x1e, 0x2b, 0x7f]

/** The section on a property in a place; undefined where it is not allowed. */
export function sectionOf(place: PropertyPlace, name: PropertyName): string | undefined {
  const { section, allows } = propertyPlaces[place] as { section: string; allows: string[] }
  const index = allows.indexOf(name)
  return index < 0 ? undefined : `${section}.${index + 2}`
}

/** Only User Property may come more than once everywhere; Subscription Identifier in PUBLISH. Source: 5.0 §3.3.2.3.8. */
export function mayRepeat(place: PropertyPlace, name: PropertyName): boolean {
  return name === 'userProperties' || (name === 'subscriptionIdentifiers' && place === 'PUBLISH')
}
