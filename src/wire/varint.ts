/** A Variable Byte Integer as it stands in the bytes, or why none does. `next` is the offset behind it. */
export type Varint =
  | { kind: 'value'; value: number; next: number; padded: boolean }
  /** The bytes end within it. */
  | { kind: 'cut off' }
  /** It goes on after four bytes. */
  | { kind: 'too long' }

const cutOff: Varint = { kind: 'cut off' }
const tooLong: Varint = { kind: 'too long' }

/**
 * Reads the Variable Byte Integer at `at`: of a remaining length, of a Property Length, of a property. It takes at most four bytes.
 * `padded`: it takes more of them than it needs. Source: 3.1.1 §2.2.3, 5.0 §1.5.5.
 *
 * @param end offset at which the bytes end that it may take
 */
export function readVarint(bytes: Uint8Array, at: number, end = bytes.length): Varint {
  let value = 0
  for (let index = 0; index < 4; index++) {
    if (at + index >= end) return cutOff
    const byte = bytes[at + index]!
    value += (byte & 0x7f) << (7 * index)
    if (byte < 0x80) {
      return { kind: 'value', value, next: at + index + 1, padded: byte === 0 && index > 0 }
    }
  }
  return tooLong
}
