import { clientIdInBytes } from './client-id.ts'
import type { ByVersion, Field, PacketFormat, WrongByte } from './packet-format.ts'

/**
 * The packets of 3.1.1 and 5.0, field by field, each with a value that is right. From it come the packets that break a rule
 * (`breaches.ts`) and, beside `neighbours.ts`, those that only look as if they did.
 *
 * Texts are as short as they can be, so that a ladder shows a packet in one line.
 */

const both = (old: string, five = old): ByVersion<string> => ({ '3.1.1': old, '5.0': five })
const lists = (old: string[], five = old): ByVersion<string[]> => ({ '3.1.1': old, '5.0': five })

const id: Field = { title: 'Packet Identifier', form: 'id', value: 7 }
const properties = (place: (Field & { form: 'properties' })['place']): Field => ({
  title: 'Properties',
  form: 'properties',
  place,
  only: '5.0',
  missing: { '5.0': 'MQTT-2.2.2-1' },
})

/** The low four bits of the first byte, one wrong bit at a time and all of them. */
const reserved = (right: number, type: number) =>
  [1, 2, 4, 8, 15].map(bits => (type << 4) | (right ^ bits))

const flags = (type: number, right: number, own: ByVersion<string> = {}) => ({
  values: reserved(right, type),
  breaks: {
    '3.1.1': [...(own['3.1.1'] ? [own['3.1.1']] : []), 'MQTT-2.2.2-2'],
    '5.0': [...(own['5.0'] ? [own['5.0']] : []), 'MQTT-2.1.3-1'],
  },
})

/** PUBACK, PUBREC, PUBREL and PUBCOMP. In 5.0 code and properties may be left out. */
function acknowledgement(
  packet: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP',
  type: number,
  codes: { statement: string; unlisted: number[] },
): PacketFormat {
  const right = packet === 'PUBREL' ? 2 : 0
  const code: WrongByte = {
    id: 'reason-code',
    with: 'with a reason code that it does not have',
    values: codes.unlisted,
    breaks: { '5.0': [codes.statement] },
    // 4.13 leaves open how strictly a receiver looks at what it has no use for.
    level: 'should',
    bugs: ['C09'],
  }
  return {
    packet,
    from: ['client', 'server'],
    first: (type << 4) | right,
    wrongFlags: flags(type, right, packet === 'PUBREL' ? both('MQTT-3.6.1-1') : {}),
    fields: [
      { ...id, missing: both('§2.3.1', '§2.2.1') },
      { title: 'Reason Code', form: 'byte', value: 0, only: '5.0', mayLack: true, wrong: [code] },
      { ...properties(packet), mayLack: true },
    ],
  }
}

/** User name and password stand in it, and a will. */
const connectFlags: WrongByte[] = [
  {
    id: 'reserved-bit',
    with: 'with the reserved bit of its flags set',
    values: [0xc7, 0xcf],
    breaks: lists(['MQTT-3.1.2-3']),
  },
  {
    id: 'will-qos-3',
    with: 'with Will QoS 3',
    values: [0xde, 0xfe],
    breaks: lists(['MQTT-3.1.2-14'], ['MQTT-3.1.2-12']),
    bugs: ['C01'],
  },
]

