import type { Suback, Subscribe, Unsubscribe } from '../../model/packet.ts'
import { type Filter, matches, parseFilter } from './topics.ts'

/** One topic filter of one of our sessions, from the first SUBSCRIBE that names it. */
export type Subscribed = {
  text: string
  filter: Filter
  noLocal: boolean
  retainAsPublished: boolean
  retainHandling: number
  /** `seq` of every SUBSCRIBE that named it. */
  requests: number[]
  /** The highest QoS that any of them asked for. */
  qosMax: number
  /** Granted QoS now in force for certain; undefined before SUBACK, after UNSUBSCRIBE, or where it was refused. */
  granted: number | undefined
  /** `seq` of the SUBACK. */
  grantedSeq: number
  /** `seq` of the SUBACK that put it in the place of a subscription in force, 0 for none. */
  renewedSeq: number
  /** `seq` of the last message that it may have brought. */
  broughtSeq: number
  /** `seq` of the last UNSUBACK, 0 while subscribed. */
  endedSeq: number
  refused: boolean
}

export type Subscriptions = {
  byFilter: Map<string, Subscribed>
  /** Requests waiting for their answer, by packet id. */
  asking: Map<number, { filters: string[]; kind: 'SUBSCRIBE' | 'UNSUBSCRIBE'; seq: number }>
}

export function createSubscriptions(): Subscriptions {
  return { byFilter: new Map(), asking: new Map() }
}

export function subscribe(
  subscriptions: Subscriptions,
  packet: Subscribe,
  shares: boolean,
  seq: number,
): void {
  for (const asked of packet.subscriptions) {
    const known = subscriptions.byFilter.get(asked.filter)
    const entry: Subscribed = known ?? {
      text: asked.filter,
      filter: parseFilter(asked.filter, shares),
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      requests: [],
      qosMax: 0,
      granted: undefined,
      grantedSeq: 0,
      renewedSeq: 0,
      broughtSeq: 0,
      endedSeq: 0,
      refused: false,
    }
    entry.noLocal = asked.noLocal
    entry.retainAsPublished = asked.retainAsPublished
    entry.retainHandling = asked.retainHandling
    entry.requests.push(seq)
    entry.qosMax = Math.max(entry.qosMax, asked.qos)
    entry.endedSeq = 0
    entry.refused = false
    subscriptions.byFilter.set(asked.filter, entry)
  }
  const filters = packet.subscriptions.map(asked => asked.filter)
  subscriptions.asking.set(packet.id, { filters, kind: 'SUBSCRIBE', seq })
}

/** The filters that this SUBACK made certain for the first time or anew, with the `seq` of their SUBSCRIBE. */
export function granted(
  subscriptions: Subscriptions,
  packet: Suback,
  seq: number,
): { subscribed: Subscribed; since: number; isNew: boolean }[] {
  const asked = subscriptions.asking.get(packet.id)
  if (asked?.kind !== 'SUBSCRIBE') return []
  subscriptions.asking.delete(packet.id)
  const made = []
  for (const [index, filter] of asked.filters.entries()) {
    const subscribed = subscriptions.byFilter.get(filter)
    const code = packet.codes[index]
    if (!subscribed || code === undefined) continue
    const isNew = subscribed.granted === undefined
    subscribed.refused = code > 2
    // A refused renewal leaves open whether the older subscription still stands.
    subscribed.granted = code > 2 ? undefined : code
    if (isNew || code > 2) subscribed.grantedSeq = seq
    subscribed.renewedSeq = isNew ? 0 : seq
    if (code <= 2) made.push({ subscribed, since: asked.seq, isNew })
  }
  return made
}

export function unsubscribe(subscriptions: Subscriptions, packet: Unsubscribe, seq: number): void {
  for (const filter of packet.filters) {
    const subscribed = subscriptions.byFilter.get(filter)
    if (subscribed) subscribed.granted = undefined
  }
  subscriptions.asking.set(packet.id, { filters: packet.filters, kind: 'UNSUBSCRIBE', seq })
}

export function unsubscribed(subscriptions: Subscriptions, id: number, seq: number): void {
  const asked = subscriptions.asking.get(id)
  if (asked?.kind !== 'UNSUBSCRIBE') return
  subscriptions.asking.delete(id)
  for (const filter of asked.filters) {
    const subscribed = subscriptions.byFilter.get(filter)
    if (subscribed && subscribed.granted === undefined) subscribed.endedSeq = seq
  }
}

/** Whether a filter would match but for the `$` that the topic begins with. */
export function matchesButForDollar(subscriptions: Subscriptions, topic: string): boolean {
  if (!topic.startsWith('$')) return false
  for (const { text } of subscriptions.byFilter.values()) {
    // A level at the front that no wildcard is barred from stands for the one with `$`.
    if (/^[+#]/.test(text) && matches(parseFilter(text, false), `x${topic}`)) return true
  }
  return false
}

/** Subscriptions of the session that match a topic, over or not. */
export function matching(subscriptions: Subscriptions, topic: string): Subscribed[] {
  const found: Subscribed[] = []
  for (const subscribed of subscriptions.byFilter.values()) {
    if (matches(subscribed.filter, topic)) found.push(subscribed)
  }
  return found
}
