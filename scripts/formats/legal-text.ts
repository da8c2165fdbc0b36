import { legalValues, rareTexts, speaksOfMore } from '../../src/standard/formats/legal-values.ts'
import {
  type PropertyName,
  type PropertyPlace,
  propertyFormats,
  propertyPlaces,
} from '../../src/standard/formats/property-places.ts'
import { flowMap } from './flow-map.ts'

/** A file of suites that the table of formats makes. */
export type GeneratedSuite = { path: string; text: string }

type Target = 'broker' | 'client'

/** What is legal and looks rare: every property in every place with the ends of its range, and the rare forms of each packet. */
export function legalSuites(): GeneratedSuite[] {
  return (['broker', 'client'] as const).map(target => ({
    path: `suites/${target}/formats/legal.yaml`,
    text: `${[
      '# yaml-language-server: $schema=../../../schema/suite.json',
      '#',
      '# Made by `npm run generate` from the table of packet formats in src/standard/formats. Do not edit.',
      '#',
      '# What is legal and rare must be taken: the least and the greatest value of every property in every place, and every form that a',
      '# packet may have. A decoder that refuses them is as wrong as one that takes too much.',
      `suite: formats/${target}/legal`,
      `title: Rare forms that a ${target} has to accept`,
      `role: ${target === 'broker' ? 'client' : 'broker'}`,
      'tags: [formats]',
      ...(target === 'client' ? ['requires: qos1'] : []),
      'scenarios:',
      ...places(target).flatMap(place => properties(target, place)),
      ...(target === 'broker' ? brokerForms : clientForms),
    ].join('\n')}\n`,
  }))
}

/** Where the harness puts properties that the target reads. */
function places(target: Target): PropertyPlace[] {
  const ofBroker: PropertyPlace[] = [
    'CONNECT',
    'will',
    'PUBLISH',
    'PUBREL',
    'SUBSCRIBE',
    'UNSUBSCRIBE',
  ]
  const ofClient: PropertyPlace[] = [
    'CONNACK',
    'PUBLISH',
    'PUBACK',
    'PUBREC',
    'PUBREL',
    'PUBCOMP',
    'SUBACK',
    'UNSUBACK',
  ]
  return target === 'broker' ? ofBroker : ofClient
}

function properties(target: Target, place: PropertyPlace): string[] {
  const { allows } = propertyPlaces[place] as { allows: PropertyName[] }
  return allows
    .filter(name => !speaksOfMore(place, name))
    .filter(
      name => !(target === 'broker' && place === 'PUBLISH' && name === 'subscriptionIdentifiers'),
    )
    .flatMap(name => valuesOf(target, place, name))
}

function valuesOf(target: Target, place: PropertyPlace, name: PropertyName): string[] {
  const legal = legalValues(name)
  const { title, form } = propertyFormats[name]
  const id = `${place.toLowerCase()}-${title.toLowerCase().replaceAll(' ', '-')}`
  const say = (what: string) => `${what} with a legal and rare ${title} is accepted`
  const subject = place === 'will' ? 'A will' : `${/^UNSUB/.test(place) ? 'An' : 'A'} ${place}`
  const one = (suffix: string, matrix: string[], written: string) =>
    scenario(target, place, name, `${id}${suffix}`, say(subject), matrix, `{ ${name}: ${written} }`)
  switch (legal.kind) {
    case 'numbers':
      return one(
        '',
        [`value: [${legal.values.join(', ')}]`],
        name === 'subscriptionIdentifiers' ? '[$value]' : '$value',
      )
    case 'texts':
      return [
        ...one('', [`value: ${flowMap(legal.values)}`], '$value'),
        ...(form === 'binary' ? [] : one('-longest', [], '{ size: 65535 }')),
      ]
    case 'pairs':
      return [
        ...one('-name', [`value: ${flowMap(rareTexts)}`], '[[$value, v]]'),
        ...one('-value', [`value: ${flowMap(rareTexts)}`], '[[n, $value]]'),
        ...one('-several', [], '[[n, v], [n, v], [n, w], ["", ""]]'),
      ]
  }
}

