import { clientIdInBytes } from './client-id.ts'
import {
  framed,
  joined,
  nothing,
  type Octets,
  octets,
  prefixed,
  two,
  utf8,
  variable,
  varint,
} from './octets.ts'
import { type Breach, type FormatVersion, formatVersions, type Sender } from './packet-format.ts'
import { right } from './property-breaches.ts'

/** Breaches that belong to one packet alone: flags that say what the payload does not, topics and filters of a wrong form. */
export function specialBreaches(from: Sender): Breach[] {
  return from === 'client'
    ? [...connect, ...publish('client'), ...subscribe, ...auth]
    : publish('server')
}

/** A CONNECT with these flags and payload, in each version. */
function connectOf(flags: Octets, payload: Octets[], properties: Octets = nothing) {
  return each(version =>
    framed(
      octets(0x10),
      joined(
        prefixed(utf8('MQTT')),
        octets(version === '5.0' ? 5 : 4),
        flags,
        two(60),
        version === '5.0' ? joined(varint(properties.size), properties) : nothing,
        ...payload,
      ),
    ),
  )
}

/** Texts, each called as it reads. */
function asText(...texts: string[]): { [called: string]: string } {
  return Object.fromEntries(texts.map(text => [text, utf8(text).hex]))
}

function each(make: (version: FormatVersion) => Octets) {
  return Object.fromEntries(formatVersions.map(version => [version, make(version)])) as {
    [V in FormatVersion]: Octets
  }
}

const clientId = prefixed(utf8(clientIdInBytes))

const connect: Breach[] = [
  {
    id: 'will-qos-without-will',
    packet: 'CONNECT',
    from: 'client',
    with: 'with a Will QoS and no will',
    bytes: connectOf(variable('flags', 1), [clientId]),
    choices: {
      name: 'flags',
      values: { 'will-qos-1': '0a', 'will-qos-2': '12', 'will-qos-3': '1a' },
    },
    breaks: { '3.1.1': ['MQTT-3.1.2-13', 'MQTT-3.1.2-11'], '5.0': ['MQTT-3.1.2-11'] },
  },
  {
    id: 'will-retain-without-will',
    packet: 'CONNECT',
    from: 'client',
    with: 'with Will Retain and no will',
    bytes: connectOf(octets(0x22), [clientId]),
    breaks: { '3.1.1': ['MQTT-3.1.2-15', 'MQTT-3.1.2-11'], '5.0': ['MQTT-3.1.2-13'] },
  },
  {
    id: 'password-without-user-name',
    packet: 'CONNECT',
    from: 'client',
    with: 'with a password and no user name',
    bytes: { '3.1.1': connectOf(octets(0x42), [clientId, prefixed(utf8('p'))])['3.1.1'] },
    breaks: { '3.1.1': ['MQTT-3.1.2-22'] },
  },
  // What a flag does not announce must not be there.
  {
    id: 'user-name-without-its-flag',
    packet: 'CONNECT',
    from: 'client',
    with: 'with a user name that its flags do not tell of',
    bytes: connectOf(octets(0x02), [clientId, prefixed(utf8('u'))]),
    breaks: { '3.1.1': ['MQTT-3.1.2-18'], '5.0': ['MQTT-3.1.2-16'] },
    bugs: ['C04'],
  },
  {
    id: 'password-without-its-flag',
    packet: 'CONNECT',
    from: 'client',
    with: 'with a password that its flags do not tell of',
    bytes: connectOf(octets(0x82), [clientId, prefixed(utf8('u')), prefixed(utf8('p'))]),
    breaks: { '3.1.1': ['MQTT-3.1.2-20'], '5.0': ['MQTT-3.1.2-18'] },
    bugs: ['C04'],
  },
  // Binary Data in the place of a string shows the order: the password before the user name, the Will Payload before its topic.
  {
    id: 'password-before-user-name',
    packet: 'CONNECT',
    from: 'client',
    with: 'whose password, which is no text, comes before its user name',
    bytes: connectOf(octets(0xc2), [clientId, prefixed(octets(0xff)), prefixed(utf8('u'))]),
    breaks: { '3.1.1': ['MQTT-3.1.3-1'], '5.0': ['MQTT-3.1.3-1'] },
  },
  {
    id: 'authentication-data-without-method',
    packet: 'CONNECT',
    from: 'client',
    with: 'with Authentication Data and no method',
    bytes: { '5.0': connectOf(octets(0x02), [clientId], right('authenticationData'))['5.0'] },
    breaks: { '5.0': ['§3.1.2.11.10'] },
  },
  {
    id: 'second',
    packet: 'CONNECT',
    from: 'client',
    subject: 'second CONNECT',
    with: 'on a connection',
    bytes: connectOf(octets(0x02), [clientId]),
    breaks: { '3.1.1': ['MQTT-3.1.0-2'], '5.0': ['MQTT-3.1.0-2'] },
  },
]

