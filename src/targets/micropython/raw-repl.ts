import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'

/** The board did not answer as a MicroPython REPL does. */
export class ReplError extends Error {
  override readonly name: string = 'ReplError'
}

/** The port went away, as that of a board that resets does. */
export class PortClosed extends ReplError {
  override readonly name = 'PortClosed'
}

/** A program that ran on the board ended with an exception; `message` is its traceback. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

const ctrlA = '\x01'
const ctrlB = '\x02'
const ctrlC = '\x03'
const ctrlD = '\x04'
const banner = 'raw REPL; CTRL-B to exit'
/** Without raw-paste, the board has no flow control: so many bytes at once. */
const chunkBytes = 256
const uploadBytes = 512
const answerMs = 3000
const interruptMs = 1000
const interruptsMax = 5
const runMs = 20_000

/**
 * A client of MicroPython's raw REPL, the mode for programs: code goes in, its output comes back between control characters. Uses raw-paste
 * mode, with the board's flow control, where the board has it. Source: MicroPython reference, "The MicroPython interactive interpreter mode".
 */
export class RawRepl {
  private readonly stream: Duplex
  private received: Buffer = Buffer.alloc(0)
  private readonly waiters = new Set<() => void>()
  private readonly onData = (bytes: Buffer) => {
    this.received = Buffer.concat([this.received, bytes])
    for (const waiter of [...this.waiters]) waiter()
  }
  private readonly onClosed = (error?: Error) => {
    this.closed ??= new PortClosed(`the port was closed${error ? ` (${error.message})` : ''}`)
    for (const waiter of [...this.waiters]) waiter()
  }
  private hasPaste: boolean | undefined
  private closed: PortClosed | undefined
  private readonly slowness: number

  /** `slowness`: how many times longer than a real board this one may take. */
  constructor(stream: Duplex, slowness = 1) {
    this.stream = stream
    this.slowness = slowness
    stream.on('data', this.onData)
    // A port that goes away is told by either, or by both.
    stream.on('close', () => this.onClosed())
    stream.on('error', this.onClosed)
    stream.resume()
  }

  /** Interrupts whatever runs and enters raw mode, with a fresh interpreter. main.py does not run. */
  async enter(): Promise<void> {
    await this.interrupt()
    this.stream.write(ctrlD)
    await this.until('soft reboot', runMs)
    try {
      await this.until(`${banner}\r\n>`, runMs)
    } catch (error) {
      if (this.closed) throw error
      // A boot.py that does not end can be interrupted like any other program.
      await this.interrupt()
    }
    await this.fence()
  }

  /** Of a call that was said again because its answer was late, more answers than one come: all of them come before what this prints. */
  private async fence(): Promise<void> {
    const word = randomBytes(8).toString('hex')
    this.stream.write(`print('${word}')${ctrlD}`)
    await this.until(word, runMs)
    await this.until(`${ctrlD}${ctrlD}>`, answerMs)
  }

  /** A program that reads its input may take what was meant for the REPL, until it is gone: so it is said again. */
  private async interrupt(): Promise<void> {
    for (let left = interruptsMax; ; left--) {
      this.stream.write(`\r${ctrlC}${ctrlC}`)
      this.stream.write(`\r${ctrlA}`)
      try {
        await this.until(`${banner}\r\n>`, interruptMs)
        return
      } catch (error) {
        if (left === 1 || this.closed) throw error
      }
    }
  }

  /** Runs code to its end and returns what it printed. Rejects with RemoteError where it raises. */
  async run(code: string): Promise<string> {
    await this.send(code)
    const output = await this.until(ctrlD, runMs)
    const traceback = await this.until(ctrlD, answerMs)
    await this.until('>', answerMs)
    if (traceback.length > 0) throw new RemoteError(traceback.toString().trim())
    return output.toString()
  }

  /**
   * Starts code that is not expected to end, and lets go of the stream once `mark` is in its output, which stays on the stream. Rejects with
   * RemoteError where it ends before that.
   */
  async start(code: string, mark: string): Promise<void> {
    await this.send(code)
    const printed = () => this.received.includes(mark)
    await this.when(
      () => printed() || this.received.includes(ctrlD),
      show(Buffer.from(mark)),
      runMs,
    )
    if (!printed()) {
      await this.until(ctrlD, answerMs)
      const traceback = await this.until(ctrlD, answerMs)
      throw new RemoteError(traceback.toString().trim() || 'the program ended')
    }
    this.stream.off('data', this.onData)
    this.stream.pause()
    if (this.received.length > 0) this.stream.unshift(this.received)
    this.received = Buffer.alloc(0)
  }

