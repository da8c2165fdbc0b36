import type { Duplex } from 'node:stream'
import type { Connack, Connect } from '../model/packet.ts'
import { describePacket } from '../model/text/describe.ts'
import type { Version } from '../model/version.ts'
import { type Ending, Link } from '../transport/link.ts'
import { decode, encode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { BudgetTimer } from './budget-timer.ts'

/** What became of one CONNECT. */
export type Asked =
  | { kind: 'connack'; connack: Connack }
  | { kind: 'no connection'; why: string }
  | { kind: 'closed'; ending: Ending }
  | { kind: 'silence'; ms: number }
  /** The first thing that came was none. */
  | { kind: 'other'; what: string }

export type Asking = {
  dial(): Promise<Duplex>
  connect: Connect
  version: Version
  budgetMs: number
  signal?: AbortSignal
}

/** An answer to CONNECT is small. */
const maxPacketBytes = 64 * 1024

/** Sends one CONNECT on a connection of its own, waits for the answer, and leaves as a client should. Nothing is thrown. */
export async function askConnack(asking: Asking): Promise<Asked> {
  const { connect, version, budgetMs, signal } = asking
  let link: Link
  try {
    link = new Link(await asking.dial())
  } catch (error) {
    return { kind: 'no connection', why: whyOf(error) }
  }
  return new Promise(resolve => {
    const framer = createFramer({ maxPacketBytes })
    const finish = (asked: Asked) => {
      timer.stop()
      signal?.removeEventListener('abort', giveUp)
      leave(link, asked, version)
      resolve(asked)
    }
    const giveUp = () => finish({ kind: 'silence', ms: budgetMs })
    const timer = new BudgetTimer(budgetMs, giveUp)
    signal?.addEventListener('abort', giveUp, { once: true })
    link.listen({
      onBytes(bytes) {
        const [frame] = framer.push(bytes)
        if (!frame) return
        const packet = frame.kind === 'packet' ? decode(frame.bytes, version) : undefined
        if (packet?.type === 'CONNACK') finish({ kind: 'connack', connack: packet })
        else finish({ kind: 'other', what: packet ? describePacket(packet) : 'no MQTT packet' })
      },
      onEnd: ending => ending.by === 'them' && finish({ kind: 'closed', ending }),
    })
    link.write(encode(connect, version))
    if (signal?.aborted) giveUp()
  })
}

/** In words, what came instead of an acceptance. */
export function answerInWords(asked: Asked): string {
  switch (asked.kind) {
    case 'connack':
      return describePacket(asked.connack)
    case 'no connection':
      return `no connection: ${asked.why}`
    case 'closed':
      return `the target closed the connection (${asked.ending.lost ?? asked.ending.how.toUpperCase()})`
    case 'silence':
      return `nothing within ${asked.ms} ms`
    case 'other':
      return asked.what
  }
}

function leave(link: Link, asked: Asked, version: Version): void {
  if (asked.kind !== 'connack' || asked.connack.code !== 0) return link.destroy()
  link.write(encode({ type: 'DISCONNECT', code: 0, properties: {} }, version))
  link.fin()
}

/** The system's code, where there is one: that is what people look up. */
function whyOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
