import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { type Ruling, say } from './ruling.ts'

/** A clock is trusted so far: a client that is a little late has not broken anything that anybody could see. */
const tolerance = 1.2

type Silence = { askedS: number; toldS: number | undefined; sentAt: number; broken: boolean }

/**
 * A client of ours that says nothing for longer than its Keep Alive, and a server that ends the connection then: what the server lets
 * pass is not worth a word. Source: 3.1.1 §3.1.2.10, 5.0 §3.1.2.10.
 */
export class KeepAlive {
  private readonly silences = new Map<number, Silence>()

  /** Says on the ruling what the event shows; `from` a client of ours. */
  observe(ruling: Ruling, event: TraceEvent, version: Version): void {
    if (event.kind === 'close') {
      if (event.by === 'target') this.check(ruling, event.connection, event.at, version)
      this.silences.delete(event.connection)
    }
    if (event.kind === 'bytes' && event.from === 'harness') this.speaks(event.connection, event.at)
    if (event.kind !== 'packet') return
    const { packet, from, connection, at } = event
    if (from !== 'harness') {
      const told = packet.type === 'CONNACK' ? packet.properties.serverKeepAlive : undefined
      const silence = this.silences.get(connection)
      if (silence && typeof told === 'number') silence.toldS = told
      return
    }
    if (packet.type === 'CONNECT') {
      const askedS = packet.keepAliveS
      this.silences.set(connection, { askedS, toldS: undefined, sentAt: at, broken: false })
    } else if (packet.type === 'DISCONNECT') this.silences.delete(connection)
    else this.speaks(connection, at)
  }

  private speaks(connection: number, at: number): void {
    const silence = this.silences.get(connection)
    if (silence) silence.sentAt = at
  }

  private check(ruling: Ruling, connection: number, at: number, version: Version): void {
    const silence = this.silences.get(connection)
    if (!silence || silence.broken) return
    const limitS = silence.toldS ?? silence.askedS
    const silentS = (at - silence.sentAt) / 1000
    if (limitS === 0 || silentS < limitS * tolerance) return
    silence.broken = true
    const shorter = silence.toldS !== undefined && silence.toldS !== silence.askedS
    say(ruling, version, shorter ? 'serverKeepAlive' : 'keepAlive', {
      message: `The target sent nothing for ${silentS.toFixed(1)} s; ${shorter ? 'Server Keep Alive' : 'Keep Alive'} is ${limitS} s`,
      expected: `a packet every ${limitS} s`,
      got: 'nothing',
    })
  }
}
