import type { Properties, PropertyValue } from '../../model/packet.ts'
import { readVarint } from '../varint.ts'
import { type Writer, writeVarint } from './writer.ts'

/** How the value of a property is written. Source: 5.0 §2.2.2.2. */
export type PropertyForm = 'byte' | 'two' | 'four' | 'varint' | 'text' | 'binary' | 'pair'

/** Identifier and form of every property of 5.0, by its name in the model. Source: 5.0 table 2-4. */
export const propertyTable: { [name: string]: { id: number; form: PropertyForm } } = {
  payloadFormatIndicator: { id: 0x01, form: 'byte' },
  messageExpiryInterval: { id: 0x02, form: 'four' },
  contentType: { id: 0x03, form: 'text' },
  responseTopic: { id: 0x08, form: 'text' },
  correlationData: { id: 0x09, form: 'binary' },
  subscriptionIdentifiers: { id: 0x0b, form: 'varint' },
  sessionExpiryInterval: { id: 0x11, form: 'four' },
  assignedClientIdentifier: { id: 0x12, form: 'text' },
  serverKeepAlive: { id: 0x13, form: 'two' },
  authenticationMethod: { id: 0x15, form: 'text' },
  authenticationData: { id: 0x16, form: 'binary' },
  requestProblemInformation: { id: 0x17, form: 'byte' },
  willDelayInterval: { id: 0x18, form: 'four' },
  requestResponseInformation: { id: 0x19, form: 'byte' },
  responseInformation: { id: 0x1a, form: 'text' },
  serverReference: { id: 0x1c, form: 'text' },
  reasonString: { id: 0x1f, form: 'text' },
  receiveMaximum: { id: 0x21, form: 'two' },
  topicAliasMaximum: { id: 0x22, form: 'two' },
  topicAlias: { id: 0x23, form: 'two' },
  maximumQoS: { id: 0x24, form: 'byte' },
  retainAvailable: { id: 0x25, form: 'byte' },
  userProperties: { id: 0x26, form: 'pair' },
  maximumPacketSize: { id: 0x27, form: 'four' },
  wildcardSubscriptionAvailable: { id: 0x28, form: 'byte' },
  subscriptionIdentifiersAvailable: { id: 0x29, form: 'byte' },
  sharedSubscriptionAvailable: { id: 0x2a, form: 'byte' },
}

/** Name and form by identifier; undefined where 5.0 defines none. */
export const propertyById: readonly ({ name: string; form: PropertyForm } | undefined)[] =
  Array.from({ length: 0x2b }, (_, id) => {
    const found = Object.entries(propertyTable).find(([, property]) => property.id === id)
    return found && { name: found[0], form: found[1].form }
  })

/**
 * Writes the Property Length and the properties. A list of numbers writes the property once for each, so that a property may
 * be repeated on purpose; bytes in place of text are written as they are, so that text may be ill-formed.
 */
export function writeProperties(writer: Writer, properties: Properties): void {
  let empty = true
  for (const _ in properties) empty = false
  if (empty) {
    writer.byte(0)
    return
  }
  const start = writer.position
  for (const name in properties) writeProperty(writer, name, properties[name]!)
  const length = writer.position - start
  // The length stands before what it measures, so the properties move up by its size.
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4
  writer.insert(start, size)
  const end = writer.position
  writer.position = start
  writeVarint(writer, length)
  writer.position = end
}

function writeProperty(writer: Writer, name: string, value: PropertyValue): void {
  const property = propertyTable[name]
  if (!property) throw new RangeError(`no property is called ${name}`)
  const values = Array.isArray(value) ? value : [value]
  for (const one of values) writeOne(writer, property.id, property.form, one)
}

function writeOne(
  writer: Writer,
  id: number,
  form: PropertyForm,
  value: PropertyValue | [string, string],
): void {
  writer.byte(id)
  switch (form) {
    case 'byte':
      writer.byte(Number(value))
      return
    case 'two':
      writer.two(Number(value))
      return
    case 'four':
      writer.four(Number(value))
      return
    case 'varint':
      writeVarint(writer, Number(value))
      return
    case 'text':
    case 'binary':
      if (value instanceof Uint8Array) writer.binary(value)
      else writer.text(String(value))
      return
    case 'pair': {
      const [first, second] = value as [string, string]
      writer.text(first)
      writer.text(second)
    }
  }
}

/**
 * Reads the properties whose Property Length stands at `start`, or undefined where they do not fit into the bytes.
 * Of a property that is repeated without leave the first value stays; the audit tells of it.
 */
export function readProperties(bytes: Uint8Array, start: number): Properties | undefined {
  if (start >= bytes.length) return {}
  const reader = new PropertyReader(bytes, start)
  const length = reader.varint()
  const end = reader.position + length
  if (length < 0 || end > bytes.length) return undefined
  const properties: Properties = {}
  while (reader.position < end) {
    const property = propertyById[reader.varint()]
    if (!property) return undefined
    const value = reader.value(property.form)
    if (value === undefined || reader.position > end) return undefined
    put(properties, property.name, value)
  }
  return properties
}

function put(
  properties: Properties,
  name: string,
  value: number | string | Uint8Array | [string, string],
): void {
  if (name === 'subscriptionIdentifiers' || name === 'userProperties') {
    const list = (properties[name] ?? []) as (typeof value)[]
    list.push(value)
    properties[name] = list as PropertyValue
  } else if (properties[name] === undefined) {
    properties[name] = value as PropertyValue
  }
}

class PropertyReader {
  position: number
  private readonly bytes: Buffer

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.position = position
  }

  value(form: PropertyForm): number | string | Uint8Array | [string, string] | undefined {
    switch (form) {
      case 'byte':
        return this.number(1)
      case 'two':
        return this.number(2)
      case 'four':
        return this.number(4)
      case 'varint': {
        const value = this.varint()
        return value < 0 ? undefined : value
      }
      case 'text':
        return this.text()
      case 'binary':
        return this.binary()
      case 'pair': {
        const name = this.text()
        const value = this.text()
        return name === undefined || value === undefined ? undefined : [name, value]
      }
    }
  }

  /** −1 where it is malformed or cut off. */
  varint(): number {
    const read = readVarint(this.bytes, this.position)
    if (read.kind !== 'value') return -1
    this.position = read.next
    return read.value
  }

  private number(size: number): number | undefined {
    if (this.position + size > this.bytes.length) return undefined
    const value = this.bytes.readUIntBE(this.position, size)
    this.position += size
    return value
  }

  private text(): string | undefined {
    const end = this.fieldEnd()
    if (end === undefined) return undefined
    const text = this.bytes.toString('utf8', this.position, end)
    this.position = end
    return text
  }

  private binary(): Uint8Array | undefined {
    const end = this.fieldEnd()
    if (end === undefined) return undefined
    const { buffer, byteOffset } = this.bytes
    const value = new Uint8Array(buffer, byteOffset + this.position, end - this.position)
    this.position = end
    return value
  }

  /** Reads the two-byte length of a field and returns where the field ends. */
  private fieldEnd(): number | undefined {
    const length = this.number(2)
    if (length === undefined || this.position + length > this.bytes.length) return undefined
    return this.position + length
  }
}
