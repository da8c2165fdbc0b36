import { Type } from 'typebox'
import { bytes, count, numbers, payload, text, texts } from './values.ts'

const nameAndValue = Type.Unsafe<[name: string, value: string]>(Type.Array(text))

export const propertyValue = Type.Union([
  Type.Number(),
  text,
  bytes,
  Type.Array(Type.Number()),
  Type.Array(nameAndValue),
])

/**
 * 5.0 properties by camelCase name: sessionExpiryInterval, receiveMaximum, maximumQoS, retainAvailable,
 * maximumPacketSize, assignedClientIdentifier, topicAliasMaximum, topicAlias, reasonString, userProperties,
 * wildcardSubscriptionAvailable, subscriptionIdentifiersAvailable, sharedSubscriptionAvailable, serverKeepAlive,
 * responseInformation, serverReference, authenticationMethod, authenticationData, payloadFormatIndicator,
 * messageExpiryInterval, contentType, responseTopic, correlationData, subscriptionIdentifiers,
 * willDelayInterval, requestResponseInformation, requestProblemInformation.
 */
export const properties = Type.Record(Type.String(), propertyValue, {
  description: '5.0 properties by camelCase name; binary ones as hex.',
})

export const will = Type.Object({
  topic: text,
  payload,
  qos: count,
  retain: Type.Boolean(),
  properties,
})

export const connect = Type.Object({
  type: Type.Literal('CONNECT'),
  protocolName: text,
  protocolLevel: count,
  clientId: text,
  /** Clean Session (3.1, 3.1.1) or Clean Start (5.0). */
  clean: Type.Boolean(),
  keepAliveS: count,
  will: Type.Optional(will),
  username: Type.Optional(text),
  password: Type.Optional(payload),
  properties,
})

export const connack = Type.Object({
  type: Type.Literal('CONNACK'),
  sessionPresent: Type.Boolean(),
  /** Return code (3.1, 3.1.1) or reason code (5.0). */
  code: count,
  properties,
})

export const publish = Type.Object({
  type: Type.Literal('PUBLISH'),
  topic: text,
  qos: count,
  dup: Type.Boolean(),
  retain: Type.Boolean(),
  /** Packet Identifier; absent at QoS 0. */
  id: Type.Optional(count),
  payload,
  properties,
})

/** Code is 0 where 3.1, 3.1.1 or a short 5.0 form leaves it out. */
export const ack = Type.Object({
  type: Type.Enum(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP']),
  id: count,
  code: count,
  properties,
})

/** One topic filter of SUBSCRIBE; the last three are 5.0 only and 0/false elsewhere. Source: 5.0 §3.8.3.1. */
export const subscription = Type.Object({
  filter: text,
  qos: count,
  noLocal: Type.Boolean(),
  retainAsPublished: Type.Boolean(),
  retainHandling: count,
})

export const subscribe = Type.Object({
  type: Type.Literal('SUBSCRIBE'),
  id: count,
  subscriptions: Type.Array(subscription),
  properties,
})

export const suback = Type.Object({
  type: Type.Literal('SUBACK'),
  id: count,
  codes: numbers,
  properties,
})

export const unsubscribe = Type.Object({
  type: Type.Literal('UNSUBSCRIBE'),
  id: count,
  filters: texts,
  properties,
})

/** `codes` is empty before 5.0. */
export const unsuback = Type.Object({
  type: Type.Literal('UNSUBACK'),
  id: count,
  codes: numbers,
  properties,
})

const ping = Type.Object({ type: Type.Enum(['PINGREQ', 'PINGRESP']) })

export const disconnect = Type.Object({ type: Type.Literal('DISCONNECT'), code: count, properties })

export const auth = Type.Object({ type: Type.Literal('AUTH'), code: count, properties })

export const packet = Type.Union([
  connect,
  connack,
  publish,
  ack,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  ping,
  disconnect,
  auth,
])
