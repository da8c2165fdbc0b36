import type { Version } from '../../model/version.ts'
import type { Aliases } from './content.ts'
import type { Incoming } from './incoming.ts'
import type { Outgoing } from './outgoing.ts'

/** What our fake broker has with one client id. */
export type Peer = {
  client: string
  outgoing: Outgoing
  incoming: Incoming
  filters: Set<string>
}

/** One connection of the client. */
export type ClientConnection = {
  number: number
  actor: string
  version: Version
  peer: Peer | undefined
  clean: boolean
  accepted: boolean
  stalled: boolean
  maximumQos: number
  /** Ids of the client's PUBLISHes here that we did not finish. */
  unfinished: Set<number>
  aliases: Aliases
  ourAliases: Aliases
}

/** Under this name a record keeps what came over the wire from the client. */
export const wire = 'wire'

/** Under this name a record keeps what the applications on the client got. */
export const app = 'app'