/** A scenario that sends the properties in their place, and sees that they were taken. */
function scenario(
  target: Target,
  place: PropertyPlace,
  name: PropertyName,
  id: string,
  title: string,
  matrix: string[],
  written: string,
): string[] {
  const { covers, steps } =
    target === 'broker' ? atBroker(place, written) : atClient(place, written)
  const needs = requirement(target, place, name)
  return [
    `  - id: ${id}`,
    `    title: ${title}`,
    `    covers: { 5.0: [${covers}] }`,
    '    bugs: [C03]',
    ...(matrix.length > 0 ? [`    matrix: { ${matrix.join(', ')} }`] : []),
    ...(needs ? [`    requires: ${needs}`] : []),
    '    steps:',
    ...steps.map(step => `      - ${step}`),
  ]
}

function requirement(target: Target, place: PropertyPlace, name: PropertyName): string | undefined {
  if (target === 'broker' && name === 'topicAlias') return '[{ topicAliasMaximum: { min: 1 } }]'
  if (name === 'subscriptionIdentifiers' && target === 'broker') return '[subscription-identifiers]'
  if (target === 'client' && name === 'topicAlias') return '[can-topic-alias]'
  if (place === 'will') return '[will]'
  return undefined
}

function atBroker(place: PropertyPlace, written: string): { covers: string; steps: string[] } {
  switch (place) {
    case 'CONNECT':
      return {
        covers: 'MQTT-3.1.4-5',
        steps: [
          `client.connect: { properties: ${written}, expect: { code: 0 } }`,
          'client.ping:',
          'client.disconnect: { properties: { sessionExpiryInterval: 0 } }',
        ],
      }
    case 'will':
      return {
        covers: 'MQTT-3.1.4-5',
        steps: [
          `client.connect: { will: { topic: $topic, payload: gone, properties: ${written} }, expect: { code: 0 } }`,
          'client.ping:',
        ],
      }
    case 'PUBLISH':
      return {
        covers: 'MQTT-4.3.2-4',
        steps: [
          'client.connect: {}',
          `client.send: { PUBLISH: { topic: $topic, qos: 1, id: 7, payload: x, properties: ${written} } }`,
          'client.expect: { PUBACK: { id: 7, code: { oneOf: [{ is: absent }, { max: 0x7f }] } } }',
        ],
      }
    case 'PUBREL':
      return {
        covers: 'MQTT-4.3.3-11',
        steps: [
          'client.connect: {}',
          'client.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: x } }',
          'client.expect: { PUBREC: { id: 7 } }',
          `client.send: { PUBREL: { id: 7, properties: ${written} } }`,
          'client.expect: { PUBCOMP: { id: 7 } }',
        ],
      }
    case 'SUBSCRIBE':
      return {
        covers: 'MQTT-3.8.4-1',
        steps: [
          'client.connect: {}',
          `client.subscribe: { filter: $topic, qos: 1, properties: ${written}, expect: { codes: [{ max: 2 }] } }`,
          'client.ping:',
        ],
      }
    default:
      return {
        covers: 'MQTT-3.10.4-4',
        steps: [
          'client.connect: {}',
          `client.unsubscribe: { filter: $topic, properties: ${written}, expect: { codes: [{ max: 0x7f }] } }`,
          'client.ping:',
        ],
      }
  }
}

