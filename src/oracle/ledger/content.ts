import type { Publish } from '../../model/packet.ts'

/** Names an application message by topic and payload: a 53-bit hash, so that long cases keep numbers, not payloads. */
export type ContentKey = number

export function contentKey(topic: string, payload: Uint8Array): ContentKey {
  // Written out: a function called for each byte costs as much as all else that a message costs the ledger.
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let index = 0; index < topic.length; index++) {
    const unit = topic.charCodeAt(index)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15)
  }
  // No code unit: where the topic ends is part of the key.
  low = Math.imul(low ^ 0x10000, 0x01000193)
  high = Math.imul(high ^ 0x10000, 0x5bd1e995) ^ (high >>> 15)
  for (let index = 0; index < payload.length; index++) {
    const byte = payload[index]!
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x5bd1e995) ^ (high >>> 15)
  }
  low = Math.imul(low ^ payload.length, 0x01000193)
  high = Math.imul(high ^ payload.length, 0x5bd1e995) ^ (high >>> 15)
  return (low >>> 0) * 0x200000 + (high >>> 11)
}

/** Topic aliases of one sender on one connection. Source: 5.0 §3.3.2.3.4. */
export type Aliases = Map<number, string>

/** The topic a PUBLISH means, learning its alias; undefined where the alias is not known on this connection. */
export function resolveTopic(packet: Publish, aliases: Aliases): string | undefined {
  const alias = packet.properties.topicAlias
  if (typeof alias !== 'number') return packet.topic
  if (packet.topic === '') return aliases.get(alias)
  aliases.set(alias, packet.topic)
  return packet.topic
}

/** Text for messages: UTF-8 where it reads as such, else hex; never more than 40 characters. */
export function payloadText(payload: Uint8Array): string {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, 40))
  const text = bytes.toString('utf8')
  const shown = unreadable.test(text)
    ? `0x${bytes.toString('hex').slice(0, 40)}`
    : JSON.stringify(text)
  return payload.length > 40 ? `${shown}… (${payload.length} bytes)` : shown
}

/** Control characters, and what stands for bytes that are no UTF-8. */
const unreadable = /[\p{Cc}\ufffd]/u
