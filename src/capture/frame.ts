/** One frame of a capture, as its link carried it. */
export type Frame = {
  /** Milliseconds since 1970. */
  atMs: number
  /** What the bytes begin with. Source: LINKTYPE_ values of tcpdump.org. */
  link: number
  bytes: Uint8Array
  /** How many bytes were on the wire: more where the capture kept only the beginning. */
  wireBytes: number
}

/** What reads one format: hands out every frame that is whole in `bytes`, and says how far it came. */
export type FrameParser = {
  /** Returns how many bytes it has done with. Throws CaptureError where what follows cannot be read. */
  parse(bytes: Uint8Array, give: (frame: Frame) => void): number
}

/** The largest block or frame that is taken: those of real captures are a hundred times smaller. */
export const blockBytesMax = 16 * 1024 * 1024
