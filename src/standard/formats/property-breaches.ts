import { byteValues, named, packetOctets, slug } from './build.ts'
import {
  four,
  joined,
  type Octets,
  octets,
  prefixed,
  two,
  utf8,
  variable,
  varint,
} from './octets.ts'
import type { Breach, PacketFormat, Sender } from './packet-format.ts'
import {
  mayRepeat,
  type PropertyFormat,
  type PropertyName,
  type PropertyPlace,
  propertyFormats,
  sectionOf,
  unknownProperties,
} from './property-places.ts'
import { notUtf8, withNul } from './wrong-texts.ts'

/** All that can be wrong with the properties of a packet, in each place that has some. Source: 5.0 §2.2.2. */
export function propertyBreaches(format: PacketFormat, from: Sender): Breach[] {
  return format.fields.flatMap((field, index) => {
    if (field.form !== 'properties') return []
    const make = (id: string, what: string, content: Octets, breaks: string[], more: More = {}) =>
      breachAt(format, from, { index, place: field.place }, id, what, content, breaks, more)
    return [
      ...lengths(make, field.place),
      ...unknown(make, field.place),
      ...misplaced(make, field.place),
      ...repeated(make, field.place),
      ...values(make, field.place),
      ...strings(make, field.place),
    ]
  })
}

type More = Pick<Breach, 'choices' | 'level' | 'bugs'>
type Make = (id: string, what: string, content: Octets, breaks: string[], more?: More) => Breach

/** A packet whose properties, their length among them, are these bytes. */
function breachAt(
  format: PacketFormat,
  from: Sender,
  { index, place }: { index: number; place: PropertyPlace },
  id: string,
  what: string,
  content: Octets,
  breaks: string[],
  more: More,
): Breach {
  // What may be left out must be there once something stands behind it, as it is.
  const bytes = packetOctets(format, '5.0', { replace: { [index]: content } })
  return {
    ...named(format, from, id, what),
    bytes: { '5.0': bytes },
    breaks: { '5.0': breaks },
    ...(place === 'will' ? { subject: 'will' } : {}),
    bugs: ['C03'],
    ...more,
  }
}

/** Properties with their length before them. */
function list(...properties: Octets[]): Octets {
  const all = joined(...properties)
  return joined(varint(all.size), all)
}

function lengths(make: Make, place: PropertyPlace): Breach[] {
  const id = (name: string) => idAt(place, name)
  return [
    make(
      id('property-length-beyond-the-end'),
      `with a Property Length beyond its end`,
      varint(127),
      ['§2.2.2.1'],
    ),
    make(
      id('property-length-of-five-bytes'),
      `whose Property Length has five bytes`,
      joined(octets(0x80, 0x80, 0x80, 0x80), variable('fifthByte', 1)),
      ['§1.5.5'],
      { choices: { name: 'fifthByte', values: byteValues([0, 1]) }, bugs: ['C10'] },
    ),
    make(
      id('property-length-padded'),
      `whose Property Length takes more bytes than it needs`,
      varint(0, 2),
      ['MQTT-1.5.5-1'],
      { level: 'may', bugs: ['C10'] },
    ),
    make(
      id('property-cut-short'),
      `with a property that does not end with the Property Length`,
      joined(varint(4), userProperty),
      ['§2.2.2.1'],
    ),
    make(
      id('property-identifier-padded'),
      `with a property identifier in more bytes than it needs`,
      list(joined(octets(0xa6, 0x00), prefixed(utf8('n')), prefixed(utf8('v')))),
      ['MQTT-1.5.5-1'],
      { level: 'may', bugs: ['C10'] },
    ),
  ]
}

const userProperty = joined(octets(0x26), prefixed(utf8('n')), prefixed(utf8('v')))

function unknown(make: Make, place: PropertyPlace): Breach[] {
  return [
    make(
      idAt(place, 'unknown-property'),
      `with a property that 5.0 does not have`,
      list(joined(variable('property', 1), octets(0))),
      ['§2.2.2.2'],
      {
        choices: { name: 'property', values: byteValues(unknownProperties) },
      },
    ),
  ]
}

/** Every property of other packets. */
function misplaced(make: Make, place: PropertyPlace): Breach[] {
  return names().flatMap(name => {
    if (sectionOf(place, name)) return []
    const { title } = propertyFormats[name]
    return [
      make(
        idAt(place, `misplaced-${slug(title)}`),
        `with the property ${title}`,
        list(right(name)),
        ['§2.2.2.2'],
      ),
    ]
  })
}