function atClient(place: PropertyPlace, written: string): { covers: string; steps: string[] } {
  switch (place) {
    case 'CONNACK':
      return {
        covers: 'MQTT-3.2.2-8',
        steps: [
          'app.connect: { session: kept }',
          `broker.accept: { properties: ${written} }`,
          'app.expect: { connected: {} }',
          'fence: [broker]',
        ],
      }
    case 'PUBLISH':
      return {
        covers: 'MQTT-4.3.2-4',
        steps: [
          'use: accepting',
          `broker.send: { PUBLISH: { topic: $topic, qos: 1, id: 7, payload: x, properties: ${written} } }`,
          'broker.expect: { PUBACK: { id: 7, code: { oneOf: [{ is: absent }, { max: 0x7f }] } } }',
          'app.expect: { delivered: { payload: x } }',
        ],
      }
    case 'PUBREL':
      return {
        covers: 'MQTT-4.3.3-11',
        steps: [
          'use: accepting',
          'broker.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: x } }',
          'broker.expect: { PUBREC: { id: 7 } }',
          `broker.send: { PUBREL: { id: 7, properties: ${written} } }`,
          'broker.expect: { PUBCOMP: { id: 7 } }',
        ],
      }
    case 'PUBACK':
      return {
        covers: 'MQTT-4.3.2-3',
        steps: [
          'use: connected',
          'app.publish: { topic: $topic, qos: 1, payload: x, tag: m }',
          'broker.expect: { PUBLISH: { id: $id, payload: x } }',
          `broker.send: { PUBACK: { id: $id, properties: ${written} } }`,
          'app.expect: { published: { tag: m } }',
        ],
      }
    case 'PUBREC':
    case 'PUBCOMP':
      return {
        covers: place === 'PUBREC' ? 'MQTT-4.3.3-4' : 'MQTT-4.3.3-5',
        steps: [
          'use: connected',
          'app.publish: { topic: $topic, qos: 2, payload: x, tag: m }',
          'broker.expect: { PUBLISH: { id: $id, payload: x } }',
          `broker.send: { PUBREC: { id: $id${place === 'PUBREC' ? `, properties: ${written}` : ''} } }`,
          'broker.expect: { PUBREL: { id: $id } }',
          `broker.send: { PUBCOMP: { id: $id${place === 'PUBCOMP' ? `, properties: ${written}` : ''} } }`,
          'app.expect: { published: { tag: m } }',
        ],
      }
    case 'SUBACK':
      return {
        covers: 'MQTT-3.8.4-1',
        steps: [
          'use: connected',
          'app.subscribe: { filter: $topic, qos: 1, tag: s }',
          'broker.expect: { SUBSCRIBE: { id: $id } }',
          `broker.send: { SUBACK: { id: $id, codes: [1], properties: ${written} } }`,
          'app.expect: { subscribed: { tag: s } }',
        ],
      }
    default:
      return {
        covers: 'MQTT-3.10.4-4',
        steps: [
          'use: connected',
          'app.unsubscribe: { filter: $topic, tag: u }',
          'broker.expect: { UNSUBSCRIBE: { id: $id } }',
          `broker.send: { UNSUBACK: { id: $id, codes: [0], properties: ${written} } }`,
          'app.expect: { unsubscribed: { tag: u } }',
        ],
      }
  }
}

