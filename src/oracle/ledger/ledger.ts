import type { Breach } from '../../model/finding.ts'
import type { TraceEvent } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import type { Owed } from '../owed.ts'
import { createBrokerLedger } from './broker-ledger.ts'
import { createClientLedger } from './client-ledger.ts'
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

export type { MessageRecord } from './messages.ts'

export function createLedger(options: {
  target: TargetRole
  version: Version
  /** A client: an adapter tells what its application saw. Without one the wire alone is judged. Default true. */
  hearsApp?: boolean
  /** A client: its library tells when a publish is complete; of one that does not, nothing is made of its silence. Default true. */
  tellsPublished?: boolean
  /** A broker: others may publish whom nobody sees. Then nothing is made of what nobody was seen to publish. Default false. */
  unseenPublishers?: boolean
}): Ledger {
  return options.target === 'broker'
    ? createBrokerLedger(options.version, options.unseenPublishers ?? false)
    : createClientLedger(options.version, options.hearsApp ?? true, options.tellsPublished ?? true)
}
