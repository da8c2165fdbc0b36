/** A segment as it is to be written. */
export type WrittenSegment = {
  /** Milliseconds since 1970. */
  atMs: number
  from: Port
  to: Port
  sequence: number
  acknowledges: number
  flags: readonly ('syn' | 'ack' | 'psh' | 'fin' | 'rst')[]
  payload: Uint8Array
  /** What Wireshark shows beside it. */
  comment?: string
}

/** IPv4, four numbers of 0–255. */
export type Port = { address: readonly [number, number, number, number]; port: number }

const rawIp = 101
const bits = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 }

/** The beginning of a file that Wireshark opens: a section and one interface. Source: draft-ietf-opsawg-pcapng. */
export function fileHeader(application: string): Uint8Array {
  const section = Buffer.alloc(16)
  section.writeUInt32LE(0x1a2b3c4d, 0)
  section.writeUInt16LE(1, 4)
  section.writeBigInt64LE(-1n, 8)
  const described = Buffer.alloc(8)
  described.writeUInt16LE(rawIp, 0)
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([section, option(4, application), endOfOptions])),
    block(1, described),
  ])
}

/** One segment as a block of the file. */
export function segmentBlock(segment: WrittenSegment): Uint8Array {
  const packet = ipv4(segment)
  const head = Buffer.alloc(20)
  const microseconds = Math.round(segment.atMs * 1000)
  head.writeUInt32LE(Math.floor(microseconds / 2 ** 32), 4)
  head.writeUInt32LE(microseconds % 2 ** 32, 8)
  head.writeUInt32LE(packet.length, 12)
  head.writeUInt32LE(packet.length, 16)
  const { comment } = segment
  const options = comment === undefined ? [] : [option(1, comment), endOfOptions]
  return block(6, Buffer.concat([head, padded(packet), ...options]))
}

/** So many bytes of text fit into an option. */
const optionBytesMax = 65_000

const endOfOptions = Buffer.alloc(4)

function option(code: number, text: string): Buffer {
  const value = Buffer.from(text).subarray(0, optionBytesMax)
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, padded(value)])
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

function block(type: number, body: Buffer): Buffer {
  const length = body.length + 12
  const head = Buffer.alloc(8)
  head.writeUInt32LE(type, 0)
  head.writeUInt32LE(length, 4)
  const tail = Buffer.alloc(4)
  tail.writeUInt32LE(length, 0)
  return Buffer.concat([head, body, tail])
}

function ipv4(segment: WrittenSegment): Buffer {
  const content = tcp(segment)
  const head = Buffer.alloc(20)
  head.writeUInt8(0x45, 0)
  head.writeUInt16BE(20 + content.length, 2)
  head.writeUInt16BE(0x4000, 6)
  head.writeUInt8(64, 8)
  head.writeUInt8(6, 9)
  head.set(segment.from.address, 12)
  head.set(segment.to.address, 16)
  head.writeUInt16BE(checksum([head]), 10)
  return Buffer.concat([head, content])
}

function tcp(segment: WrittenSegment): Buffer {
  const { from, to, sequence, acknowledges, flags, payload } = segment
  const head = Buffer.alloc(20)
  head.writeUInt16BE(from.port, 0)
  head.writeUInt16BE(to.port, 2)
  head.writeUInt32BE(sequence, 4)
  head.writeUInt32BE(flags.includes('ack') ? acknowledges : 0, 8)
  head.writeUInt8(5 << 4, 12)
  head.writeUInt8(
    flags.reduce((sum, flag) => sum | bits[flag], 0),
    13,
  )
  head.writeUInt16BE(65_535, 14)
  const pseudo = Buffer.alloc(12)
  pseudo.set(from.address, 0)
  pseudo.set(to.address, 4)
  pseudo.writeUInt8(6, 9)
  pseudo.writeUInt16BE(20 + payload.length, 10)
  head.writeUInt16BE(checksum([pseudo, head, payload]), 16)
  return Buffer.concat([head, payload])
}

/** The sum of the Internet. All parts but the last have an even length. Source: RFC 1071. */
function checksum(parts: Uint8Array[]): number {
  let sum = 0
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; at += 2) {
      sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