const brokerForms = `
  # Every combination of the options that 5.0 has for a subscription.
  - id: subscription-options
    title: Every combination of subscription options is granted
    covers: { 5.0: [MQTT-3.8.4-1, MQTT-3.9.3-1] }
    matrix: { qos: [0, 1, 2], noLocal: [false, true], retainAsPublished: [false, true], retainHandling: [0, 1, 2] }
    steps:
      - client.connect: {}
      - client.subscribe: { filter: $topic, qos: $qos, noLocal: $noLocal, retainAsPublished: $retainAsPublished, retainHandling: $retainHandling, expect: { codes: [{ max: 2 }] } }
  # Filters that look odd and are none the worse for it.
  - id: filters
    title: A rare Topic Filter should be granted
    covers: { 3.1.1: [MQTT-3.8.4-1, MQTT-4.7.3-1], 5.0: [MQTT-3.8.4-1, MQTT-4.7.3-1] }
    matrix:
      tail:
        ends-with-a-slash: "/"
        ends-with-two: "//"
        number-sign: "/#"
        plus-sign: "/+"
        plus-sign-and-slash: "/+/"
        every-wildcard: "/+/+/#"
        blank: "/ "
        beyond-ascii: "/ü"
        beyond-the-first-plane: "/\\u20ac\\U0001F600"
        u-feff: "/\\uFEFF"
        dollar: "/$$a"
        blank-within: "/a b"
    requires: wildcards
    steps:
      - client.connect: {}
      - client.send: { SUBSCRIBE: { id: 7, filters: [{ filter: $topic$tail, qos: 1 }] } }
      - client.expect: { SUBACK: { id: 7, codes: [{ max: 2 }] }, level: should, cite: §3.9.3 }
  - id: many-filters
    title: A SUBSCRIBE with several filters is answered for each, and so is its UNSUBSCRIBE in 5.0
    covers: { 3.1.1: [MQTT-3.8.4-4, MQTT-3.8.4-5], 5.0: [MQTT-3.8.4-5, MQTT-3.8.4-6, MQTT-3.11.3-1] }
    steps:
      - client.connect: {}
      - client.subscribe: { filters: [{ filter: $topic/1, qos: 0 }, { filter: $topic/2, qos: 1 }, { filter: $topic/3, qos: 2 }, { filter: $topic/1, qos: 1 }], expect: { codes: [{ max: 2 }, { max: 2 }, { max: 2 }, { max: 2 }] } }
      - client.unsubscribe: { filters: [$topic/1, $topic/2, $topic/none] }
  # A topic of 1 byte to 65,535, and topics beyond ASCII, arrive as they were sent.
  - id: topics-byte-for-byte
    title: A Topic Name goes through byte for byte
    covers: { 3.1.1: [MQTT-3.3.2-3, MQTT-1.5.3-3, MQTT-4.7.3-4], 5.0: [MQTT-3.3.2-3, MQTT-1.5.4-3, MQTT-4.7.3-4] }
    matrix:
      tail:
        ends-with-a-slash: "/"
        beyond-ascii: "/ü"
        beyond-the-first-plane: "/\\u20ac\\U0001F600"
        u-feff: "/\\uFEFF"
        decomposed: "/a\\u0301"
        composed: "/\\u00e1"
        blank: "/ "
        u-10000: "/\\U00010000"
    steps:
      - client.connect: {}
      - client.subscribe: { filter: $topic$tail, qos: 1 }
      - client.send: { PUBLISH: { topic: $topic$tail, qos: 1, id: 7, payload: x } }
      - together:
          - client.expect: { PUBACK: { id: 7 } }
          - client.expect: { PUBLISH: { topic: $topic$tail, payload: x } }
  - id: longest-filter
    title: A Topic Filter of 65535 bytes is answered
    covers: { 3.1.1: [MQTT-3.8.4-1], 5.0: [MQTT-3.8.4-1] }
    steps:
      - client.connect: {}
      - client.send: { SUBSCRIBE: { id: 7, filters: [{ filter: { size: 65535 }, qos: 0 }] } }
      - client.expect: { SUBACK: { id: 7 }, level: should }
  - id: identifiers
    title: The ends of the range of Packet Identifiers are answered under the same
    covers: { 3.1.1: [MQTT-4.3.2-2, MQTT-3.8.4-2], 5.0: [MQTT-4.3.2-4, MQTT-3.8.4-2] }
    matrix: { id: [1, 255, 256, 32767, 32768, 65535] }
    steps:
      - client.connect: {}
      - client.send: { PUBLISH: { topic: $topic, qos: 1, id: $id, payload: x } }
      - client.expect: { PUBACK: { id: $id } }
      - client.send: { SUBSCRIBE: { id: $id, filters: [{ filter: $topic/none, qos: 1 }] } }
      - client.expect: { SUBACK: { id: $id } }
      - client.send: { UNSUBSCRIBE: { id: $id, filters: [$topic/none] } }
      - client.expect: { UNSUBACK: { id: $id } }
  - id: empty-payload
    title: A message without a payload goes through
    covers: { 3.1.1: [MQTT-4.3.2-2], 5.0: [MQTT-4.3.2-4] }
    steps:
      - client.connect: {}
      - client.subscribe: { filter: $topic, qos: 0 }
      - client.send: { PUBLISH: { topic: $topic, qos: 1, id: 7, payload: "" } }
      - together:
          - client.expect: { PUBACK: { id: 7 } }
          - client.expect: { PUBLISH: { topic: $topic, payload: "" } }
  # In 5.0 an acknowledgement may end behind its identifier, behind its code, or have both.
  - id: pubrel-forms
    title: Every form of PUBREL is answered
    covers: { 5.0: [MQTT-4.3.3-11] }
    bugs: [C03]
    matrix: { more: { code: "00", code-and-no-properties: "0000", reason-string: "00051f00026f6b", user-property: "0007260001610001 62" } }
    steps:
      - client.connect: {}
      - client.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: x } }
      - client.expect: { PUBREC: { id: 7 } }
      - client.send: { PUBREL: { id: 7, extra: $more } }
      - client.expect: { PUBCOMP: { id: 7 } }
      - client.ping:
  - id: puback-forms
    title: Every form of PUBACK is taken
    covers: { 5.0: [MQTT-4.3.2-3] }
    bugs: [C03]
    matrix: { more: { code: "00", code-and-no-properties: "0000", reason-string: "00051f00026f6b", user-property: "000726000161000162" } }
    steps:
      - client.connect: { answers: by-hand }
      - client.subscribe: { filter: $topic, qos: 1 }
      - publisher.connect: {}
      - publisher.publish: { topic: $topic, qos: 1, payload: x }
      - client.expect: { PUBLISH: { id: $id, payload: x } }
      - client.send: { PUBACK: { id: $id, extra: $more } }
      - client.ping:
  - id: pubrec-forms
    title: Every form of PUBREC is taken
    covers: { 5.0: [MQTT-4.3.3-4] }
    bugs: [C03, C09]
    matrix: { more: { code: "00", code-and-no-properties: "0000", reason-string: "00051f00026f6b", user-property: "000726000161000162" } }
    requires: qos2
    steps:
      - client.connect: { answers: by-hand }
      - client.subscribe: { filter: $topic, qos: 2 }
      - publisher.connect: {}
      - publisher.publish: { topic: $topic, qos: 2, payload: x }
      - client.expect: { PUBLISH: { id: $id, payload: x } }
      - client.send: { PUBREC: { id: $id, extra: $more } }
      - client.send: { PINGREQ: {} }
      - client.expect: { oneOf: [{ PUBREL: { id: $id } }, { PINGRESP: {} }] }
  # Refusals that a client may give: they are no error of the protocol.
  - id: puback-codes
    title: Every reason code of PUBACK is taken
    covers: { 5.0: [MQTT-3.4.2-1] }
    bugs: [C09]
    matrix: { code: [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99] }
    steps:
      - client.connect: { answers: by-hand }
      - client.subscribe: { filter: $topic, qos: 1 }
      - publisher.connect: {}
      - publisher.publish: { topic: $topic, qos: 1, payload: x }
      - client.expect: { PUBLISH: { id: $id, payload: x } }
      - client.send: { PUBACK: { id: $id, code: $code } }
      - client.ping:
  - id: pubrec-codes
    title: Every reason code of PUBREC is taken, and is the end of the message
    covers: { 5.0: [MQTT-3.5.2-1, MQTT-4.4.0-2] }
    bugs: [C09]
    matrix: { code: [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99] }
    requires: qos2
    steps:
      - client.connect: { answers: by-hand }
      - client.subscribe: { filter: $topic, qos: 2 }
      - publisher.connect: {}
      - publisher.publish: { topic: $topic, qos: 2, payload: x }
      - client.expect: { PUBLISH: { id: $id, payload: x } }
      - client.send: { PUBREC: { id: $id, code: $code } }
      - client.ping:
  # An ordinary good-bye in each of its forms drops the will.
  - id: disconnect-forms
    title: Every form of an ordinary DISCONNECT is one
    covers: { 5.0: [MQTT-3.14.4-3] }
    matrix: { more: { code: "00", code-and-no-properties: "0000", reason-string: "00051f00026f6b", session-expiry-interval: "000511000000 00" } }
    requires: will
    steps:
      - observer.connect: {}
      - observer.subscribe: { filter: $topic, qos: 0 }
      - client.connect: { will: { topic: $topic, payload: gone } }
      - client.send: { DISCONNECT: { code: 0, extra: $more } }
      - client.expect: { closed: {}, level: should, cite: §3.14.4 }
      - fence: [observer]
    verify:
      - not-delivered: { payload: gone }`
  .split('\n')
  .slice(1)