/** Every property that may come once only. */
function repeated(make: Make, place: PropertyPlace): Breach[] {
  return names().flatMap(name => {
    const section = sectionOf(place, name)
    if (!section || mayRepeat(place, name)) return []
    const { title } = propertyFormats[name]
    // Data without its method would be wrong by itself.
    const before = name === 'authenticationData' ? [right('authenticationMethod')] : []
    return [
      make(
        idAt(place, `${slug(title)}-twice`),
        `with ${article(title)} twice`,
        list(...before, right(name), right(name)),
        [`§${section}`],
      ),
    ]
  })
}

/** Values that a property never has. */
function values(make: Make, place: PropertyPlace): Breach[] {
  return names().flatMap(name => {
    const section = sectionOf(place, name)
    const { id, form, title, never = [], statement } = formatOf(name)
    if (!section || never.length === 0) return []
    const breaks = [...(statement ? [statement] : []), `§${section}`]
    const size = form === 'byte' || form === 'varint' ? 1 : form === 'two' ? 2 : 4
    const [only] = never
    const single = never.length === 1
    return [
      make(
        idAt(place, single ? `${slug(title)}-${only}` : `${slug(title)}-out-of-range`),
        `with ${article(title)} ${single ? only : 'that is neither 0 nor 1'}`,
        list(
          joined(octets(id), single ? octets(...new Array(size).fill(0)) : variable('value', size)),
        ),
        breaks,
        single
          ? {}
          : {
              // Of all of them this alone is not said to be an error. Source: 5.0 §3.3.2.3.2.
              ...(name === 'payloadFormatIndicator' ? { level: 'should' as const } : {}),
              choices: { name: 'value', values: byteValues(never) },
            },
      ),
    ]
  })
}

/** Strings of properties that are none, and lengths that reach beyond the properties. */
function strings(make: Make, place: PropertyPlace): Breach[] {
  return names().flatMap(name => {
    const section = sectionOf(place, name)
    const { id, form, title, statement } = formatOf(name)
    if (!section || (form !== 'text' && form !== 'pair' && form !== 'binary')) return []
    const before = name === 'authenticationData' ? [right('authenticationMethod')] : []
    const found: Breach[] = []
    const own = statement ? [statement] : []
    for (const { half, content } of contents(form)) {
      const what = half ? `${half} of a ${title}` : title
      const key = slug(half ? `${title} ${half}` : title)
      found.push(
        make(
          idAt(place, `${key}-not-utf-8`),
          `whose ${what} is not UTF-8`,
          list(joined(octets(id), content(prefixed(variable('text', 4))))),
          [...own, 'MQTT-1.5.4-1'],
          { choices: { name: 'text', values: notUtf8 }, bugs: [] },
        ),
        make(
          idAt(place, `${key}-with-u-0000`),
          `whose ${what} holds U+0000`,
          list(joined(octets(id), content(prefixed(variable('text', 4))))),
          [...own, 'MQTT-1.5.4-2'],
          { choices: { name: 'text', values: withNul }, bugs: [] },
        ),
      )
    }
    found.push(
      make(
        idAt(place, `${slug(title)}-beyond-the-end`),
        `with ${article(title)} longer than the packet`,
        list(...before, joined(octets(id), two(0xffff), utf8('x'))),
        [`§${section}`],
        { bugs: ['C05'] },
      ),
    )
    return found
  })
}

/** A string alone, or each half of a pair with the other as it should be. Binary Data may be anything. */
function contents(
  form: 'text' | 'pair' | 'binary',
): { half?: string; content: (text: Octets) => Octets }[] {
  switch (form) {
    case 'text':
      return [{ content: text => text }]
    case 'pair':
      return [
        { half: 'name', content: text => joined(text, prefixed(utf8('v'))) },
        { half: 'value', content: text => joined(prefixed(utf8('n')), text) },
      ]
    case 'binary':
      return []
  }
}

/** The property with a value that is right. */
export function right(name: PropertyName): Octets {
  const { id, form } = formatOf(name)
  return joined(octets(id), rightValue(form))
}

function rightValue(form: ReturnType<typeof formatOf>['form']): Octets {
  switch (form) {
    case 'byte':
    case 'varint':
      return octets(1)
    case 'two':
      return two(1)
    case 'four':
      return four(1)
    case 'text':
    case 'binary':
      return prefixed(utf8('v'))
    case 'pair':
      return joined(prefixed(utf8('n')), prefixed(utf8('v')))
  }
}

function formatOf(name: PropertyName): PropertyFormat {
  return propertyFormats[name]
}

function names(): PropertyName[] {
  return Object.keys(propertyFormats) as PropertyName[]
}

function idAt(place: PropertyPlace, id: string): string {
  return place === 'will' ? `will-${id}` : id
}

function article(title: string): string {
  return `${/^[AEIOU]/.test(title) ? 'an' : 'a'} ${title}`
}
