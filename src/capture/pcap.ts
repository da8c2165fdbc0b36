import { CaptureError } from './capture-error.ts'
import { blockBytesMax, type FrameParser } from './frame.ts'

const microseconds = 0xa1b2c3d4
const nanoseconds = 0xa1b23c4d
const headerBytes = 24
const recordHeaderBytes = 16

/** The format of tcpdump: a header, then frames one behind the other. Source: draft-ietf-opsawg-pcap. Undefined if it is another. */
export function readPcap(bytes: Uint8Array): FrameParser | undefined {
  const view = viewOf(bytes)
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little)
    if (magic !== microseconds && magic !== nanoseconds) continue
    const link = view.getUint32(20, little) & 0xffff
    return parserOf(little, link, magic === nanoseconds ? 1e6 : 1e3)
  }
  return undefined
}

function parserOf(little: boolean, link: number, perMs: number): FrameParser {
  let headerLeft = headerBytes
  return {
    parse(bytes, give) {
      const view = viewOf(bytes)
      let at = headerLeft
      headerLeft = 0
      while (at + recordHeaderBytes <= bytes.length) {
        const keptBytes = view.getUint32(at + 8, little)
        if (keptBytes > blockBytesMax) {
          throw new CaptureError(
            `a frame claims to have ${keptBytes} bytes: the file is damaged there`,
          )
        }
        const end = at + recordHeaderBytes + keptBytes
        if (end > bytes.length) break
        give({
          atMs: view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / perMs,
          link,
          bytes: bytes.subarray(at + recordHeaderBytes, end),
          wireBytes: view.getUint32(at + 12, little),
        })
        at = end
      }
      return at
    },
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
