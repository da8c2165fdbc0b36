import type { Duplex } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { endingText, type OwnedProcess, type ProcessEnding } from '../process/processes.ts'
import { Tail } from '../process/tail.ts'

/**
 * Where lines go to and come from: a process's stdio, a TCP connection, a serial port, a simulated board. A transport's own
 * errors become its end; nothing is thrown.
 */
export type LineEndpoint = {
  /** `line` without its line break. */
  send(line: string): void
  onLine(listener: (line: string) => void): void
  /** Called once, when no more lines can come; `reason` reads on behind "the adapter ". */
  onEnd(listener: (reason: string) => void): void
  /** What the other side wrote last, for messages. */
  tail?(): string
  /** Ends the other side. `at once` where it has failed already and no courtesy is due. */
  stop(how: 'orderly' | 'at once'): Promise<void>
}

/** No line of the protocol is longer; what is longer is no line but a flood. */
const lineCharsMax = 1024 * 1024

/** Lines out of chunks of text or bytes, with a bound on what is kept of an unfinished one. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8')
  private rest = ''
  private readonly onLine: (line: string) => void
  private readonly onTooLong: () => void

  constructor(onLine: (line: string) => void, onTooLong: () => void) {
    this.onLine = onLine
    this.onTooLong = onTooLong
  }

  add(chunk: string | Uint8Array): void {
    const text = typeof chunk === 'string' ? chunk : this.decoder.write(Buffer.from(chunk))
    const lines = text.split('\n')
    lines[0] = this.rest + (lines[0] ?? '')
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (this.rest.length <= lineCharsMax) return
    this.rest = ''
    this.onTooLong()
  }
}

/** A process that ends closes its output a moment before: one that lives on for longer has closed it for good, and says nothing any more. */
const mutedMaxMs = 500

/** The lines of a process we own. It ends by the end of its input, then TERM, then KILL. */
export function processLines(owned: OwnedProcess): LineEndpoint {
  let flooded = false
  let muted = false
  owned.stdout.once('end', () => {
    const timer = setTimeout(() => {
      if (owned.ending()) return
      muted = true
      owned.signal('kill')
    }, mutedMaxMs)
    void owned.ended.then(() => clearTimeout(timer))
  })
  const reasonOf = (ending: ProcessEnding): string => {
    if (flooded) return `wrote a line of more than ${lineCharsMax} characters`
    return muted ? 'closed its standard output' : endingText(ending)
  }
  return {
    send: line => void owned.stdin?.write(`${line}\n`),
    onLine: listener => {
      const splitter = new LineSplitter(listener, () => {
        flooded = true
        owned.signal('kill')
      })
      owned.stdout.on('data', (text: string) => splitter.add(text))
    },
    onEnd: listener => {
      void owned.ended.then(ending => listener(reasonOf(ending)))
    },
    tail: () => owned.tail(),
    stop: async how => {
      owned.stdin?.end()
      if (how === 'at once') owned.signal('kill')
      await owned.stop()
    },
  }
}

/** Lines over a connection or port that is open. It ends when the stream does. */
export function duplexLines(stream: Duplex): LineEndpoint {
  const tail = new Tail()
  let reason = 'closed the connection'
  stream.on('data', (chunk: Uint8Array) => tail.add(Buffer.from(chunk).toString('utf8')))
  stream.on('error', error => {
    reason = `lost the connection (${error.message})`
  })
  return {
    send: line => void stream.write(`${line}\n`),
    onLine: listener => {
      const splitter = new LineSplitter(listener, () => {
        reason = `wrote a line of more than ${lineCharsMax} characters`
        stream.destroy()
      })
      stream.on('data', (chunk: Uint8Array) => splitter.add(chunk))
    },
    onEnd: listener => {
      // Half an end is an end: an adapter that writes no more is of no use.
      stream.once('end', () => stream.destroy())
      stream.once('close', () => listener(reason))
    },
    tail: () => tail.get(),
    stop: async () => {
      stream.destroy()
    },
  }
}
