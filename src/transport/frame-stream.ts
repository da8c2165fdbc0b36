import { Duplex } from 'node:stream'
import { type RawData, WebSocket } from 'ws'
import type { Framing } from '../model/framing.ts'
import type { Upgrade } from '../model/trace.ts'

/** Code of the error by which a stream ends on which one came. */
export const textFrame = 'a text frame'
/** The longest message that is put together: the packets of a case are shorter, and as many as fit may share one. */
export const messageBytesMax = 32 * 1024 * 1024
/** Code of the error by which a stream ends on which a longer one began. */
export const longMessage = `a WebSocket message of more than ${messageBytesMax / 1024 / 1024} MiB`
/** What messages of all WebSockets that are not whole may take together. */
const unfinishedBytesMax = 64 * 1024 * 1024
/** Code of the error by which the stream ends that holds most of that, where it is too much. */
export const tooMuchUnfinished = `WebSocket messages that are not whole of more than ${unfinishedBytesMax / 1024 / 1024} MiB, over all connections`

/** So long a peer may take to answer our close frame before the connection is dropped. */
const closeMs = 1000

/** Of all streams of this process: the memory is one. */
const unfinished = new Map<FrameStream, number>()
let unfinishedBytes = 0

/**
 * The bytes that go through a WebSocket as a stream. Frames have no meaning to MQTT: packets lie in them as they happen to, and how
 * they do so on our side can be chosen. Only binary frames count; after any other the connection is over [5.0:MQTT-6.0.0-1].
 */
export class FrameStream extends Duplex {
  /** What the two sides agreed on. */
  readonly upgrade: Upgrade
  framing: Framing = 'whole'
  private readonly client: WebSocket
  private readonly beneath: Duplex
  private readonly masks: boolean

  /** @param dialled Whether we are the side that dialled, whose frames are masked */
  constructor(client: WebSocket, beneath: Duplex, upgrade: Upgrade, dialled: boolean) {
    super()
    this.masks = dialled
    this.client = client
    this.beneath = beneath
    this.upgrade = upgrade
    client.binaryType = 'nodebuffer'
    // Before the library reads it: what comes of that is counted out again.
    beneath.prependListener('data', (chunk: Uint8Array) =>
      this.holds(this.heldBytes + chunk.length),
    )
    client.on('message', (data, isBinary) => this.receive(data, isBinary))
    client.on('error', error => this.destroy(explained(error)))
    client.on('close', () => this.over())
    client.pause()
  }

  override _read(): void {
    if (this.client.isPaused) this.client.resume()
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    if (chunk.length === 0 || this.client.readyState !== WebSocket.OPEN) return done()
    this.frame(chunk, () => done())
  }

  override _final(done: () => void): void {
    if (this.client.readyState === WebSocket.OPEN) this.client.close(1000)
    setTimeout(() => this.client.terminate(), closeMs).unref()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.holds(0)
    this.client.terminate()
    this.beneath.destroy()
    done(error)
  }

  private get heldBytes(): number {
    return unfinished.get(this) ?? 0
  }

  /** So much of a message is there that is not whole. Where all hold too much, the stream ends that holds most. */
  private holds(bytes: number): void {
    const held = this.destroyed ? 0 : bytes
    unfinishedBytes += held - this.heldBytes
    if (held > 0) unfinished.set(this, held)
    else unfinished.delete(this)
    if (unfinishedBytes <= unfinishedBytesMax) return
    const [largest] = [...unfinished].reduce((a, b) => (b[1] > a[1] ? b : a))
    const error: NodeJS.ErrnoException = new Error(tooMuchUnfinished)
    error.code = tooMuchUnfinished
    largest.destroy(error)
  }

  private receive(data: RawData, isBinary: boolean): void {
    this.holds(0)
    if (!isBinary) {
      const wrong: NodeJS.ErrnoException = new Error(textFrame)
      wrong.code = textFrame
      this.destroy(wrong)
      return
    }
    if (!this.push(data)) this.client.pause()
  }

  private over(): void {
    const { errored } = this.beneath
    if (errored) this.destroy(errored)
    else this.push(null)
  }

  private frame(bytes: Uint8Array, done: () => void): void {
    const { client } = this
    switch (this.framing) {
      case 'whole':
        client.send(bytes, { binary: true }, done)
        return
      case 'byte-by-byte':
        for (const byte of bytes.subarray(0, -1)) client.send(Uint8Array.of(byte), { binary: true })
        client.send(bytes.subarray(-1), { binary: true }, done)
        return
      case 'fragments':
        // One message, whose parts may have other frames between them.
        for (const byte of bytes.subarray(0, -1)) {
          client.send(Uint8Array.of(byte), { binary: true, fin: false })
        }
        client.send(bytes.subarray(-1), { binary: true, fin: true }, done)
        return
      case 'empty-between':
        for (const byte of bytes) {
          client.send(new Uint8Array(0), { binary: true })
          client.send(Uint8Array.of(byte), { binary: true })
        }
        client.send(new Uint8Array(0), { binary: true }, done)
        return
      case 'pings-between':
        for (const byte of bytes) {
          client.ping('between')
          client.send(Uint8Array.of(byte), { binary: true })
        }
        client.ping('between', undefined, done)
        return
      case 'text':
        client.send(bytes, { binary: false }, done)
        return
      case 'half':
        this.beneath.write(halfFrame(bytes, this.masks), () => done())
        return
    }
  }
}

/** Whether we ended a stream over what came, by the code of its error. */
export function isOurEnd(code: string | undefined): code is string {
  return code === longMessage || code === tooMuchUnfinished
}

/** What of these bytes is in half a frame. */
export function halfOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length / 2))
}

/** The header of a frame for all of the bytes, and half of them: the rest never comes. */
function halfFrame(bytes: Uint8Array, mask: boolean): Uint8Array {
  const half = halfOf(bytes)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  const header = [0x82, (mask ? 0x80 : 0) | 126]
  // A mask of zeros leaves the bytes as they are.
  return Buffer.concat([Buffer.from(header), length, Buffer.alloc(mask ? 4 : 0), half])
}

function explained(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') error.code = longMessage
  return error
}
