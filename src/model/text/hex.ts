/** Bytes from hex digits; spaces, line breaks and `# comments` are ignored. Throws RangeError on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/#[^\n]*/g, '').replace(/\s+/g, '')
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new RangeError(`not hex bytes: ${text}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

/** Lower-case hex without spaces. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Tagged template: hex`50 02 00 07 # a PUBREC`. */
export function hex(strings: TemplateStringsArray, ...values: string[]): Uint8Array {
  return fromHex(String.raw({ raw: strings }, ...values))
}

/** One byte as it is written in the standard: `0x97`. */
export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}
