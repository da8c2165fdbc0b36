import type { Publish, Subscription } from '../model/packet.ts'
import { matches, parseFilter } from '../oracle/ledger/topics.ts'

/** One subscription of a session; the identifier is 5.0 only. */
export type Subscribed = Subscription & { identifier: number | undefined }

/**
 * The one copy of a message that a subscriber gets for all its subscriptions that match: at the highest QoS granted, never above
 * the message's own [MQTT-3.8.4-6]. Undefined where none matches. It has no packet identifier yet.
 */
export function copyFor(
  message: Publish,
  subscriptions: Iterable<Subscribed>,
  how: { own: boolean; version5: boolean; retained: boolean },
): Publish | undefined {
  const fitting = [...subscriptions].filter(
    one =>
      !(one.noLocal && how.own && !how.retained) &&
      matches(parseFilter(one.filter, false), message.topic),
  )
  if (fitting.length === 0) return undefined
  const granted = Math.max(...fitting.map(one => one.qos))
  const identifiers = fitting.flatMap(one => one.identifier ?? [])
  const {
    topicAlias: _alias,
    subscriptionIdentifiers: _ids,
    ...properties
  } = how.version5 ? message.properties : {}
  return {
    type: 'PUBLISH',
    topic: message.topic,
    qos: Math.min(granted, message.qos),
    dup: false,
    retain: how.retained || (message.retain && fitting.some(one => one.retainAsPublished)),
    payload: message.payload,
    properties:
      how.version5 && identifiers.length > 0
        ? { ...properties, subscriptionIdentifiers: identifiers }
        : properties,
  }
}

/** A topic that a filter matches: each wildcard becomes a level named mqttspec. None for `$share/…` and `$SYS/…`. */
export function topicOf(filter: string): string | undefined {
  if (filter.startsWith('$') || filter === '') return undefined
  return filter
    .split('/')
    .map(level => (level === '+' || level === '#' ? 'mqttspec' : level))
    .join('/')
}

/** Bytes that a message holds, about. */
export function sizeOf({ topic, payload }: Publish): number {
  return topic.length + payload.length
}

const waitingBytesMax = 64 * 1024 * 1024

/** Bytes of the messages that wait for clients, of all of them together. */
export class Waiting {
  private bytes = 0

  /** False where there is no room: the message is lost. */
  take(bytes: number): boolean {
    if (this.bytes + bytes > waitingBytesMax) return false
    this.bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.bytes -= bytes
  }
}

const retainedMax = 1000
const retainedBytesMax = 16 * 1024 * 1024

/** Retained messages by topic, at most a thousand: a client that floods topics loses its own oldest. */
export class Retained {
  private readonly byTopic = new Map<string, Publish>()
  private bytes = 0

  note(message: Publish): void {
    if (!message.retain) return
    this.forget(message.topic)
    if (message.payload.length > 0) {
      // The payload is part of what was read with it, and would keep that in memory.
      this.byTopic.set(message.topic, { ...message, payload: Uint8Array.from(message.payload) })
      this.bytes += sizeOf(message)
    }
    for (const oldest of this.byTopic.keys()) {
      if (this.byTopic.size <= retainedMax && this.bytes <= retainedBytesMax) return
      this.forget(oldest)
    }
  }

  private forget(topic: string): void {
    const known = this.byTopic.get(topic)
    if (!known) return
    this.bytes -= sizeOf(known)
    this.byTopic.delete(topic)
  }

  all(): Iterable<Publish> {
    return this.byTopic.values()
  }
}
