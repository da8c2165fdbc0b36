/** Bytes as the protocol writes them: `payload` as text where it is UTF-8, else `payloadHex`; any others as `{hex}`. */
export function toJson(fields: { [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => jsonField(name, value)))
}

function jsonField(name: string, value: unknown): [name: string, value: unknown] {
  if (value instanceof Uint8Array) {
    if (name !== 'payload') return [name, { hex: Buffer.from(value).toString('hex') }]
    const text = textOf(value)
    return text === undefined
      ? ['payloadHex', Buffer.from(value).toString('hex')]
      : ['payload', text]
  }
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return [name, isMap ? toJson({ ...value }) : value]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined where the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
