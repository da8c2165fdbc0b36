import { packetTypes } from '../../model/packet.ts'
import { toHex } from '../../model/text/hex.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { offence } from './offence.ts'
import { packetName } from './packet-text.ts'
import { timeText } from './time-text.ts'

export type KeptOpen = {
  /** What the case is about, in its author's words. */
  title: string
  /** What happened until then. */
  trace: readonly TraceEvent[]
  connection: number | undefined
  /** The target was asked behind what should have ended the connection, and answered. */
  answered: boolean
  budgetMs: number
}

/** `The target kept the connection open after SUBACK 90 03 00 01 00; it answered our PINGREQ`. */
export function keptOpen({ title, trace, connection, answered, budgetMs }: KeptOpen): string {
  const proof = answered ? 'it answered our PINGREQ' : `it was silent for ${timeText(budgetMs)}`
  return `The target kept the connection open after ${offence(title) ?? lastSent(trace, connection)}; ${proof}`
}

/** What we sent last before we asked. */
function lastSent(trace: readonly TraceEvent[], connection: number | undefined): string {
  const sent = trace.findLast(
    event =>
      (event.kind === 'bytes' || (event.kind === 'packet' && event.packet.type !== 'PINGREQ')) &&
      event.connection === connection &&
      event.from === 'harness',
  )
  if (sent?.kind === 'packet') return packetName(sent.packet)
  if (sent?.kind !== 'bytes') return 'what we sent'
  const type = packetTypes[((sent.bytes[0] ?? 0) >> 4) - 1]
  return type === undefined ? hexText(sent.bytes) : `${type} ${hexText(sent.bytes)}`
}

function hexText(bytes: Uint8Array): string {
  const shown = toHex(bytes.subarray(0, 16)).replace(/..(?=.)/g, '$& ')
  return bytes.length > 16 ? `${shown} … (${bytes.length} bytes)` : shown
}
