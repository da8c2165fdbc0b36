import { toHex } from '../model/text/hex.ts'
import { CaptureError } from './capture-error.ts'
import type { Frame, FrameParser } from './frame.ts'
import { readPcap } from './pcap.ts'
import { readPcapng } from './pcapng.ts'

/** Reads a capture that comes in chunks. Holds one block and a chunk, whatever the file says of its sizes. */
export class FrameReader {
  /** Bytes that were handed in. */
  private readBytes = 0
  private rest: Uint8Array = new Uint8Array(0)
  private parser: FrameParser | undefined
  private readonly give: (frame: Frame) => void

  constructor(give: (frame: Frame) => void) {
    this.give = give
  }

  push(chunk: Uint8Array): void {
    this.readBytes += chunk.length
    let bytes = this.rest.length === 0 ? chunk : joined(this.rest, chunk)
    if (!this.parser) {
      if (bytes.length < 24) {
        this.rest = bytes
        return
      }
      this.parser = parserFor(bytes)
    }
    bytes = bytes.subarray(this.parser.parse(bytes, this.give))
    this.rest = bytes.slice()
  }

  /** The file is over. Returns what is missing of it, if anything is. */
  end(): string | undefined {
    if (!this.parser) {
      if (this.readBytes === 0) throw new CaptureError('the file is empty')
      throw new CaptureError(`${this.readBytes} bytes are no capture: neither pcap nor pcapng`)
    }
    if (this.rest.length === 0) return undefined
    return `the file ends ${this.rest.length} bytes into a frame: it was cut off, and is read up to there`
  }
}

function parserFor(bytes: Uint8Array): FrameParser {
  const parser = readPcapng(bytes) ?? readPcap(bytes)
  if (parser) return parser
  const start = toHex(bytes.subarray(0, 4))
  throw new CaptureError(
    `this is no capture: it begins with ${start}, and neither pcap nor pcapng does`,
  )
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