export const packetFormats: readonly PacketFormat[] = [
  {
    packet: 'CONNECT',
    from: ['client'],
    first: 0x10,
    wrongFlags: flags(1, 0),
    fields: [
      { title: 'Protocol Name', form: 'text', value: 'MQTT', missing: both('MQTT-3.1.2-1') },
      // The engine of the table puts the level of the version in.
      { title: 'Protocol Level', form: 'byte', value: 0, missing: both('§3.1.2.2') },
      {
        title: 'Connect Flags',
        form: 'byte',
        value: 0xc6,
        missing: both('§3.1.2.3'),
        wrong: connectFlags,
      },
      { title: 'Keep Alive', form: 'two', value: 60, missing: both('§3.1.2.10') },
      properties('CONNECT'),
      {
        title: 'Client Identifier',
        form: 'text',
        value: clientIdInBytes,
        notUtf8: both('MQTT-3.1.3-4'),
        missing: both('MQTT-3.1.3-3'),
      },
      { ...properties('will'), title: 'Will Properties', missing: { '5.0': 'MQTT-3.1.2-9' } },
      {
        title: 'Will Topic',
        form: 'text',
        value: 'w',
        topic: 'name',
        notUtf8: both('MQTT-3.1.3-10', 'MQTT-3.1.3-11'),
        missing: both('MQTT-3.1.2-9'),
      },
      { title: 'Will Payload', form: 'binary', value: 'x', missing: both('MQTT-3.1.2-9') },
      {
        title: 'User Name',
        form: 'text',
        value: 'u',
        notUtf8: both('MQTT-3.1.3-11', 'MQTT-3.1.3-12'),
        missing: both('MQTT-3.1.2-19', 'MQTT-3.1.2-17'),
      },
      {
        title: 'Password',
        form: 'binary',
        value: 'p',
        missing: both('MQTT-3.1.2-21', 'MQTT-3.1.2-19'),
      },
    ],
  },
  {
    packet: 'CONNACK',
    from: ['server'],
    first: 0x20,
    wrongFlags: flags(2, 0),
    fields: [
      {
        title: 'Connect Acknowledge Flags',
        form: 'byte',
        value: 0,
        missing: both('§3.2.2.1'),
        wrong: [
          {
            id: 'reserved-bits',
            with: 'with reserved bits in its flags',
            values: [0x02, 0x80, 0xfe],
            breaks: lists(['§3.2.2.1'], ['MQTT-3.2.2-1']),
          },
        ],
      },
      {
        title: 'Reason Code',
        form: 'byte',
        value: 0,
        missing: both('§3.2.2.3', '§3.2.2.2'),
        wrong: [
          {
            id: 'return-code',
            with: 'with a return code that is reserved',
            values: [6, 255],
            breaks: { '3.1.1': ['§3.2.2.3'] },
            level: 'should',
          },
          {
            id: 'reason-code',
            with: 'with a reason code that it does not have',
            values: [0x01, 0x18, 0x92],
            breaks: { '5.0': ['MQTT-3.2.2-8'] },
            level: 'should',
            bugs: ['C09'],
          },
        ],
      },
      properties('CONNACK'),
    ],
  },
  {
    packet: 'PUBLISH',
    variant: { id: 'qos-0', title: 'at QoS 0' },
    from: ['client', 'server'],
    first: 0x30,
    wrongFlags: { values: [], breaks: {} },
    fields: [
      {
        title: 'Topic Name',
        form: 'text',
        value: 't',
        topic: 'name',
        missing: both('MQTT-3.3.2-1'),
      },
      properties('PUBLISH'),
      { title: 'Payload', form: 'payload', value: 'x' },
    ],
  },
  {
    packet: 'PUBLISH',
    from: ['client', 'server'],
    first: 0x32,
    wrongFlags: { values: [], breaks: {} },
    fields: [
      {
        title: 'Topic Name',
        form: 'text',
        value: 't',
        topic: 'name',
        notUtf8: both('MQTT-3.3.2-1'),
        missing: both('MQTT-3.3.2-1'),
      },
      { ...id, missing: both('MQTT-2.3.1-1', '§2.2.1') },
      properties('PUBLISH'),
      { title: 'Payload', form: 'payload', value: 'x' },
    ],
  },
  acknowledgement('PUBACK', 4, { statement: 'MQTT-3.4.2-1', unlisted: [0x01, 0x92, 0xff] }),
  acknowledgement('PUBREC', 5, { statement: 'MQTT-3.5.2-1', unlisted: [0x01, 0x92, 0xff] }),
  acknowledgement('PUBREL', 6, { statement: 'MQTT-3.6.2-1', unlisted: [0x01, 0x10, 0x97] }),
  acknowledgement('PUBCOMP', 7, { statement: 'MQTT-3.7.2-1', unlisted: [0x01, 0x10, 0x97] }),
  {
    packet: 'SUBSCRIBE',
    from: ['client'],
    first: 0x82,
    wrongFlags: flags(8, 2, both('MQTT-3.8.1-1')),
    fields: [
      { ...id, missing: both('MQTT-2.3.1-1', '§2.2.1') },
      properties('SUBSCRIBE'),
      {
        title: 'Topic Filter',
        form: 'text',
        value: 'f',
        topic: 'filter',
        notUtf8: both('MQTT-3.8.3-1'),
        missing: both('MQTT-3.8.3-3', 'MQTT-3.8.3-2'),
      },
      {
        title: 'Subscription Options',
        form: 'byte',
        value: 0,
        missing: both('§3.8.3', '§3.8.3.1'),
        wrong: [
          {
            id: 'qos-3',
            with: 'at QoS 3',
            values: [3],
            breaks: lists(['MQTT-3.8.3-4'], ['§3.8.3.1']),
            bugs: ['C01'],
          },
          {
            id: 'reserved-bits',
            with: 'with reserved bits beside the QoS',
            values: [0x04, 0x10, 0x80],
            breaks: { '3.1.1': ['MQTT-3.8.3-4'] },
          },
          {
            id: 'reserved-options',
            with: 'with reserved bits in its options',
            values: [0x40, 0x80, 0xc1],
            breaks: { '5.0': ['MQTT-3.8.3-5'] },
          },
          {
            id: 'retain-handling-3',
            with: 'with Retain Handling 3',
            values: [0x30, 0x31],
            breaks: { '5.0': ['§3.8.3.1'] },
          },
        ],
      },
    ],
  },
  {
    packet: 'SUBACK',
    from: ['server'],
    first: 0x90,
    wrongFlags: flags(9, 0),
    fields: [
      { ...id, missing: both('§3.9.2') },
      properties('SUBACK'),
      {
        title: 'Reason Code',
        form: 'byte',
        value: 0,
        wrong: [
          {
            id: 'return-code',
            with: 'with a return code that is reserved',
            values: [3, 0x7f, 0x81],
            breaks: { '3.1.1': ['MQTT-3.9.3-2'] },
          },
          {
            id: 'reason-code',
            with: 'with a reason code that it does not have',
            values: [0x03, 0x18, 0x92],
            breaks: { '5.0': ['MQTT-3.9.3-2'] },
            level: 'should',
            bugs: ['C09'],
          },
        ],
      },
    ],
  },
  {
    packet: 'UNSUBSCRIBE',
    from: ['client'],
    first: 0xa2,
    wrongFlags: flags(10, 2, both('MQTT-3.10.1-1')),
    fields: [
      { ...id, missing: both('MQTT-2.3.1-1', '§2.2.1') },
      properties('UNSUBSCRIBE'),
      {
        title: 'Topic Filter',
        form: 'text',
        value: 'f',
        topic: 'filter',
        notUtf8: both('MQTT-3.10.3-1'),
        missing: both('MQTT-3.10.3-2'),
      },
    ],
  },
  {
    packet: 'UNSUBACK',
    from: ['server'],
    first: 0xb0,
    wrongFlags: flags(11, 0),
    fields: [
      { ...id, missing: both('§3.11.2') },
      properties('UNSUBACK'),
      {
        title: 'Reason Code',
        form: 'byte',
        value: 0,
        only: '5.0',
        wrong: [
          {
            id: 'reason-code',
            with: 'with a reason code that it does not have',
            values: [0x01, 0x10, 0x92],
            breaks: { '5.0': ['MQTT-3.11.3-2'] },
            level: 'should',
            bugs: ['C09'],
          },
        ],
      },
    ],
  },
  { packet: 'PINGREQ', from: ['client'], first: 0xc0, wrongFlags: flags(12, 0), fields: [] },
  { packet: 'PINGRESP', from: ['server'], first: 0xd0, wrongFlags: flags(13, 0), fields: [] },
  {
    packet: 'DISCONNECT',
    from: ['client', 'server'],
    first: 0xe0,
    wrongFlags: flags(14, 0, both('MQTT-3.14.1-1')),
    fields: [
      {
        title: 'Reason Code',
        form: 'byte',
        value: 0,
        only: '5.0',
        mayLack: true,
        wrong: [
          {
            id: 'reason-code',
            with: 'with a reason code that it does not have',
            values: [0x01, 0x10, 0x92],
            breaks: { '5.0': ['MQTT-3.14.2-1'] },
            level: 'should',
            bugs: ['C09'],
          },
        ],
      },
      { ...properties('DISCONNECT'), mayLack: true },
    ],
  },
  {
    packet: 'AUTH',
    from: ['client', 'server'],
    only: '5.0',
    first: 0xf0,
    wrongFlags: flags(15, 0, { '5.0': 'MQTT-3.15.1-1' }),
    fields: [
      { title: 'Reason Code', form: 'byte', value: 0x18, mayLack: true },
      { ...properties('AUTH'), mayLack: true },
    ],
  },
]