function publishOf(first: Octets, topic: Octets, rest: { id: boolean; properties?: Octets }) {
  const properties = rest.properties ?? nothing
  return each(version =>
    framed(
      first,
      joined(
        prefixed(topic),
        rest.id ? two(7) : nothing,
        version === '5.0' ? joined(varint(properties.size), properties) : nothing,
        utf8('x'),
      ),
    ),
  )
}

function publish(from: Sender): Breach[] {
  const base = { packet: 'PUBLISH', from } as const
  const five = (first: number, topic: Octets, properties: Octets) => ({
    '5.0': publishOf(octets(first), topic, { id: true, properties })['5.0'],
  })
  return [
    {
      ...base,
      id: 'qos-3',
      with: 'at QoS 3',
      bytes: publishOf(variable('flags', 1), utf8('t'), { id: true }),
      choices: {
        name: 'flags',
        values: {
          'qos-3': '36',
          'qos-3-retain': '37',
          'qos-3-dup': '3e',
          'qos-3-dup-retain': '3f',
        },
      },
      breaks: { '3.1.1': ['MQTT-3.3.1-4'], '5.0': ['MQTT-3.3.1-4'] },
      bugs: ['C01'],
    },
    {
      ...base,
      id: 'dup-at-qos-0',
      with: 'at QoS 0 with DUP 1',
      bytes: publishOf(variable('flags', 1), utf8('t'), { id: false }),
      choices: { name: 'flags', values: { dup: '38', 'dup-retain': '39' } },
      breaks: { '3.1.1': ['MQTT-3.3.1-2'], '5.0': ['MQTT-3.3.1-2'] },
      level: 'should',
      bugs: ['S10'],
    },
    {
      ...base,
      id: 'wildcard-in-the-topic-name',
      with: 'whose Topic Name holds a wildcard',
      bytes: publishOf(octets(0x32), variable('name', 3), { id: true }),
      choices: { name: 'name', values: asText('###', 'a/#', 'a/+', '+/a', 'a+b') },
      breaks: {
        '3.1.1': ['MQTT-3.3.2-2', 'MQTT-4.7.1-1'],
        '5.0': ['MQTT-3.3.2-2', 'MQTT-4.7.0-1'],
      },
      refusedBy: { '5.0': 'PUBACK' },
    },
    {
      ...base,
      id: 'wildcard-in-the-response-topic',
      with: 'whose Response Topic holds a wildcard',
      bytes: five(0x32, utf8('t'), joined(octets(0x08), prefixed(variable('name', 3)))),
      choices: { name: 'name', values: asText('a/#', '+/a') },
      breaks: { '5.0': ['MQTT-3.3.2-14'] },
      // 4.13 leaves open how strictly a receiver looks at what it only passes on.
      level: 'should',
    },
    {
      ...base,
      id: 'no-topic-and-no-alias',
      with: 'without a Topic Name and without a Topic Alias',
      bytes: five(0x32, nothing, nothing),
      breaks: { '5.0': ['MQTT-4.7.3-1'] },
    },
    {
      ...base,
      id: 'alias-never-set',
      with: 'with a Topic Alias that was never set and no Topic Name',
      bytes: five(0x32, nothing, right('topicAlias')),
      breaks: { '5.0': ['MQTT-3.3.2-7', '§3.3.2.3.4'] },
    },
    ...(from === 'client'
      ? [
          {
            ...base,
            id: 'subscription-identifier-from-a-client',
            with: 'with a Subscription Identifier from a client',
            bytes: five(0x32, utf8('t'), right('subscriptionIdentifiers')),
            breaks: { '5.0': ['MQTT-3.3.4-6'] },
            // The standard forbids it to clients, and does not call it an error that a server has to see.
            level: 'should',
          } satisfies Breach,
        ]
      : []),
  ]
}

