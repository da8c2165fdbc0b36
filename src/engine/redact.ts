import type { Packet } from '../model/packet.ts'
import type { TraceBody } from '../model/trace.ts'

/** Credentials of the target, which may stand in what we send and in what it echoes. */
export type Secrets = { username?: string; password?: string }

const star = 0x2a

/**
 * An event without the target's credentials: every byte of them becomes `*`, so lengths stay true.
 * Costs nothing for a target without credentials.
 */
export function redact(body: TraceBody, secrets: Secrets): TraceBody {
  const words = [secrets.password, secrets.username].filter(
    word => word !== undefined && word !== '',
  )
  if (words.length === 0) return body
  if (body.kind === 'bytes') return { ...body, bytes: blanked(body.bytes, words) }
  if (body.kind !== 'packet') return body
  return { ...body, bytes: blanked(body.bytes, words), packet: redactPacket(body.packet, words) }
}

function redactPacket(packet: Packet, words: (string | undefined)[]): Packet {
  if (packet.type !== 'CONNECT') return packet
  return {
    ...packet,
    ...(packet.username === undefined ? {} : { username: hidden(packet.username, words) }),
    ...(packet.password === undefined ? {} : { password: blanked(packet.password, words) }),
  }
}

function hidden(text: string, words: (string | undefined)[]): string {
  return words.includes(text) ? '*'.repeat(text.length) : text
}

/** A copy with every occurrence of the words blanked; the same bytes where there is none. */
function blanked(bytes: Uint8Array, words: (string | undefined)[]): Uint8Array {
  let copy: Buffer | undefined
  for (const word of words) {
    const wanted = Buffer.from(word ?? '')
    if (wanted.length < 3) continue
    let at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted)
    while (at >= 0) {
      copy ??= Buffer.from(bytes)
      copy.fill(star, at, at + wanted.length)
      at = copy.indexOf(wanted, at + wanted.length)
    }
  }
  return copy ?? bytes
}
