/** Room for the fixed header: its type byte and up to five bytes of remaining length. */
const headerRoom = 6

/**
 * Bytes of one packet in the making, in a scratch buffer that is used again for the next. The body is written first, the fixed
 * header then put before it, so that no length is computed twice.
 */
export class Writer {
  /** Where the next byte goes. */
  position = headerRoom
  private bytes = Buffer.alloc(4096)

  begin(): void {
    this.position = headerRoom
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.position++] = value
  }

  /** Two bytes, big endian; what does not fit is cut off. */
  two(value: number): void {
    this.reserve(2)
    this.bytes[this.position++] = value >>> 8
    this.bytes[this.position++] = value
  }

  four(value: number): void {
    this.two(value >>> 16)
    this.two(value)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }

  /** Binary Data: two bytes of length, then the bytes. */
  binary(bytes: Uint8Array): void {
    checkLength(bytes.length)
    this.two(bytes.length)
    this.raw(bytes)
  }

  /**
   * A string: two bytes of length, then UTF-8. A lone surrogate is written as the three bytes that UTF-8 forbids, except that
   * U+DC80–U+DCFF stand for one raw byte 0x80–0xFF each: so text can say every sequence of bytes.
   */
  text(text: string): void {
    this.reserve(2 + text.length * 3)
    const start = this.position + 2
    const end = putUtf8(this.bytes, start, text)
    checkLength(end - start)
    this.two(end - start)
    this.position = end
  }

  /** Opens a gap of `size` bytes at `at`. */
  insert(at: number, size: number): void {
    this.reserve(size)
    this.bytes.copyWithin(at + size, at, this.position)
    this.position += size
  }

  /** Puts the fixed header before the body and returns a copy of the whole. `lengthBytes` pads the remaining length. */
  finish(first: number, lengthBytes = 0): Uint8Array {
    const end = this.position
    const length = end - headerRoom
    if (length > 268_435_455) throw new RangeError(`a packet has at most 268435455 bytes`)
    const size = Math.min(Math.max(varintSize(length), lengthBytes), headerRoom - 1)
    const start = headerRoom - 1 - size
    this.bytes[start] = first
    this.position = start + 1
    writeVarint(this, length, size)
    // From the pool of Node: an array of its own would be copied out of the heap when a socket writes it.
    const packet = Buffer.allocUnsafe(end - start)
    this.bytes.copy(packet, 0, start, end)
    if (this.bytes.length > 1_048_576) this.bytes = Buffer.alloc(4096)
    return packet
  }

  private reserve(size: number): void {
    const needed = this.position + size
    if (needed <= this.bytes.length) return
    const larger = Buffer.alloc(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes)
    this.bytes = larger
  }
}

/** A Variable Byte Integer of at least `size` bytes: longer than needed is padded by continuation bytes. */
export function writeVarint(writer: Writer, value: number, size = 1): void {
  let rest = value
  let left = size
  while (rest > 0x7f || left > 1) {
    writer.byte((rest & 0x7f) | 0x80)
    rest >>>= 7
    left -= 1
  }
  writer.byte(rest)
}

function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4
}

function checkLength(length: number): void {
  if (length > 65_535) throw new RangeError(`a field has at most 65535 bytes, got ${length}`)
}

/** Writes the text at `start` and returns where it ends. */
function putUtf8(bytes: Uint8Array, start: number, text: string): number {
  let at = start
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes[at++] = unit
    else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 0x3f)
    } else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      const point = 0x1_0000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff)
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else if (unit >= 0xdc80 && unit <= 0xdcff) bytes[at++] = unit & 0xff
    else {
      bytes[at++] = 0xe0 | (unit >> 12)
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[at++] = 0x80 | (unit & 0x3f)
    }
  }
  return at
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
