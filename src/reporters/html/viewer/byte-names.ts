import type { TraceEvent } from '../../../model/trace.ts'

/** Some bytes in a row with what they are. */
export type NamedBytes = { name: string; bytes: Uint8Array }

type PacketEvent = Extract<TraceEvent, { kind: 'packet' }>

/** The parts of a packet, in order. What the parts cannot be told of stands as one. Source: 5.0 §2, §3. */
export function namesOf({ packet, bytes }: PacketEvent, hasProperties: boolean): NamedBytes[] {
  const parts: NamedBytes[] = []
  let at = 0
  const take = (name: string, length: number) => {
    const end = Math.min(bytes.length, at + Math.max(0, length))
    if (end > at) parts.push({ name, bytes: bytes.subarray(at, end) })
    at = end
  }
  const word = () => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  const text = (name: string) => {
    const length = word()
    take(`length of ${name}: ${length}`, 2)
    take(name, length)
  }
  const properties = (name = 'properties') => {
    if (!hasProperties || at >= bytes.length) return
    const { value, length } = varint(bytes, at)
    take(`length of ${name}: ${value}`, length)
    take(name, value)
  }
  take(`${packet.type}, flags ${((bytes[0] ?? 0) & 15).toString(2).padStart(4, '0')}`, 1)
  const remaining = varint(bytes, at)
  take(`remaining length: ${remaining.value}`, remaining.length)
  switch (packet.type) {
    case 'CONNECT':
      text('protocol name')
      take(`protocol level ${bytes[at]}`, 1)
      take(`connect flags ${(bytes[at] ?? 0).toString(2).padStart(8, '0')}`, 1)
      take(`keep alive ${word()} s`, 2)
      properties()
      text('client id')
      if (packet.will) {
        properties('will properties')
        text('will topic')
        text('will payload')
      }
      if (packet.username !== undefined) text('user name')
      if (packet.password !== undefined) text('password')
      break
    case 'CONNACK':
      take('acknowledge flags', 1)
      take('code', 1)
      properties()
      break
    case 'PUBLISH':
      text('topic')
      if (packet.qos > 0) take(`packet identifier ${word()}`, 2)
      properties()
      take('payload', bytes.length - at)
      break
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      take(`packet identifier ${word()}`, 2)
      take('reason code', 1)
      properties()
      break
    case 'SUBSCRIBE':
      take(`packet identifier ${word()}`, 2)
      properties()
      for (let n = 0; n < packet.subscriptions.length; n++) {
        text('topic filter')
        take('options', 1)
      }
      break
    case 'UNSUBSCRIBE':
      take(`packet identifier ${word()}`, 2)
      properties()
      for (let n = 0; n < packet.filters.length; n++) text('topic filter')
      break
    case 'SUBACK':
    case 'UNSUBACK':
      take(`packet identifier ${word()}`, 2)
      properties()
      take('codes', bytes.length - at)
      break
    case 'DISCONNECT':
    case 'AUTH':
      take('reason code', 1)
      properties()
      break
    case 'PINGREQ':
    case 'PINGRESP':
      break
  }
  take('more', bytes.length - at)
  return parts
}

function varint(bytes: Uint8Array, at: number): { value: number; length: number } {
  let value = 0
  let length = 0
  do {
    value += ((bytes[at + length] ?? 0) & 0x7f) * 2 ** (7 * length)
    length += 1
  } while ((bytes[at + length - 1] ?? 0) >= 0x80 && length < 4)
  return { value, length }
}
