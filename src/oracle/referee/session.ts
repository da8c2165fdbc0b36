import type { ContentKey } from '../ledger/content.ts'
import type { Connection } from './connection.ts'
import { type Exchange, possible, settle } from './exchange.ts'

/**
 * One session of the target: with a broker under test what it keeps for one of our client ids, with a client under test
 * what that client keeps. `open` holds the exchanges of the target as sender, `ours` those in which it receives.
 */
export type Session = {
  client: string
  /** Exchanges not known to be over, in the order of their first transmission. */
  open: Map<number, Exchange>
  /** Open exchanges by what they carry: shows a message that comes again under another id. */
  byKey: Map<ContentKey, number>
  /** The last messages whose exchange ended, so that a resend of one is known as such; at most `doneMax`. */
  done: Map<ContentKey, Over>
  /** Ids of ended exchanges with the number of the connection that last showed them; at most `doneMax`. */
  freed: Map<number, number>
  /** Ids of a session that both sides have to forget, with what they carried. */
  discarded: Map<number, ContentKey>
  /** Ids of PUBRECs of ours that belonged to no exchange of the target. */
  strayPubrecs: Set<number>
  /** Exchanges with a final acknowledgement of ours, oldest first, waiting for the proof that it was read. */
  finishing: Exchange[]
  ours: Map<number, OurExchange>
  /** Ids that we ever used towards the target, one bit each. */
  used: Uint8Array | undefined
  /** Ids of SUBSCRIBE and UNSUBSCRIBE that a client under test waits on. */
  subscribing: Map<number, 'SUBSCRIBE' | 'UNSUBSCRIBE'>
  sent: number
  acked: number
  /** Accepted connections so far. */
  connections: number
  /** Number of the connection since which the session goes on without a loss. */
  since: number
  current: Connection | undefined
  /** Whether the target keeps it when the connection ends. */
  kept: 'yes' | 'no' | 'maybe'
  /** Seconds; infinite before 5.0 and for 0xFFFFFFFF. */
  expiryS: number
  /** When and by whom the last connection ended. */
  endedAt: number
  endedByTarget: boolean
  /** The target's process was restarted since the last connection. */
  restarted: boolean
}

/** What is left of an exchange that is over. */
export type Over = { id: number; qos: number; refused: boolean }

/** An exchange in which we send, as far as we know. */
export type OurExchange = {
  qos: number
  key: ContentKey
  /** `owned`: the target answered PUBREC < 0x80. `released`: we sent PUBREL since. */
  phase: 'sent' | 'owned' | 'released'
  /** Number of the connection of the last PUBLISH. */
  connection: number
  restarted: boolean
}

const doneMax = 1024

export function createSession(client: string): Session {
  return {
    client,
    open: new Map(),
    byKey: new Map(),
    done: new Map(),
    freed: new Map(),
    discarded: new Map(),
    strayPubrecs: new Set(),
    finishing: [],
    ours: new Map(),
    used: undefined,
    subscribing: new Map(),
    sent: 0,
    acked: 0,
    connections: 0,
    since: 0,
    current: undefined,
    kept: 'no',
    expiryS: 0,
    endedAt: 0,
    endedByTarget: false,
    restarted: false,
  }
}

/** Both directions start anew; what was under way is remembered as discarded. */
export function clearSession(session: Session, exceptOn?: number): void {
  session.discarded = new Map()
  for (const exchange of [...session.open.values()]) {
    if (exchange.publishedOn === exceptOn && !exchange.carried) continue
    session.discarded.set(exchange.id, exchange.key)
    forget(session, exchange)
  }
  session.done.clear()
  session.freed.clear()
  session.finishing = []
  session.ours.clear()
  session.used = undefined
}

/** The target may or may not have dropped what it was sending. */
export function loosenSession(session: Session): void {
  for (const exchange of session.open.values()) exchange.optional = true
}

export function addExchange(session: Session, exchange: Exchange): void {
  const older = session.open.get(exchange.id)
  if (older) finish(session, older)
  session.done.delete(exchange.key)
  session.freed.delete(exchange.id)
  session.discarded.delete(exchange.id)
  session.open.set(exchange.id, exchange)
  session.byKey.set(exchange.key, exchange.id)
}

/** The exchange of an id as far as known by now; undefined where the id is free for certain. */
export function exchangeOf(session: Session, id: number): Exchange | undefined {
  const exchange = session.open.get(id)
  if (!exchange) return undefined
  settle(exchange)
  if (exchange.phase !== 'free') return exchange
  finish(session, exchange)
  return undefined
}

/** Lets go of exchanges at the head of the queue whose end is proved: keeps long cases flat. */
export function sweep(session: Session): void {
  let gone = 0
  for (const exchange of session.finishing) {
    if (session.open.get(exchange.id) === exchange) {
      settle(exchange)
      if (exchange.phase !== 'free') {
        if (possible(exchange).has('free')) break
      } else finish(session, exchange)
    }
    gone += 1
  }
  if (gone > 0) session.finishing.splice(0, gone)
}

export function finish(session: Session, exchange: Exchange): void {
  const { id, key, qos, refused, shownOn } = exchange
  forget(session, exchange)
  remember(session.done, key, { id, qos, refused })
  remember(session.freed, id, shownOn)
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= doneMax) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

function forget(session: Session, exchange: Exchange): void {
  session.open.delete(exchange.id)
  if (session.byKey.get(exchange.key) === exchange.id) session.byKey.delete(exchange.key)
}

export function markUsed(session: Session, id: number): void {
  session.used ??= new Uint8Array(8192)
  session.used[id >> 3] = (session.used[id >> 3] ?? 0) | (1 << (id & 7))
}

export function wasUsed(session: Session, id: number): boolean {
  return ((session.used?.[id >> 3] ?? 0) & (1 << (id & 7))) !== 0
}