function subscribeOf(filter: Octets, options: number) {
  return each(version =>
    framed(
      octets(0x82),
      joined(two(7), version === '5.0' ? octets(0) : nothing, prefixed(filter), octets(options)),
    ),
  )
}

const subscribe: Breach[] = [
  {
    id: 'misplaced-number-sign',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'whose # does not stand alone at the end',
    bytes: subscribeOf(variable('filter', 3), 0),
    choices: { name: 'filter', values: asText('#/a', 'ab#', 'a##', '/##') },
    breaks: { '3.1.1': ['MQTT-4.7.1-2'], '5.0': ['MQTT-4.7.1-1'] },
    refusedBy: { '3.1.1': 'SUBACK', '5.0': 'SUBACK' },
  },
  {
    id: 'misplaced-plus-sign',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'whose + does not fill a level',
    bytes: subscribeOf(variable('filter', 3), 0),
    choices: { name: 'filter', values: asText('a+b', 'a+/', '+a/', '/++') },
    breaks: { '3.1.1': ['MQTT-4.7.1-3'], '5.0': ['MQTT-4.7.1-2'] },
    refusedBy: { '3.1.1': 'SUBACK', '5.0': 'SUBACK' },
  },
  {
    id: 'share-name-empty',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'to a shared subscription without a name',
    bytes: { '5.0': subscribeOf(utf8('$share//f'), 0)['5.0'] },
    breaks: { '5.0': ['MQTT-4.8.2-1'] },
    refusedBy: { '5.0': 'SUBACK' },
  },
  {
    id: 'share-without-filter',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'to a shared subscription without a filter',
    bytes: { '5.0': subscribeOf(joined(utf8('$share/'), variable('rest', 2)), 0)['5.0'] },
    choices: { name: 'rest', values: asText('ab', 'a/') },
    breaks: { '5.0': ['MQTT-4.8.2-2'] },
    refusedBy: { '5.0': 'SUBACK' },
  },
  {
    id: 'share-name-with-wildcard',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'to a shared subscription whose name holds a wildcard',
    bytes: {
      '5.0': subscribeOf(joined(utf8('$share/'), variable('name', 2), utf8('/f')), 0)['5.0'],
    },
    choices: { name: 'name', values: asText('a+', 'a#', '+a') },
    breaks: { '5.0': ['MQTT-4.8.2-2'] },
    refusedBy: { '5.0': 'SUBACK' },
  },
  {
    id: 'no-local-on-a-share',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'with No Local on a shared subscription',
    bytes: { '5.0': subscribeOf(utf8('$share/g/f'), 4)['5.0'] },
    breaks: { '5.0': ['MQTT-3.8.3-4'] },
  },
  {
    id: 'second-filter-cut-short',
    packet: 'SUBSCRIBE',
    from: 'client',
    with: 'whose second filter has no options',
    bytes: each(version =>
      framed(
        octets(0x82),
        joined(
          two(7),
          version === '5.0' ? octets(0) : nothing,
          prefixed(utf8('f')),
          octets(0),
          prefixed(utf8('g')),
        ),
      ),
    ),
    breaks: { '3.1.1': ['§3.8.3'], '5.0': ['§3.8.3.1'] },
    bugs: ['C05'],
  },
]

const auth: Breach[] = [
  {
    id: 'unasked',
    packet: 'AUTH',
    from: 'client',
    with: 'on a connection without an Authentication Method',
    bytes: { '5.0': joined(octets(0xf0), variable('body', 2)) },
    choices: { name: 'body', values: { continue: '0118', 're-authenticate': '0119' } },
    breaks: { '5.0': ['MQTT-4.12.0-7'] },
  },
]
