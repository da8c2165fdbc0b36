import type { PacketType } from '../../model/packet.ts'
import {
  byteValues,
  fieldOctets,
  flagValues,
  formatsOf,
  has,
  named,
  only,
  packetOctets,
  packetParts,
  perVersion,
  slug,
} from './build.ts'
import {
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
import type { Breach, ByVersion, Field, PacketFormat, Sender } from './packet-format.ts'
import { propertyBreaches } from './property-breaches.ts'
import { specialBreaches } from './special-breaches.ts'
import { wrongSender } from './wrong-sender.ts'
import { notUtf8, withNul } from './wrong-texts.ts'

/** Every packet of one side that breaks a rule of its format, made from the table of formats. */
export function breachesOf(from: Sender): Breach[] {
  return [
    ...formatsOf(from)
      .filter(format => isToBeSeen(format, from))
      .flatMap(format => [
        ...wrongFlags(format, from),
        ...wrongBytes(format, from),
        ...tooShort(format, from),
        ...surplus(format, from),
        ...zeroIds(format, from),
        ...texts(format, from),
        ...propertyBreaches(format, from),
        ...remainingLengths(format, from),
      ]),
    ...specialBreaches(from),
    ...wrongSender(from),
  ]
}

/**
 * A client closes at any DISCONNECT of a server, right or wrong, and either side at any AUTH that was not agreed upon: whether its
 * form was looked at cannot be seen.
 */
function isToBeSeen({ packet }: PacketFormat, from: Sender): boolean {
  return packet !== 'AUTH' && !(packet === 'DISCONNECT' && from === 'server')
}

/** Bits of the first byte that are reserved. Source: 3.1.1 §2.2.2, 5.0 §2.1.3. */
function wrongFlags(format: PacketFormat, from: Sender): Breach[] {
  const { values, breaks } = format.wrongFlags
  if (values.length === 0) return []
  return [
    {
      ...named(format, from, 'flags', 'with wrong flags in its first byte'),
      bytes: perVersion(format, from, version =>
        packetOctets(format, version, { first: variable('flags', 1) }),
      ),
      choices: { name: 'flags', values: flagValues(values) },
      breaks,
      bugs: ['C08'],
    },
  ]
}

/** A byte whose values are listed, with one that is not. */
function wrongBytes(format: PacketFormat, from: Sender): Breach[] {
  return format.fields.flatMap((field, index) => {
    if (field.form !== 'byte') return []
    return (field.wrong ?? []).map(({ id, with: what, values, breaks, level, bugs }) => ({
      ...named(format, from, id, what),
      bytes: only(
        breaks,
        perVersion(format, from, version =>
          packetOctets(format, version, { replace: { [index]: variable('byte', 1) } }),
        ),
      ),
      choices: { name: 'byte', values: byteValues(values) },
      breaks,
      ...(level ? { level } : {}),
      ...(bugs ? { bugs } : {}),
    }))
  })
}

/** The packet ends before a field, or within it, as its Remaining Length says. */
function tooShort(format: PacketFormat, from: Sender): Breach[] {
  return format.fields.flatMap((field, index) => {
    if (field.form === 'payload') return []
    const breaks = missing(field)
    const found: Breach[] = []
    if (!field.mayLack && field.missing) {
      found.push({
        ...named(format, from, `no-${slug(field.title)}`, `that ends before its ${field.title}`),
        bytes: only(
          breaks,
          perVersion(format, from, version =>
            has(field, version) ? packetOctets(format, version, { endBefore: index }) : undefined,
          ),
        ),
        breaks,
        bugs: ['C05'],
      })
    }
    if (field.form === 'byte' || field.form === 'properties') return found
    found.push({
      ...named(format, from, `half-${slug(field.title)}`, `that ends within its ${field.title}`),
      bytes: perVersion(format, from, version => {
        if (!has(field, version)) return undefined
        const whole = fieldOctets(field, version)
        const short = octets(...bytesOf(whole).slice(0, -1))
        return packetOctets(format, version, { endBefore: index, tail: short })
      }),
      breaks,
      bugs: ['C05'],
    })
    return found
  })
}

/** Bytes behind the last field. A payload, and a list of filters or codes, has no last field. */
function surplus(format: PacketFormat, from: Sender): Breach[] {
  const last = format.fields.at(-1)
  if (last?.form === 'payload' || format.packet === 'SUBACK') return []
  const bytes = perVersion(format, from, version => {
    if (version === '5.0' && format.packet === 'UNSUBACK') return undefined
    return packetOctets(format, version, { tail: octets(0) })
  })
  return [
    {
      ...named(format, from, 'surplus', 'with a byte behind its last field'),
      bytes,
      breaks: { '3.1.1': ['§2.2.3'], '5.0': ['§2.1.4'] },
      bugs: ['C04'],
    },
  ]
}

/** Source: 3.1.1 §2.3.1, 5.0 §2.2.1. */
function zeroIds(format: PacketFormat, from: Sender): Breach[] {
  const index = format.fields.findIndex(({ form }) => form === 'id')
  if (index < 0) return []
  return [
    {
      ...named(format, from, 'id-0', 'with Packet Identifier 0'),
      bytes: perVersion(format, from, version =>
        packetOctets(format, version, { replace: { [index]: two(0) } }),
      ),
      breaks: zeroBreaks(format.packet, from),
      bugs: ['C02'],
    },
  ]
}

function zeroBreaks(packet: PacketType, from: Sender): ByVersion<string[]> {
  const begins = packet === 'PUBLISH' || packet === 'SUBSCRIBE' || packet === 'UNSUBSCRIBE'
  if (!begins) return { '3.1.1': ['§2.3.1'], '5.0': ['§2.2.1'] }
  return {
    '3.1.1': ['MQTT-2.3.1-1'],
    '5.0': [from === 'client' ? 'MQTT-2.2.1-3' : 'MQTT-2.2.1-4'],
  }
}

/** Strings that are none. */
function texts(format: PacketFormat, from: Sender): Breach[] {
  return format.fields.flatMap((field, index) => {
    if (field.form !== 'text' || field.title === 'Protocol Name') return []
    const replaced = (content: Octets) =>
      perVersion(format, from, version =>
        packetOctets(format, version, { replace: { [index]: content } }),
      )
    const name = slug(field.title)
    const topicNul = field.topic ? ['MQTT-4.7.3-2'] : []
    const found: Breach[] = [
      {
        ...named(format, from, `${name}-not-utf-8`, `whose ${field.title} is not UTF-8`),
        bytes: replaced(prefixed(variable('text', 4))),
        choices: { name: 'text', values: notUtf8 },
        breaks: {
          '3.1.1': [...one(field.notUtf8?.['3.1.1']), 'MQTT-1.5.3-1'],
          '5.0': [...one(field.notUtf8?.['5.0']), 'MQTT-1.5.4-1'],
        },
      },
      {
        ...named(format, from, `${name}-with-u-0000`, `whose ${field.title} holds U+0000`),
        bytes: replaced(prefixed(variable('text', 4))),
        choices: { name: 'text', values: withNul },
        breaks: {
          '3.1.1': [...topicNul, 'MQTT-1.5.3-2'],
          '5.0': [...topicNul, 'MQTT-1.5.4-2'],
        },
      },
      {
        ...named(
          format,
          from,
          `${name}-beyond-the-end`,
          `whose ${field.title} is longer than the packet`,
        ),
        bytes: replaced(joined(two(0xffff), utf8(field.value))),
        breaks: { '3.1.1': ['§1.5.3'], '5.0': ['§1.5.4'] },
        bugs: ['C05'],
      },
    ]
    if (field.topic) {
      found.push({
        ...named(format, from, `${name}-empty`, `whose ${field.title} is empty`),
        bytes: replaced(prefixed(nothing)),
        breaks: { '3.1.1': ['MQTT-4.7.3-1'], '5.0': ['MQTT-4.7.3-1'] },
        ...(format.packet === 'SUBSCRIBE'
          ? { refusedBy: { '3.1.1': 'SUBACK', '5.0': 'SUBACK' } }
          : {}),
      })
    }
    return found
  })
}

/** A Remaining Length in five bytes, and one in more bytes than it needs. Source: 5.0 §1.5.5, §2.1.4. */
function remainingLengths(format: PacketFormat, from: Sender): Breach[] {
  const lengths = (write: (body: Octets) => Octets) =>
    perVersion(format, from, version => {
      const { first, body } = packetParts(format, version)
      return joined(first, write(body), body)
    })
  return [
    {
      ...named(
        format,
        from,
        'remaining-length-of-five-bytes',
        'whose Remaining Length has five bytes',
      ),
      // A decoder that goes on takes the one for the length it is, and waits for the rest of the other.
      bytes: lengths(body =>
        joined(octets(0x80 | body.size, 0x80, 0x80, 0x80), variable('fifthByte', 1)),
      ),
      choices: { name: 'fifthByte', values: byteValues([0, 1]) },
      breaks: { '3.1.1': ['§2.2.3'], '5.0': ['§2.1.4'] },
      bugs: ['C05', 'C10'],
    },
    {
      ...named(
        format,
        from,
        'remaining-length-padded',
        'whose Remaining Length takes more bytes than it needs',
      ),
      bytes: { '5.0': lengths(body => varint(body.size, 3))['5.0']! },
      breaks: { '5.0': ['MQTT-1.5.5-1'] },
      level: 'may',
      bugs: ['C10'],
    },
  ]
}

function missing(field: Field): ByVersion<string[]> {
  const old = field.missing?.['3.1.1']
  const five = field.missing?.['5.0']
  return {
    ...(field.only === '5.0' ? {} : { '3.1.1': [old ?? '§2.2.3'] }),
    '5.0': [five ?? '§2.1.4'],
  }
}

function bytesOf({ hex }: Octets): number[] {
  return (hex.match(/../g) ?? []).map(digits => Number.parseInt(digits, 16))
}

function one<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
