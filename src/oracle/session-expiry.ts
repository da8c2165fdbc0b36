import type { Connect } from '../model/packet.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'

/** What a broker told of one of our sessions. Seconds. */
type Told = { askedS: number; toldS: number; endedAt: number | undefined }

function inWords({ askedS, toldS }: Told): string {
  return `its CONNACK of 5.0 says Session Expiry Interval ${toldS}, where ${askedS} was asked for`
}

/** Clocks differ by less than this. */
const slackMs = 500

/**
 * Knows when a session that one of our clients comes back to has ended by right: CONNACK told a Session Expiry Interval shorter than
 * what CONNECT had asked for. A scenario cannot know of that. Source: 5.0 §3.2.2.3.2.
 */
export class SessionExpiry {
  private readonly asking = new Map<number, Connect>()
  private readonly told = new Map<string, Told>()

  /** In words, where with this event a client of ours comes back to a session that the broker did not want to keep so long. */
  observe(event: TraceEvent): string | undefined {
    if (event.kind === 'close') return this.onClose(event)
    if (event.kind !== 'packet') return undefined
    const { packet, from, connection } = event
    if (packet.type === 'CONNECT' && from === 'harness') return this.onConnect(event, packet)
    if (packet.type !== 'CONNACK' || from !== 'target' || packet.code !== 0) return undefined
    const connect = this.asking.get(connection)
    const askedS = connect?.properties.sessionExpiryInterval
    if (!connect || typeof askedS !== 'number') return undefined
    const toldS = packet.properties.sessionExpiryInterval
    const capped = typeof toldS === 'number' && toldS < askedS
    if (capped) this.told.set(connect.clientId, { askedS, toldS, endedAt: undefined })
    else this.told.delete(connect.clientId)
    return undefined
  }

  private onConnect({ connection, at }: EventOf<'packet'>, packet: Connect): string | undefined {
    this.asking.set(connection, packet)
    const known = this.told.get(packet.clientId)
    if (!known || packet.clean) return undefined
    // Where the new connection takes over from one that is open, that one ends now.
    const awayMs = at - (known.endedAt ?? at)
    return awayMs < known.toldS * 1000 - slackMs ? undefined : inWords(known)
  }

  /** A will that was to wait is published at the end of the session, should that come before. */
  private onClose({ connection, at }: EventOf<'close'>): string | undefined {
    const connect = this.asking.get(connection)
    this.asking.delete(connection)
    const known = connect && this.told.get(connect.clientId)
    if (!known) return undefined
    known.endedAt = at
    const delayS = connect.will?.properties.willDelayInterval
    return typeof delayS === 'number' && delayS > known.toldS ? inWords(known) : undefined
  }
}
