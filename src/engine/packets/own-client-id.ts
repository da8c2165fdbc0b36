import { clientIdInBytes } from '../../standard/formats/client-id.ts'

/** Bytes of a scenario as this case sends them: with the end of its nonce, which no other case has, for the identifier in their CONNECT. */
export function withOwnClientId(bytes: Uint8Array, nonce: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(clientIdInBytes)
  if (at < 0) return bytes
  const own = Buffer.from(bytes)
  own.write(nonce.slice(-clientIdInBytes.length), at, 'latin1')
  return own
}
