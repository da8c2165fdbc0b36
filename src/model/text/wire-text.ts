/**
 * Text that stands for these bytes in a string field, whatever they are: UTF-8 becomes its characters; of bytes that are not
 * UTF-8 each above 0x7F becomes a lone surrogate U+DC80–U+DCFF, which the encoder writes as that one byte. So a scenario can put
 * ill-formed strings on the wire though packets hold strings.
 */
export function wireText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return Array.from(bytes, byte => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(
      '',
    )
  }
}
