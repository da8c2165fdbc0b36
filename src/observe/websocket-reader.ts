import { createRequire } from 'node:module'
import type { Writable } from 'node:stream'
import type { End } from '../capture/tcp-stream.ts'
import type { Upgrade } from '../model/trace.ts'

/** The library has this class and uses it; its types leave it out. */
type ReceiverOptions = { isServer: boolean; maxPayload: number; skipUTF8Validation: boolean }
const { Receiver } = createRequire(import.meta.url)('ws') as {
  Receiver: new (options: ReceiverOptions) => Writable
}

export type WebSocketListener = {
  /** Both sides have agreed. */
  onUpgrade(upgrade: Upgrade): void
  onBytes(from: End, bytes: Uint8Array): void
  /** A message that is no binary one. */
  onText(from: End): void
  /** Nothing more can be read. */
  onUnreadable(why: string): void
}

/** The head of a request or of a response has no right to be longer. */
const headBytesMax = 16 * 1024
const messageBytesMax = 4 * 1024 * 1024

/** Reads both sides of a WebSocket as it passes by: the two heads of HTTP, then frames. */
export class WebSocketReader {
  private readonly sides: {
    [end in End]: { head: Buffer; frames?: Writable; unfinished: number }
  } = {
    client: { head: Buffer.alloc(0), unfinished: 0 },
    server: { head: Buffer.alloc(0), unfinished: 0 },
  }
  private offered: string[] | undefined
  private stopped = false
  private readonly listener: WebSocketListener

  constructor(listener: WebSocketListener) {
    this.listener = listener
  }

  /** Memory that messages take which are not whole yet. */
  get unfinishedBytes(): number {
    if (this.stopped) return 0
    const { client, server } = this.sides
    return client.head.length + client.unfinished + server.head.length + server.unfinished
  }

  push(from: End, bytes: Uint8Array): void {
    if (this.stopped) return
    const side = this.sides[from]
    if (side.frames) {
      side.unfinished += bytes.length
      side.frames.write(Buffer.from(bytes))
      return
    }
    side.head = Buffer.concat([side.head, bytes])
    const end = side.head.indexOf('\r\n\r\n')
    if (end < 0) {
      if (side.head.length > headBytesMax) this.stop('the head of HTTP does not end')
      return
    }
    const head = side.head.subarray(0, end).toString('latin1')
    const rest = side.head.subarray(end + 4)
    side.head = Buffer.alloc(0)
    side.frames = this.framesOf(from)
    if (from === 'client') this.offered = names(headerOf(head, 'sec-websocket-protocol'))
    else this.answered(head)
    if (rest.length === 0 || this.stopped) return
    side.unfinished += rest.length
    side.frames.write(rest)
  }

  private answered(head: string): void {
    if (!/^HTTP\/1\.1 101\b/.test(head)) {
      this.stop(`the server did not agree to a WebSocket: ${head.split('\r\n')[0]?.slice(0, 80)}`)
      return
    }
    if (headerOf(head, 'sec-websocket-extensions') !== '') {
      this.stop('the WebSocket is compressed, which is not read')
      return
    }
    const [chosen] = names(headerOf(head, 'sec-websocket-protocol'))
    this.listener.onUpgrade({
      offered: this.offered ?? [],
      ...(chosen === undefined ? {} : { chosen }),
    })
  }

  private framesOf(from: End): Writable {
    const options = { isServer: from === 'client', skipUTF8Validation: true }
    const frames = new Receiver({ ...options, maxPayload: messageBytesMax })
    frames.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.stopped) return
      // What has come of the next one by now is counted with its next bytes.
      this.sides[from].unfinished = 0
      if (isBinary) this.listener.onBytes(from, data)
      else {
        this.stopped = true
        this.listener.onText(from)
      }
    })
    frames.on('error', error => this.stop(`no WebSocket frame: ${error.message}`))
    return frames
  }

  private stop(why: string): void {
    if (this.stopped) return
    this.stopped = true
    this.listener.onUnreadable(why)
  }
}

function headerOf(head: string, name: string): string {
  const line = head
    .split('\r\n')
    .slice(1)
    .find(text => text.toLowerCase().startsWith(`${name}:`))
  return line === undefined ? '' : line.slice(name.length + 1).trim()
}

function names(list: string): string[] {
  return list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}
