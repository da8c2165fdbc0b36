import type { Duplex } from 'node:stream'
import type { Framing } from '../model/framing.ts'
import type { Upgrade } from '../model/trace.ts'
import { FrameStream } from './frame-stream.ts'
import { post, postedTo, send } from './outbox.ts'
import { noteRead } from './press.ts'
import { reset } from './reset.ts'
import { remoteOf, socketBeneath } from './socket-beneath.ts'

/** How a connection ended and who ended it. `lost` is set where the stream failed for a reason of the operating system. */
export type Ending = { by: 'us' | 'them'; how: 'fin' | 'rst'; lost?: string }

export type LinkListener = {
  onBytes(bytes: Uint8Array): void
  /** Called once, after the last `onBytes`. */
  onEnd(ending: Ending): void
  /** Called once, when neither side can send any more. */
  onGone?(): void
}

/** How long a half-closed connection may wait for the other side's FIN. */
const lingerMs = 2000

/**
 * One byte stream to the target, over any transport. It knows nothing of MQTT.
 * Every stream error becomes an ending: a target may do what it likes, nothing is thrown.
 */
export class Link {
  private readonly stream: Duplex
  private listener: LinkListener | undefined
  private ending: Ending | undefined
  private ended = false
  /** Neither side can send any more: after a FIN of ours the other side has ended, too. */
  gone = false
  private lingered = false

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('data', chunk => {
      noteRead(chunk.length)
      this.listener?.onBytes(chunk)
    })
    stream.on('end', () => this.finish({ by: 'them', how: 'fin' }))
    stream.on('error', error => this.fail(error))
    stream.on('close', () => this.close())
    stream.pause()
  }

  get open(): boolean {
    return !this.ended && !this.ending
  }

  /** Bytes given to the stream that the system has not taken. */
  get unsentBytes(): number {
    return this.stream.writableLength + postedTo(this.stream)
  }

  /** What the two sides agreed on when it became a WebSocket. */
  get upgrade(): Upgrade | undefined {
    return this.stream instanceof FrameStream ? this.stream.upgrade : undefined
  }

  /** How what is written lies in frames; undefined where there are none. */
  get framing(): Framing | undefined {
    return this.stream instanceof FrameStream ? this.stream.framing : undefined
  }

  /** How what is written from now on lies in frames. Answers whether there are any. */
  frameBy(framing: Framing): boolean {
    if (!(this.stream instanceof FrameStream)) return false
    send()
    this.stream.framing = framing
    return true
  }

  /** Whoever is at the other end: `127.0.0.1:50123`. */
  get remote(): string {
    return remoteOf(this.stream)
  }

  /** The port on this machine; undefined for a broker in this process. */
  get localPort(): number | undefined {
    return socketBeneath(this.stream)?.localPort
  }

  /** Starts the flow of bytes; nothing is lost before. */
  listen(listener: LinkListener): void {
    this.listener = listener
    this.stream.resume()
  }

  write(bytes: Uint8Array): void {
    if (this.open) post(this.stream, bytes)
  }

  /** Resolves when everything written so far was handed to the operating system, or the link ended. */
  flush(): Promise<void> {
    if (!this.open) return Promise.resolve()
    send()
    return new Promise(resolve => this.stream.write(new Uint8Array(0), () => resolve()))
  }

  /** What was read of the socket and not told yet. */
  get untoldBytes(): number {
    return this.stream.readableLength
  }

  pause(): void {
    this.stream.pause()
  }

  resume(): void {
    if (this.open) this.stream.resume()
  }

  /** Ends our side in an orderly way: what was written is delivered, then FIN. */
  fin(): void {
    if (!this.open) return
    send()
    this.ending = { by: 'us', how: 'fin' }
    // Closing with unread bytes would turn our FIN into a RST, so what still comes is read and dropped.
    this.stream.resume()
    this.stream.end()
    const linger = setTimeout(() => {
      this.lingered = true
      this.stream.destroy()
    }, lingerMs).unref()
    this.stream.once('close', () => clearTimeout(linger))
    this.finish(this.ending)
  }

  /** Ends the connection by RST where the stream has such a thing. What was written goes out before. */
  async rst(): Promise<void> {
    if (!this.open) return
    await this.flush()
    this.rstAtOnce()
  }

  /** The same without waiting for anything: whoever does not read is not waited for. */
  rstAtOnce(): void {
    if (!this.open) return
    this.ending = { by: 'us', how: 'rst' }
    reset(this.stream)
    this.finish(this.ending)
  }

  /** Drops the stream at once, without any courtesy and without a word to the listener. */
  destroy(): void {
    send()
    this.ended = true
    reset(this.stream)
  }

  private fail(error: NodeJS.ErrnoException): void {
    this.finish({ by: 'them', how: 'rst', lost: error.code ?? error.message })
  }

  private close(): void {
    this.finish({ by: 'them', how: 'fin' })
    if (this.lingered) return
    this.gone = true
    this.listener?.onGone?.()
  }

  private finish(ending: Ending): void {
    if (this.ended) return
    this.ended = true
    this.listener?.onEnd(ending)
    if (ending.by === 'them') this.stream.destroy()
  }
}
