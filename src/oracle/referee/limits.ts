import type {
  Connack,
  Connect,
  Packet,
  Properties,
  Publish,
  Subscribe,
} from '../../model/packet.ts'
import { type Ruling, say } from '../ruling.ts'
import { noLimits } from './connection.ts'
import type { Connection, Limits } from './state.ts'

/** What CONNECT or CONNACK asks of the other side. Source: 5.0 §3.1.2.11, §3.2.2.3. */
export function limitsOf({ properties }: Connect | Connack): Limits {
  return {
    receiveMaximum: number(properties, 'receiveMaximum') || noLimits.receiveMaximum,
    maximumPacketSize: number(properties, 'maximumPacketSize') || noLimits.maximumPacketSize,
    topicAliasMaximum: number(properties, 'topicAliasMaximum') ?? 0,
    maximumQos: number(properties, 'maximumQoS') ?? 2,
    retainAvailable: number(properties, 'retainAvailable') !== 0,
    wildcardsAvailable: number(properties, 'wildcardSubscriptionAvailable') !== 0,
    sharedAvailable: number(properties, 'sharedSubscriptionAvailable') !== 0,
    subscriptionIdsAvailable: number(properties, 'subscriptionIdentifiersAvailable') !== 0,
  }
}

function number(properties: Properties, name: string): number | undefined {
  const value = properties[name]
  return typeof value === 'number' ? value : undefined
}

/** Maximum Packet Size, for every packet of the target. */
export function checkSize(
  ruling: Ruling,
  connection: Connection,
  packet: Packet,
  sizeBytes: number,
): void {
  const { maximumPacketSize } = connection.limits
  if (sizeBytes <= maximumPacketSize) return
  say(ruling, connection.version, 'packetSize', {
    message: `${packet.type} has ${sizeBytes} bytes; the ${ruling.target === 'broker' ? 'client' : 'broker'}'s Maximum Packet Size is ${maximumPacketSize}`,
    expected: `at most ${maximumPacketSize} bytes`,
    got: `${sizeBytes} bytes`,
  })
}

/** Topic aliases, Maximum QoS and retain, for a PUBLISH of the target. Call before the alias is learnt. */
export function checkPublish(ruling: Ruling, connection: Connection, packet: Publish): void {
  const { version, limits, aliases } = connection
  if (version !== '5.0') return
  const alias = packet.properties.topicAlias
  if (typeof alias === 'number') {
    if (alias === 0) {
      say(ruling, version, 'aliasZero', {
        message: 'PUBLISH has topic alias 0',
        expected: `a topic alias of 1–${limits.topicAliasMaximum}`,
        got: '0',
      })
    } else if (alias > limits.topicAliasMaximum) {
      say(ruling, version, limits.topicAliasMaximum === 0 ? 'aliasForbidden' : 'aliasTooHigh', {
        message: `PUBLISH has topic alias ${alias}; Topic Alias Maximum is ${limits.topicAliasMaximum}`,
        expected:
          limits.topicAliasMaximum === 0
            ? 'no topic alias'
            : `a topic alias of 1–${limits.topicAliasMaximum}`,
        got: `${alias}`,
      })
    } else if (packet.topic === '' && !aliases.has(alias)) {
      say(ruling, version, 'aliasUnknown', {
        message: `Topic alias ${alias} was not given a topic on this connection`,
        expected: 'the topic name, or an alias of this connection',
        got: `an empty topic with alias ${alias}`,
      })
    }
  }
  if (packet.qos > limits.maximumQos) {
    say(ruling, version, 'maximumQos', {
      message: `PUBLISH has QoS ${packet.qos}; Maximum QoS is ${limits.maximumQos}`,
      expected: `at most QoS ${limits.maximumQos}`,
      got: `QoS ${packet.qos}`,
    })
  }
  if (packet.retain && !limits.retainAvailable) {
    say(ruling, version, 'retainUnavailable', {
      message: 'PUBLISH has RETAIN 1 though Retain Available is 0',
      expected: 'RETAIN 0',
      got: 'RETAIN 1',
    })
  }
}

/** What a broker does not offer, for a SUBSCRIBE of a client. */
export function checkSubscribe(ruling: Ruling, connection: Connection, packet: Subscribe): void {
  const { version, limits } = connection
  if (version !== '5.0') return
  const filters = packet.subscriptions.map(({ filter }) => filter)
  const unavailable = (
    clause: 'wildcardUnavailable' | 'sharedUnavailable' | 'subscriptionIdsUnavailable',
    what: string,
    property: string,
  ) =>
    say(ruling, version, clause, {
      message: `SUBSCRIBE has ${what} though ${property} is 0`,
      expected: `no ${what} (${property} 0)`,
      got: what,
    })
  if (!limits.wildcardsAvailable && filters.some(filter => /[+#]/.test(filter))) {
    unavailable('wildcardUnavailable', 'a wildcard', 'Wildcard Subscription Available')
  }
  if (!limits.sharedAvailable && filters.some(filter => filter.startsWith('$share/'))) {
    unavailable('sharedUnavailable', 'a shared subscription', 'Shared Subscription Available')
  }
  if (!limits.subscriptionIdsAvailable && packet.properties.subscriptionIdentifiers !== undefined) {
    unavailable(
      'subscriptionIdsUnavailable',
      'a Subscription Identifier',
      'Subscription Identifiers Available',
    )
  }
}

/** Reason String and User Property, which a client may have declined for all but three packets. */
export function checkProblemInformation(
  ruling: Ruling,
  connection: Connection,
  packet: Packet,
): void {
  if (ruling.target !== 'broker' || connection.wantsProblemInformation) return
  if (packet.type === 'PUBLISH' || packet.type === 'CONNACK' || packet.type === 'DISCONNECT') return
  if (!('properties' in packet)) return
  const { reasonString, userProperties } = packet.properties
  if (reasonString === undefined && userProperties === undefined) return
  const got = reasonString === undefined ? 'User Property' : 'Reason String'
  say(ruling, connection.version, 'problemInformationUnasked', {
    message: `${packet.type} has a ${got} though Request Problem Information is 0`,
    expected: 'neither Reason String nor User Property (Request Problem Information)',
    got,
  })
}
