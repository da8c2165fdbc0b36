/** How bytes lie in the frames of a WebSocket, by name and what it means. */
export const framings = {
  whole: 'A frame for what is written at once: one packet, or several that go out together',
  'byte-by-byte': 'A frame for each byte, so that the header of a packet is split',
  fragments: 'One message in fragments of a byte each',
  'empty-between': 'A frame for each byte, and empty frames between them',
  'pings-between': 'A frame for each byte, and pings between them',
  text: 'A text frame, which the other side has to answer by closing',
  half: 'The beginning of a frame, whose rest never comes',
} as const

export type Framing = keyof typeof framings

export function isFraming(name: string): name is Framing {
  return Object.hasOwn(framings, name)
}
