import { createKeySet } from '../key-set.ts'
import { type ContentKey, contentKey, payloadText } from './content.ts'
import type { Subscribed } from './subscriptions.ts'

/** What the publishing side was told about one publication. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown'

/** One time a message was given to the target: by a PUBLISH of ours, as a will, or by the application on a client. */
export type Publication = {
  /** `seq` of the first and the last PUBLISH (or of the command). */
  seq: number
  lastSeq: number
  client: string
  actor: string
  qos: number
  retain: boolean
  will: boolean
  /** PUBLISH packets of ours; 1 for a command. */
  sends: number
  /** `seq` of our PUBREL, 0 before it. */
  releaseSeq: number
  /** PUBREL packets of ours. */
  releases: number
  /** QoS 2: PUBREC < 0x80 was seen. */
  owned: boolean
  outcome: Outcome
  /** `seq` of what made the outcome certain. */
  outcomeSeq: number
  /** The target must not pass it on: refused, or a will taken back. */
  void: boolean
  /** Seconds, undefined where it does not expire. */
  expiryS: number | undefined
  /** When it was given, ms. */
  at: number
  /** The target's process was restarted since it was given. */
  restarted: boolean
  /** Client under test: tag of the command, and what the application was told. */
  tag?: string
  told?: { seq: number; ok: boolean }
}

/** What one receiver got of one message. A receiver is a session of ours, or the application on a client. */
export type Received = {
  receiver: string
  /** Deliveries by QoS; at QoS 2 one for each exchange, however often its PUBLISH came. */
  byQos: [number, number, number]
  /** QoS 2 deliveries that we refused: they count for nobody. */
  refused: number
  /** We refused it, at whatever QoS. */
  saidNo: boolean
  seqs: number[]
  /** Deliveries with RETAIN 1. */
  retained: number
  /** The target was restarted between the first delivery and a later one. */
  restarted: boolean
}

/** What has to reach a receiver, and since when. */
export type OwedDelivery = {
  receiver: string
  /** Session of the receiver that the delivery belongs to: it ends with it. */
  incarnation: number
  times: number
  qos: number
  /** Several filters matched. */
  overlapping: boolean
  seq: number
  will: boolean
  retained: boolean
  /** It was published while the receiver had no connection. */
  queued: boolean
  /** The subscriptions that speak for it, if each took the place of one for the same filter and nothing came by it since. */
  renewed: readonly Subscribed[]
  restarted: boolean
}

/** An application message: its topic and payload, who gave it, who got it. */
export type MessageRecord = {
  key: ContentKey
  /** Hash of the payload alone. */
  payloadKey: ContentKey
  topic: string
  /** The payload, shortened, for messages. */
  shown: string
  publications: Publication[]
  received: Map<string, Received>
  owedDeliveries: Map<string, OwedDelivery>
}

/**
 * The messages of a case. Those that `mayFold` calls settled are let go of, the oldest first, once more than `settledMax`
 * are: only their keys stay, so that a late copy is still known.
 */
export type Messages = {
  of(topic: string, payload: Uint8Array): MessageRecord
  find(topic: string, payload: Uint8Array): MessageRecord | undefined
  all(): Iterable<MessageRecord>
  /** The message went through as it should; it may be let go of. */
  settle(record: MessageRecord): void
  /** It was settled and let go of. */
  folded(topic: string, payload: Uint8Array): boolean
  foldedPayload(payload: Uint8Array): boolean
}

/** Settled messages that stay in full, for verifiers and late copies. */
const settledMax = 4096

export function createMessages(mayFold: (record: MessageRecord) => boolean): Messages {
  const records = new Map<ContentKey, MessageRecord>()
  const settled = new Set<MessageRecord>()
  const foldedKeys = createKeySet()
  const foldedPayloads = createKeySet()

  function fold(): void {
    for (const record of settled) {
      settled.delete(record)
      if (!mayFold(record)) return
      records.delete(record.key)
      foldedKeys.add(record.key)
      foldedPayloads.add(record.payloadKey)
      return
    }
  }

  return {
    settle(record) {
      settled.add(record)
      if (settled.size > settledMax) fold()
    },
    folded: (topic, payload) => foldedKeys.size > 0 && foldedKeys.has(contentKey(topic, payload)),
    foldedPayload: payload => foldedPayloads.has(contentKey('', payload)),
    find: (topic, payload) => records.get(contentKey(topic, payload)),
    all: () => records.values(),
    of(topic, payload) {
      const key = contentKey(topic, payload)
      const known = records.get(key)
      if (known) return known
      const record: MessageRecord = {
        key,
        payloadKey: contentKey('', payload),
        topic,
        shown: payloadText(payload),
        publications: [],
        received: new Map(),
        owedDeliveries: new Map(),
      }
      records.set(key, record)
      return record
    },
  }
}

export function receivedBy(record: MessageRecord, receiver: string): Received {
  const known = record.received.get(receiver)
  if (known) return known
  const received: Received = {
    receiver,
    byQos: [0, 0, 0],
    refused: 0,
    saidNo: false,
    seqs: [],
    retained: 0,
    restarted: false,
  }
  record.received.set(receiver, received)
  return received
}

/** How often the receiver's application got the message. */
export function timesReceived(received: Received | undefined): number {
  if (!received) return 0
  const [qos0, qos1, qos2] = received.byQos
  return qos0 + qos1 + qos2
}
