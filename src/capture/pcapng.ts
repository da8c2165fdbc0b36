import { CaptureError } from './capture-error.ts'
import { blockBytesMax, type FrameParser } from './frame.ts'

const sectionHeader = 0x0a0d0d0a
const byteOrderMagic = 0x1a2b3c4d
const interfaceDescription = 1
const simplePacket = 3
const enhancedPacket = 6
const timeResolution = 9
const timeOffset = 14
const endOfOptions = 0
/** A section names the interfaces it was captured on: real ones have a handful. */
const interfacesMax = 4096

type Interface = { link: number; keptMax: number; unitsPerMs: number; offsetMs: number }

/**
 * The format of Wireshark: blocks, in sections whose byte order may differ. Source: draft-ietf-opsawg-pcapng. What is neither a frame
 * nor needed for one is passed over. Undefined if it is another format.
 */
export function readPcapng(bytes: Uint8Array): FrameParser | undefined {
  if (viewOf(bytes).getUint32(0) !== sectionHeader) return undefined
  let little = true
  let interfaces: Interface[] = []
  return {
    parse(bytes, give) {
      const view = viewOf(bytes)
      let at = 0
      while (at + 12 <= bytes.length) {
        if (view.getUint32(at) === sectionHeader) little = orderOf(view, at)
        const type = view.getUint32(at, little)
        const length = view.getUint32(at + 4, little)
        if (length < 12 || length % 4 !== 0 || length > blockBytesMax) {
          throw new CaptureError(
            `a block claims to have ${length} bytes: the file is damaged there`,
          )
        }
        const end = at + length
        if (end > bytes.length) break
        const body = bytes.subarray(at + 8, end - 4)
        switch (type) {
          case sectionHeader:
            interfaces = []
            break
          case interfaceDescription:
            if (interfaces.length >= interfacesMax) {
              throw new CaptureError(`the capture names more than ${interfacesMax} interfaces`)
            }
            interfaces.push(interfaceOf(body, little))
            break
          case enhancedPacket:
            readEnhanced(body, little, interfaces, give)
            break
          case simplePacket:
            readSimple(body, little, interfaces, give)
            break
        }
        at = end
      }
      return at
    },
  }
}

function orderOf(view: DataView, at: number): boolean {
  if (view.getUint32(at + 8, true) === byteOrderMagic) return true
  if (view.getUint32(at + 8, false) === byteOrderMagic) return false
  throw new CaptureError('a section says of its byte order what cannot be')
}

function interfaceOf(body: Uint8Array, little: boolean): Interface {
  if (body.length < 8) throw new CaptureError('an interface description is too short')
  const view = viewOf(body)
  const made: Interface = {
    link: view.getUint16(0, little),
    keptMax: view.getUint32(4, little),
    unitsPerMs: 1000,
    offsetMs: 0,
  }
  let at = 8
  while (at + 4 <= body.length) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    if (code === endOfOptions || at + 4 + length > body.length) break
    if (code === timeResolution && length >= 1) made.unitsPerMs = unitsOf(view.getUint8(at + 4))
    if (code === timeOffset && length >= 8) {
      made.offsetMs = Number(view.getBigInt64(at + 4, little)) * 1000
    }
    at += 4 + Math.ceil(length / 4) * 4
  }
  return made
}

/** Powers of ten, or of two where the highest bit is set. */
function unitsOf(resolution: number): number {
  const power = resolution & 0x7f
  return (resolution & 0x80 ? 2 ** power : 10 ** power) / 1000
}

type Give = Parameters<FrameParser['parse']>[1]

function readEnhanced(
  body: Uint8Array,
  little: boolean,
  interfaces: Interface[],
  give: Give,
): void {
  if (body.length < 20) throw new CaptureError('a packet block is too short')
  const view = viewOf(body)
  const on = interfaces[view.getUint32(0, little)]
  if (!on)
    throw new CaptureError('a packet block names an interface that the file does not describe')
  const units = view.getUint32(4, little) * 2 ** 32 + view.getUint32(8, little)
  const keptBytes = view.getUint32(12, little)
  if (20 + keptBytes > body.length) throw new CaptureError('a packet is longer than its block')
  give({
    atMs: units / on.unitsPerMs + on.offsetMs,
    link: on.link,
    bytes: body.subarray(20, 20 + keptBytes),
    wireBytes: view.getUint32(16, little),
  })
}

/** A block without a time and without a length of its own. */
function readSimple(body: Uint8Array, little: boolean, interfaces: Interface[], give: Give): void {
  const on = interfaces[0]
  if (!on || body.length < 4) throw new CaptureError('a packet block comes before its interface')
  const wireBytes = viewOf(body).getUint32(0, little)
  const keptBytes = Math.min(wireBytes, on.keptMax || wireBytes, body.length - 4)
  give({ atMs: 0, link: on.link, bytes: body.subarray(4, 4 + keptBytes), wireBytes })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