const clientForms = `
  # In 5.0 an acknowledgement may end behind its identifier, behind its code, or have both.
  - id: puback-forms
    title: Every form of PUBACK completes a message
    covers: { 5.0: [MQTT-4.3.2-3] }
    bugs: [C03]
    matrix: { more: { code: "00", code-and-no-properties: "0000", no-subscribers: "10", no-subscribers-and-no-properties: "1000", reason-string: "00051f00026f6b", user-property: "000726000161000162" } }
    steps:
      - use: connected
      - app.publish: { topic: $topic, qos: 1, payload: x, tag: m }
      - broker.expect: { PUBLISH: { id: $id, payload: x } }
      - broker.send: { PUBACK: { id: $id, extra: $more } }
      - app.expect: { published: { tag: m } }
  - id: pubrec-forms
    title: Every form of a good PUBREC is answered by PUBREL
    covers: { 5.0: [MQTT-4.3.3-4] }
    bugs: [C03]
    requires: qos2
    matrix: { more: { code: "00", code-and-no-properties: "0000", no-subscribers: "10", no-subscribers-and-no-properties: "1000", reason-string: "00051f00026f6b", user-property: "000726000161000162" } }
    steps:
      - use: connected
      - app.publish: { topic: $topic, qos: 2, payload: x, tag: m }
      - broker.expect: { PUBLISH: { id: $id, payload: x } }
      - broker.send: { PUBREC: { id: $id, extra: $more } }
      - broker.expect: { PUBREL: { id: $id } }
      - broker.send: { PUBCOMP: { id: $id, extra: "00" } }
      - app.expect: { published: { tag: m } }
  - id: pubrel-forms
    title: Every form of PUBREL is answered by PUBCOMP
    covers: { 5.0: [MQTT-4.3.3-11] }
    bugs: [C03]
    requires: qos2
    matrix: { more: { code: "00", code-and-no-properties: "0000", reason-string: "00051f00026f6b", user-property: "000726000161000162" } }
    steps:
      - use: accepting
      - broker.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: x } }
      - broker.expect: { PUBREC: { id: 7 } }
      - broker.send: { PUBREL: { id: 7, extra: $more } }
      - broker.expect: { PUBCOMP: { id: 7 } }
      - app.expect: { delivered: { payload: x } }
  - id: identifiers
    title: A message under the ends of the range of Packet Identifiers is acknowledged under the same
    covers: { 3.1.1: [MQTT-4.3.2-2, MQTT-2.3.1-6], 5.0: [MQTT-4.3.2-4, MQTT-2.2.1-5] }
    matrix: { id: [1, 255, 256, 32767, 32768, 65535] }
    steps:
      - use: accepting
      - broker.send: { PUBLISH: { topic: $topic, qos: 1, id: $id, payload: x } }
      - broker.expect: { PUBACK: { id: $id } }
      - app.expect: { delivered: { payload: x } }
  - id: empty-payload
    title: A message without a payload is delivered
    covers: { 3.1.1: [MQTT-4.3.2-2], 5.0: [MQTT-4.3.2-4] }
    steps:
      - use: accepting
      - broker.send: { PUBLISH: { topic: $topic, qos: 1, id: 7, payload: "" } }
      - broker.expect: { PUBACK: { id: 7 } }
      - app.expect: { delivered: { payload: "" } }
  # Both ways: what the application says is on the wire, and what is on the wire reaches the application.
  - id: topics-to-the-application
    title: A Topic Name reaches the application byte for byte
    covers: { 3.1.1: [MQTT-4.3.2-2], 5.0: [MQTT-4.3.2-4] }
    matrix:
      tail:
        ends-with-a-slash: "/"
        beyond-ascii: "/ü"
        beyond-the-first-plane: "/\\u20ac\\U0001F600"
        u-feff: "/\\uFEFF"
        decomposed: "/a\\u0301"
        blank: "/ "
    steps:
      - use: accepting
      - broker.send: { PUBLISH: { topic: $topic$tail, qos: 1, id: 7, payload: x } }
      - broker.expect: { PUBACK: { id: 7 } }
      - app.expect: { delivered: { topic: $topic$tail, payload: x } }
  - id: topics-of-the-application
    title: A Topic Name of the application is on the wire byte for byte
    covers: { 3.1.1: [MQTT-3.3.2-1], 5.0: [MQTT-3.3.2-1] }
    matrix:
      tail:
        ends-with-a-slash: "/"
        beyond-ascii: "/ü"
        beyond-the-first-plane: "/\\u20ac\\U0001F600"
        u-feff: "/\\uFEFF"
        decomposed: "/a\\u0301"
        blank: "/ "
    steps:
      - use: connected
      - app.publish: { topic: $topic$tail, qos: 1, payload: x, tag: m }
      - broker.expect: { PUBLISH: { topic: $topic$tail, id: $id, payload: x } }
      - broker.send: { PUBACK: { id: $id } }
      - app.expect: { published: { tag: m } }
  - id: filters-of-the-application
    title: A Topic Filter of the application is on the wire byte for byte
    covers: { 3.1.1: [MQTT-3.8.3-1, MQTT-3.10.3-1], 5.0: [MQTT-3.8.3-1, MQTT-3.10.3-1] }
    matrix:
      tail:
        ends-with-a-slash: "/"
        beyond-ascii: "/ü"
        beyond-the-first-plane: "/\\u20ac\\U0001F600"
        u-feff: "/\\uFEFF"
        decomposed: "/a\\u0301"
        wildcards: "/+/#"
    steps:
      - use: connected
      - app.subscribe: { filter: $topic$tail, qos: 1, tag: s }
      - broker.expect: { SUBSCRIBE: { id: $id, filters: [{ filter: $topic$tail }] } }
      - broker.send: { SUBACK: { id: $id, codes: [1] } }
      - app.expect: { subscribed: { tag: s } }
      - app.unsubscribe: { filter: $topic$tail, tag: u }
      - broker.expect: { UNSUBSCRIBE: { id: $other, filters: [$topic$tail] } }
      - broker.send: { UNSUBACK: { id: $other, codes: [0] } }
      - app.expect: { unsubscribed: { tag: u } }`
  .split('\n')
  .slice(1)
