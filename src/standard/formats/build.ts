import { protocolLevel } from '../../model/version.ts'
import { framed, joined, type Octets, octets, prefixed, two, utf8 } from './octets.ts'
import {
  type Breach,
  type ByVersion,
  type Field,
  type FormatVersion,
  formatVersions,
  type PacketFormat,
  type Sender,
} from './packet-format.ts'
import { packetFormats } from './packet-formats.ts'

/** What makes a packet of the table another one. */
export type Change = {
  /** In place of the first byte. */
  first?: Octets
  /** In place of fields, by their index. */
  replace?: { [index: number]: Octets }
  /** The packet ends before this field. */
  endBefore?: number
  /** Behind the last field that is there. */
  tail?: Octets
}

export function formatsOf(from: Sender): PacketFormat[] {
  return packetFormats.filter(format => format.from.includes(from))
}

export function has(field: Field, version: FormatVersion): boolean {
  return field.only === undefined || field.only === version
}

/** A packet of the table in a version, as it should be but for the change. */
export function packetOctets(
  format: PacketFormat,
  version: FormatVersion,
  change: Change = {},
): Octets {
  const { first, body } = packetParts(format, version, change)
  return framed(first, body)
}

/** First byte and body: what a Remaining Length stands between. */
export function packetParts(
  format: PacketFormat,
  version: FormatVersion,
  { first, replace = {}, endBefore = format.fields.length, tail }: Change = {},
): { first: Octets; body: Octets } {
  const fields = format.fields.flatMap((field, index) => {
    if (!has(field, version) || index >= endBefore) return []
    return [replace[index] ?? fieldOctets(field, version)]
  })
  return { first: first ?? octets(format.first), body: joined(...fields, ...(tail ? [tail] : [])) }
}

export function fieldOctets(field: Field, version: FormatVersion): Octets {
  switch (field.form) {
    case 'byte':
      return octets(field.title === 'Protocol Level' ? protocolLevel[version] : field.value)
    case 'two':
    case 'id':
      return two(field.value)
    case 'text':
    case 'binary':
      return prefixed(utf8(field.value))
    case 'properties':
      return octets(0)
    case 'payload':
      return utf8(field.value)
  }
}

/** What every breach of a format has. */
export function named(
  { packet, variant }: PacketFormat,
  from: Sender,
  id: string,
  what: string,
): Pick<Breach, 'id' | 'packet' | 'from' | 'with'> {
  return {
    id: variant ? `${variant.id}-${id}` : id,
    packet,
    from,
    with: variant ? `${variant.title} ${what}` : what,
  }
}

/** The bytes for each version in which that side may send the packet. */
export function perVersion(
  format: PacketFormat,
  from: Sender,
  make: (version: FormatVersion) => Octets | undefined,
): ByVersion<Octets> {
  const found: ByVersion<Octets> = {}
  for (const version of formatVersions) {
    if (format.only && format.only !== version) continue
    // Before 5.0 only a client says good-bye.
    if (format.packet === 'DISCONNECT' && from === 'server' && version !== '5.0') continue
    const bytes = make(version)
    if (bytes) found[version] = bytes
  }
  return found
}

/** What is there of the versions that a rule stands in. */
export function only<T>(breaks: ByVersion<unknown>, bytes: ByVersion<T>): ByVersion<T> {
  return Object.fromEntries(
    Object.entries(bytes).filter(([version]) => version in breaks),
  ) as ByVersion<T>
}

export function slug(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-')
}

/** Values of one byte, each called by its hex digits. */
export function byteValues(values: readonly number[]): { [called: string]: string } {
  return Object.fromEntries(values.map(value => [`0x${hexByte(value)}`, hexByte(value)]))
}

/** First bytes, each called by its low four bits. */
export function flagValues(values: readonly number[]): { [called: string]: string } {
  return Object.fromEntries(
    values.map(value => [`0b${(value & 0x0f).toString(2).padStart(4, '0')}`, hexByte(value)]),
  )
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
