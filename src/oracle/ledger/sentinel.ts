import { sentinelPrefix } from '../../model/trace.ts'

const prefix = Buffer.from(sentinelPrefix)

/** Messages of fences are nobody's application messages. */
export function isSentinel(payload: Uint8Array): boolean {
  if (payload.length < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) {
    if (payload[index] !== prefix[index]) return false
  }
  return true
}
