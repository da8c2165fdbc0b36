/**
 * What the two threads of a simulated board share. The host thread owns real sockets, the board's thread runs MicroPython and
 * blocks in `Atomics.wait` on `word.turn`; whoever changes something the other waits for adds one to it and notifies.
 */
export const word = {
  turn: 0,
  /** 1: raise KeyboardInterrupt. */
  interrupt: 1,
  /** 1: the power is cut. */
  cut: 2,
  link: 3,
  /** Answer to a name look-up: 0 while it is on its way, else 1; and its length in bytes. */
  answer: 4,
  answerBytes: 5,
  /** Figures for `stats()`, written by the board. */
  socketOps: 6,
  commits: 7,
  heapBoot: 8,
  heapLive: 9,
  heapPeak: 10,
  turns: 11,
  lines: 12,
} as const

/** Index into `clock`: ms by which the board's clock is ahead of the host's, and the time it hurries to. */
const clockSkew = 0
export const clockTarget = 1

const wordBytes = 64
const nameBytes = 64

export class BoardMemory {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  readonly clock: Float64Array
  readonly name: Uint8Array

  constructor(buffer = new SharedArrayBuffer(wordBytes + 16 + nameBytes)) {
    this.buffer = buffer
    this.words = new Int32Array(buffer, 0, wordBytes / 4)
    this.clock = new Float64Array(buffer, wordBytes, 2)
    this.name = new Uint8Array(buffer, wordBytes + 16, nameBytes)
  }

  read(index: number): number {
    return Atomics.load(this.words, index)
  }

  write(index: number, value: number): void {
    Atomics.store(this.words, index, value)
  }

  wake(): void {
    Atomics.add(this.words, word.turn, 1)
    Atomics.notify(this.words, word.turn)
  }

  /** The board's time: ms since 1970, on the host's clock plus what was skipped. */
  nowMs(): number {
    return hostMs() + (this.clock[clockSkew] ?? 0)
  }

  skip(ms: number): void {
    this.clock[clockSkew] = (this.clock[clockSkew] ?? 0) + ms
  }
}

/** Ms since 1970 with fractions, the same in all threads and never running backwards. */
export function hostMs(): number {
  return performance.timeOrigin + performance.now()
}

export const socketState = { new: 0, connecting: 1, open: 2, ended: 3, failed: 4 } as const

/** The sizes of a Pico W's TCP window and send buffer, roughly. */
const rxBytes = 16_384
const txBytes = 8192

/** One TCP socket of the board: its state and a ring of bytes in each direction. */
export class SocketMemory {
  readonly buffer: SharedArrayBuffer
  private readonly words: Int32Array
  readonly rx: Ring
  readonly tx: Ring

  constructor(buffer = new SharedArrayBuffer(wordBytes + rxBytes + txBytes)) {
    this.buffer = buffer
    this.words = new Int32Array(buffer, 0, wordBytes / 4)
    this.rx = new Ring(this.words, 4, new Uint8Array(buffer, wordBytes, rxBytes))
    this.tx = new Ring(this.words, 6, new Uint8Array(buffer, wordBytes + rxBytes, txBytes))
  }

  get state(): number {
    return Atomics.load(this.words, 0)
  }

  set state(state: number) {
    Atomics.store(this.words, 0, state)
  }

  /** MicroPython's errno of a failed socket. */
  get error(): number {
    return Atomics.load(this.words, 1)
  }

  fail(error: number): void {
    Atomics.store(this.words, 1, error)
    this.state = socketState.failed
  }
}

/** Bytes from one thread to the other; one writes, one reads. Its counters are words `at` (written) and `at + 1` (read). */
export class Ring {
  private readonly words: Int32Array
  private readonly at: number
  private readonly bytes: Uint8Array

  constructor(words: Int32Array, at: number, bytes: Uint8Array) {
    this.words = words
    this.at = at
    this.bytes = bytes
  }

  get used(): number {
    return (Atomics.load(this.words, this.at) - Atomics.load(this.words, this.at + 1)) >>> 0
  }

  get free(): number {
    return this.bytes.length - this.used
  }

  /** Takes as many of `from` as fit; returns how many. */
  write(from: Uint8Array): number {
    const written = Atomics.load(this.words, this.at)
    const count = Math.min(from.length, this.free)
    const start = (written >>> 0) % this.bytes.length
    const first = Math.min(count, this.bytes.length - start)
    this.bytes.set(from.subarray(0, first), start)
    this.bytes.set(from.subarray(first, count), 0)
    Atomics.store(this.words, this.at, (written + count) | 0)
    return count
  }

  /** Removes up to `max` bytes and returns a copy of them. */
  read(max: number): Uint8Array {
    const read = Atomics.load(this.words, this.at + 1)
    const count = Math.min(max, this.used)
    const start = (read >>> 0) % this.bytes.length
    const first = Math.min(count, this.bytes.length - start)
    const bytes = new Uint8Array(count)
    bytes.set(this.bytes.subarray(start, start + first))
    bytes.set(this.bytes.subarray(0, count - first), first)
    Atomics.store(this.words, this.at + 1, (read + count) | 0)
    return bytes
  }
}
