import type { Breach } from '../../model/finding.ts'
import type { TraceEvent } from '../../model/trace.ts'
import type { Owed } from '../owed.ts'
import type { MessageRecord } from './messages.ts'

/**
 * Follows every application message of a case by topic and payload: who gave it and what that side was told, what crossed
 * the wire, who received it and how often. Keep payloads unique within a case unless one is published again on purpose.
 */
export type Ledger = {
  observe(event: TraceEvent): void
  /** Messages that still have to reach a receiver that is there to take them. */
  owed(): Iterable<Owed>
  /** What the messages of the case broke, at its end. */
  judge(): Breach[]
  /** Long cases let go of messages that went through exactly as they should. */
  messages(): MessageRecord[]
  /** A message of that payload reached each of its receivers once and was let go of. */
  settled(payload: Uint8Array): boolean
}
