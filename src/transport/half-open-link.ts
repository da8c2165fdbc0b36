import type { Duplex } from 'node:stream'
import { noteRead } from './press.ts'
import { reset } from './reset.ts'

/** Why nothing is read at present. */
export type Standstill = 'stalled' | 'full' | 'held'

export type HalfOpenListener = {
  onBytes(bytes: Uint8Array): void
  /** They have nothing more to say, and may still listen. */
  onFin(): void
  /** The stream failed or was reset. Called at most once, and never after we ended it. */
  onLost(): void
  /** What was written has left, after a time at which `full` was true. */
  onDrain(): void
}

/** How long a cut waits for bytes that the other side does not take. */
const flushMs = 500
/** How long a side that we closed may take to close its own. */
const lingerMs = 2000

/**
 * One byte stream of a proxy. Other than a Link its two directions end apart: what the one side says after its FIN is nothing, what
 * it is told is still told. Every error of the stream becomes `onLost`; nothing is thrown.
 */
export class HalfOpenLink {
  private readonly stream: Duplex
  private readonly listener: HalfOpenListener
  private readonly standstills = new Set<Standstill>()
  private over = false

  constructor(stream: Duplex, listener: HalfOpenListener) {
    this.stream = stream
    this.listener = listener
    stream.allowHalfOpen = true
    stream.on('data', chunk => {
      noteRead(chunk.length)
      if (!this.over) listener.onBytes(chunk)
    })
    stream.on('end', () => !this.over && listener.onFin())
    stream.on('drain', () => listener.onDrain())
    stream.on('error', () => this.lose())
    stream.on('close', () => this.lose())
  }

  /** Nothing is read any more: it was cut or lost. */
  get closed(): boolean {
    return this.over
  }

  /** Whether what is written can still go out. */
  get open(): boolean {
    return !this.over && this.stream.writable
  }

  /** The other side takes less than it is given: write no more for now. */
  get full(): boolean {
    return this.open && this.stream.writableNeedDrain
  }

  /** Bytes given to the stream that the system has not taken. */
  get unsentBytes(): number {
    return this.stream.writableLength
  }

  write(bytes: Uint8Array): void {
    if (this.open) this.stream.write(bytes)
  }

  pause(why: Standstill): void {
    this.standstills.add(why)
    this.stream.pause()
  }

  resume(why: Standstill): void {
    this.standstills.delete(why)
    if (this.standstills.size === 0 && !this.over) this.stream.resume()
  }

  /** Our FIN, behind all that was written; the other direction stays. */
  endWriting(): void {
    if (this.open) this.stream.end()
  }

  /** Ends both directions. What was written goes out before, where the other side takes it. */
  async cut(how: 'fin' | 'rst'): Promise<void> {
    if (this.over) return
    this.over = true
    // Closing with unread bytes would turn our FIN into a RST, so what still comes is read and dropped.
    this.stream.resume()
    if (how === 'rst') {
      await this.flush()
      return this.destroy()
    }
    if (this.stream.writable) this.stream.end()
    setTimeout(() => this.stream.destroy(), lingerMs).unref()
  }

  /** Drops the stream at once. */
  destroy(): void {
    this.over = true
    reset(this.stream)
  }

  private flush(): Promise<void> {
    if (!this.stream.writable) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, flushMs)
      this.stream.write(new Uint8Array(0), () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  private lose(): void {
    if (this.over) return
    const whole = this.stream.readableEnded && this.stream.writableFinished
    this.over = true
    if (!whole) this.listener.onLost()
  }
}
