/** Bytes of the table as lower-case hex digits; where a choice of a matrix stands in them, as `$name`, whose size is told apart. */
export type Octets = { hex: string; size: number }

export function octets(...bytes: number[]): Octets {
  return { hex: bytes.map(byte => byte.toString(16).padStart(2, '0')).join(''), size: bytes.length }
}

export const nothing: Octets = octets()

export function joined(...parts: readonly Octets[]): Octets {
  return {
    hex: parts.map(part => part.hex).join(''),
    size: parts.reduce((sum, part) => sum + part.size, 0),
  }
}

/** A variable of a matrix that stands for so many bytes. */
export function variable(name: string, size: number): Octets {
  return { hex: ` $${name} `, size }
}

export function two(value: number): Octets {
  return octets(value >> 8, value & 0xff)
}

export function four(value: number): Octets {
  return joined(two(Math.floor(value / 65_536)), two(value % 65_536))
}

/** Variable Byte Integer in the fewest bytes, or padded to so many. Source: 5.0 §1.5.5. */
export function varint(value: number, bytes = 0): Octets {
  const digits: number[] = []
  let left = value
  do {
    digits.push(left % 128)
    left = Math.floor(left / 128)
  } while (left > 0 || digits.length < bytes)
  return octets(...digits.map((digit, i) => (i < digits.length - 1 ? digit | 0x80 : digit)))
}

/** The bytes of a text. */
export function utf8(text: string): Octets {
  return octets(...new TextEncoder().encode(text))
}

/** Two bytes of length and what they measure: a UTF-8 Encoded String, or Binary Data. */
export function prefixed(content: Octets): Octets {
  return joined(two(content.size), content)
}

/** A whole packet: first byte, Remaining Length, and what it measures. */
export function framed(first: Octets, body: Octets): Octets {
  return joined(first, varint(body.size), body)
}

/** In pairs of digits, as people read it; variables stay whole. */
export function written({ hex }: Octets): string {
  return hex
    .split(/\s*(\$\w+)\s*/)
    .map(part => (part.startsWith('$') ? part : part.replace(/../g, '$& ').trim()))
    .filter(Boolean)
    .join(' ')
}
