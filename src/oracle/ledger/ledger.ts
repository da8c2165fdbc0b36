import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { createBrokerLedger } from './broker-ledger.ts'
import { createClientLedger } from './client-ledger.ts'
import type { Ledger } from './ledger-type.ts'

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
