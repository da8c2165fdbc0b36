import type { Segment } from './segment.ts'
import { type StreamListener, TcpStream } from './tcp-stream.ts'

/** Connections that are followed at once. Of more, the one that was silent for longest is let go of. */
const streamsMax = 20_000

export type StreamsListener = {
  /** A connection begins, or shows first. Undefined where it is of no interest. */
  onStream(stream: {
    client: string
    server: string
    fromTheStart: boolean
    atMs: number
  }): StreamListener | undefined
}

const ignored: StreamListener = { onBytes() {}, onGap() {}, onEnd() {} }

/** Sorts segments by connection. */
export class TcpStreams {
  /** Connections that were let go of before they ended. */
  dropped = 0
  /** In the order in which they last said something, so that the most silent stands first. */
  private readonly streams = new Map<string, TcpStream>()
  private readonly listener: StreamsListener
  private readonly servers = new Set<string>()

  /** @param servers Addresses that are dialled, as far as they are known. */
  constructor(listener: StreamsListener, servers: readonly string[] = []) {
    this.listener = listener
    for (const server of servers) this.servers.add(server)
  }

  take(segment: Segment): void {
    const { from, to } = segment
    const key = from < to ? `${from} ${to}` : `${to} ${from}`
    const known = this.streams.get(key)
    const stream = known && !known.isReplacedBy(segment) ? known : this.begin(key, segment)
    if (!stream) return
    this.streams.delete(key)
    this.streams.set(key, stream)
    stream.take(segment)
  }

  private begin(key: string, segment: Segment): TcpStream | undefined {
    // What follows a connection that is not known and carries nothing tells of no new one.
    if (!segment.syn && (segment.rst || segment.payload.length + segment.cutBytes === 0)) return
    if (this.streams.size >= streamsMax) this.dropOldest()
    const client = this.clientOf(segment)
    const server = client === segment.from ? segment.to : segment.from
    if (segment.syn) this.servers.add(server)
    const { syn: fromTheStart, atMs } = segment
    const listener = this.listener.onStream({ client, server, fromTheStart, atMs }) ?? ignored
    const stream = new TcpStream(segment, client, listener)
    this.streams.set(key, stream)
    return stream
  }

  /** Who sent SYN; else who is not known as dialled; else who has the higher port, as clients do. */
  private clientOf({ from, to, syn, acknowledges }: Segment): string {
    if (syn) return acknowledges === undefined ? from : to
    if (this.servers.has(to) !== this.servers.has(from)) return this.servers.has(to) ? from : to
    return portOf(from) > portOf(to) ? from : to
  }

  private dropOldest(): void {
    for (const [key, { over }] of this.streams) {
      this.streams.delete(key)
      if (!over) this.dropped += 1
      return
    }
  }
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}
