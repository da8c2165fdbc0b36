import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { ConsoleInput } from './messages.ts'

const ctrlC = 3

/** What comes in over USB: whole lines for a program that reads commands, bytes for the REPL. */
export class VmConsole {
  private readonly port: MessagePort
  private readonly lines: string[] = []
  private partial: number[] = []
  private readonly bytes: number[] = []
  /** While code runs under the REPL, bytes are the program's lines and Ctrl-C is for the interpreter. */
  running = true
  onInterrupt: () => void = () => undefined

  constructor(port: MessagePort) {
    this.port = port
  }

  boot(): void {
    this.take()
    this.lines.length = this.bytes.length = this.partial.length = 0
    this.running = true
  }

  /** Takes what the host sent. Never waits. */
  take(): void {
    for (;;) {
      const got = receiveMessageOnPort(this.port) as { message: ConsoleInput } | undefined
      if (!got) return
      if ('line' in got.message) this.lines.push(got.message.line)
      else this.bytes.push(...got.message.bytes)
      if (this.running) this.sortBytes()
    }
  }

  get ready(): boolean {
    this.take()
    return this.lines.length > 0
  }

  /** The next line with its line feed, or its first `max` characters; undefined if there is none. */
  nextLine(max: number): string | undefined {
    this.take()
    const line = this.lines.shift()
    if (line === undefined) return undefined
    if (line.length < max) return `${line}\n`
    this.lines.unshift(line.slice(max))
    return line.slice(0, max)
  }

  nextByte(): number | undefined {
    this.take()
    return this.bytes.shift()
  }

  private sortBytes(): void {
    for (const byte of this.bytes.splice(0)) {
      if (byte === ctrlC) this.onInterrupt()
      else if (byte === 10) this.lines.push(Buffer.from(this.partial.splice(0)).toString())
      else this.partial.push(byte)
    }
  }
}
