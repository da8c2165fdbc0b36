/**
 * MQTT packets as mqttspec's own data, whatever codec made them. Field names are the standard's nouns.
 * Values may be wrong on purpose (id 0, QoS 3): a packet here is what was or will be on the wire, not what is legal.
 */
export const packetTypes = [
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const

/** Index in `packetTypes` + 1 is the packet type of the fixed header. Source: 5.0 §2.1.2. */
export type PacketType = (typeof packetTypes)[number]

/**
 * 5.0 properties by camelCase name: sessionExpiryInterval, receiveMaximum, maximumQoS, retainAvailable,
 * maximumPacketSize, assignedClientIdentifier, topicAliasMaximum, topicAlias, reasonString, userProperties,
 * wildcardSubscriptionAvailable, subscriptionIdentifiersAvailable, sharedSubscriptionAvailable, serverKeepAlive,
 * responseInformation, serverReference, authenticationMethod, authenticationData, payloadFormatIndicator,
 * messageExpiryInterval, contentType, responseTopic, correlationData, subscriptionIdentifiers,
 * willDelayInterval, requestResponseInformation, requestProblemInformation.
 */
export type Properties = { [name: string]: PropertyValue }
export type PropertyValue =
  | number
  | string
  | Uint8Array
  | number[]
  | [name: string, value: string][]

export type Will = {
  topic: string
  payload: Uint8Array
  qos: number
  retain: boolean
  properties: Properties
}

/** One topic filter of SUBSCRIBE; the last three are 5.0 only and 0/false elsewhere. Source: 5.0 §3.8.3.1. */
export type Subscription = {
  filter: string
  qos: number
  noLocal: boolean
  retainAsPublished: boolean
  retainHandling: number
}

export type Connect = {
  type: 'CONNECT'
  protocolName: string
  protocolLevel: number
  clientId: string
  /** Clean Session (3.1, 3.1.1) or Clean Start (5.0). */
  clean: boolean
  keepAliveS: number
  will?: Will
  username?: string
  password?: Uint8Array
  properties: Properties
}
export type Connack = {
  type: 'CONNACK'
  sessionPresent: boolean
  /** Return code (3.1, 3.1.1) or reason code (5.0). */
  code: number
  properties: Properties
}
export type Publish = {
  type: 'PUBLISH'
  topic: string
  qos: number
  dup: boolean
  retain: boolean
  /** Packet Identifier; absent at QoS 0. */
  id?: number
  payload: Uint8Array
  properties: Properties
}
/** Code is 0 where 3.1, 3.1.1 or a short 5.0 form leaves it out. */
export type Ack = {
  type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP'
  id: number
  code: number
  properties: Properties
}
export type Subscribe = {
  type: 'SUBSCRIBE'
  id: number
  subscriptions: Subscription[]
  properties: Properties
}
export type Suback = { type: 'SUBACK'; id: number; codes: number[]; properties: Properties }
export type Unsubscribe = {
  type: 'UNSUBSCRIBE'
  id: number
  filters: string[]
  properties: Properties
}
/** `codes` is empty before 5.0. */
export type Unsuback = { type: 'UNSUBACK'; id: number; codes: number[]; properties: Properties }
export type Ping = { type: 'PINGREQ' | 'PINGRESP' }
export type Disconnect = { type: 'DISCONNECT'; code: number; properties: Properties }
export type Auth = { type: 'AUTH'; code: number; properties: Properties }

export type Packet =
  | Connect
  | Connack
  | Publish
  | Ack
  | Subscribe
  | Suback
  | Unsubscribe
  | Unsuback
  | Ping
  | Disconnect
  | Auth
