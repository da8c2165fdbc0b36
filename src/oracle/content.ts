import type { Publish } from '../model/packet.ts'

/** Names an application message by topic and payload: a 53-bit hash, so that long cases keep numbers, not payloads. */
export type ContentKey = number

export function contentKey(topic: string, payload: Uint8Array): ContentKey {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  const mix = (byte: number) => {
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x5bd1e995) ^ (high >>> 15)
  }
  for (let index = 0; index < topic.length; index++) {
    const unit = topic.charCodeAt(index)
    mix(unit & 0xff)
    mix(unit >>> 8)
  }
  mix(0x100)
  for (const byte of payload) mix(byte)
  mix(payload.length)
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
  const bytes = payload.subarray(0, 40)
  const text = Buffer.from(bytes).toString('utf8')
  const readable = ![...text].some(char => char < ' ' || char === '\ufffd')
  const shown = readable
    ? JSON.stringify(text)
    : `0x${Buffer.from(bytes).toString('hex').slice(0, 40)}`
  return payload.length > 40 ? `${shown}… (${payload.length} bytes)` : shown
}
