/** What the shared code uses of Node's Buffer: bytes as hex. */
export const Buffer = {
  from(buffer: ArrayBuffer, offset: number, length: number) {
    const bytes = new Uint8Array(buffer, offset, length)
    return {
      toString: () => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(''),
    }
  },
}