  /** Writes a file, making its folders. */
  async upload(path: string, content: Uint8Array): Promise<void> {
    const folders = path.split('/').slice(0, -1)
    for (let depth = 1; depth <= folders.length; depth++)
      await this.run(makeFolder(`/${folders.slice(0, depth).join('/')}`))
    await this.run(`import binascii\n_f = open(${python(`/${path}`)}, 'wb')`)
    for (let at = 0; at < content.length; at += uploadBytes) {
      const base64 = Buffer.from(content.subarray(at, at + uploadBytes)).toString('base64')
      await this.run(`_n = _f.write(binascii.a2b_base64(b'${base64}'))`)
    }
    await this.run('_f.close()')
  }

  /** Back to the friendly REPL. */
  leave(): void {
    this.stream.write(`\r${ctrlB}`)
    this.stream.off('data', this.onData)
  }

  private async send(code: string): Promise<void> {
    const bytes = Buffer.from(code)
    if (this.hasPaste === undefined || this.hasPaste) {
      this.stream.write('\x05A\x01')
      const answer = await this.take(2, answerMs)
      this.hasPaste = answer[0] === 0x52 && answer[1] === 1
      if (this.hasPaste) return this.paste(bytes)
      if (answer[0] !== 0x52) await this.until('>', answerMs)
    }
    for (let at = 0; at < bytes.length; at += chunkBytes)
      this.stream.write(bytes.subarray(at, at + chunkBytes))
    this.stream.write(ctrlD)
    const answer = await this.take(2, answerMs)
    if (answer.toString() !== 'OK')
      throw new ReplError(`the board answered ${show(answer)} to code, not OK`)
  }

  private async paste(bytes: Buffer): Promise<void> {
    const window = (await this.take(2, answerMs)).readUInt16LE()
    let allowed = window
    for (let at = 0; at < bytes.length; ) {
      while (allowed === 0 || this.received.length > 0) {
        const [grant] = await this.take(1, answerMs)
        if (grant === 1) allowed += window
        else throw new ReplError('the board broke the paste off')
      }
      const end = Math.min(bytes.length, at + allowed)
      this.stream.write(bytes.subarray(at, end))
      allowed -= end - at
      at = end
    }
    this.stream.write(ctrlD)
    await this.until(ctrlD, answerMs)
  }

  /** What comes before `mark`, which is removed too. */
  private async until(mark: string, withinMs: number): Promise<Buffer> {
    await this.when(() => this.received.includes(mark), `${show(Buffer.from(mark))}`, withinMs)
    const at = this.received.indexOf(mark)
    const before = this.received.subarray(0, at)
    this.received = this.received.subarray(at + Buffer.byteLength(mark))
    return before
  }

  private async take(count: number, withinMs: number): Promise<Buffer> {
    await this.when(() => this.received.length >= count, `${count} bytes`, withinMs)
    const bytes = this.received.subarray(0, count)
    this.received = this.received.subarray(count)
    return bytes
  }

  private when(holds: () => boolean, what: string, boardMs: number): Promise<void> {
    const withinMs = boardMs * this.slowness
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer)
        this.waiters.delete(check)
        if (error) reject(error)
        else resolve()
      }
      const check = () => {
        if (holds()) finish()
        else if (this.closed) finish(this.closed)
      }
      const late = () =>
        finish(new ReplError(`${what} did not come within ${withinMs} ms; ${this.instead()}`))
      const timer = setTimeout(late, withinMs)
      this.waiters.add(check)
      check()
    })
  }

  private instead(): string {
    if (this.received.length === 0) return 'nothing came'
    return `what came ends with ${show(this.received.subarray(-60))}`
  }
}

/** A Python literal of a text. */
function python(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

function makeFolder(path: string): string {
  return `import os\ntry:\n    os.mkdir(${python(path)})\nexcept OSError:\n    pass`
}

function show(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString('latin1'))
}
