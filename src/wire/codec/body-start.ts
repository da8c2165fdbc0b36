import { readVarint } from '../varint.ts'

/** Where the variable header of a packet begins; the end of the bytes where its remaining length is not whole. */
export function bodyStart(bytes: Uint8Array): number {
  const length = readVarint(bytes, 1)
  return length.kind === 'value' ? length.next : bytes.length
}
