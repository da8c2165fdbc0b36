import { possible, settle } from './exchange.ts'
import type { Exchange, Session } from './state.ts'

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
    used: new Map(),
    subscribing: new Map(),
    sent: 0,
    acked: 0,
    connections: 0,
    asked: 0,
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
  session.used.clear()
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

/** 32 identifiers to a word: a case uses a few of them, and one bit for every identifier there is would be 8 KB a session. */
export function markUsed(session: Session, id: number): void {
  const word = id >> 5
  session.used.set(word, (session.used.get(word) ?? 0) | (1 << (id & 31)))
}

export function wasUsed(session: Session, id: number): boolean {
  return ((session.used.get(id >> 5) ?? 0) & (1 << (id & 31))) !== 0
}
