import type { Publish } from '../../model/packet.ts'
import { sentinelPrefix } from '../../model/trace.ts'
import { streamOf } from './stream-order.ts'

const prefix = Buffer.from(sentinelPrefix)

/** Messages of fences are nobody's application messages. */
export function isSentinel(payload: Uint8Array): boolean {
  if (payload.length < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) {
    if (payload[index] !== prefix[index]) return false
  }
  return true
}

/** Sentinels that were published and may still come; no case has so many on their way. */
const sentinelsMax = 1024

/** Follows sentinels from their publishers to those whom they reach: what was published before them on the same way comes before them. */
export function createSentinels() {
  const known = new Map<string, { stream: string; seq: number }>()
  const nameOf = ({ payload }: Publish) => Buffer.from(payload).toString('latin1')

  return {
    published(
      packet: Publish,
      { client, topic, seq }: { client: string; topic: string; seq: number },
    ): void {
      const name = nameOf(packet)
      if (!known.has(name)) known.set(name, { stream: streamOf(client, packet.qos, topic), seq })
      if (known.size <= sentinelsMax) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        return
      }
    },
    /** @param reached Of the session, by stream: `seq` of the latest that came, as it was published. */
    came(packet: Publish, reached: Map<string, number>): void {
      const sentinel = known.get(nameOf(packet))
      if (!sentinel) return
      const { stream, seq } = sentinel
      reached.set(stream, Math.max(seq, reached.get(stream) ?? 0))
    },
  }
}
