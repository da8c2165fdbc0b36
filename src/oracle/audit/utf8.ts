/**
 * Index of the first byte of the first character that no MQTT string may hold — ill-formed UTF-8 or U+0000 — or −1.
 * Well-formed is what table 3-7 of Unicode lists: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
export function firstFault(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte < 0x80) {
      if (byte === 0) return at
      at += 1
      continue
    }
    const size = sequenceSize(bytes, at, end)
    if (size === 0) return at
    at += size
  }
  return -1
}

/** Bytes of the well-formed sequence at `at`, which is not ASCII; 0 where it is none. */
function sequenceSize(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (size === 0 || at + size > end) return 0
  const second = bytes[at + 1]!
  if (second < lowestSecond(lead) || second > highestSecond(lead)) return 0
  for (let index = 2; index < size; index++) {
    if ((bytes[at + index]! & 0xc0) !== 0x80) return 0
  }
  return size
}

/** E0 and F0 must not begin an overlong form. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
}

/** ED must not begin a surrogate, F4 nothing above U+10FFFF. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
}
