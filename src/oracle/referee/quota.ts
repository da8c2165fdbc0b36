import type { Ack } from '../../model/packet.ts'
import { type Ruling, say } from '../ruling.ts'
import type { Connection, Exchange, Session } from './state.ts'

/*
 * Receive Maximum, per connection: QoS>0 PUBLISHes sent here for which we sent neither PUBACK, PUBCOMP nor PUBREC >= 0x80.
 * An acknowledgement counts as soon as we hand it over, so crossing never looks like an overrun.
 */

export function countPublish(ruling: Ruling, connection: Connection, id: number): void {
  const { inFlight, limits, version } = connection
  if (inFlight.has(id)) return
  inFlight.add(id)
  if (version !== '5.0' || inFlight.size <= limits.receiveMaximum || connection.quotaTold) return
  // Counting each PUBCOMP as §4.9 words it, one for an exchange of an older connection gives a slot back as well.
  const literal = inFlight.size - connection.bonus <= limits.receiveMaximum
  connection.quotaTold = !literal
  say(ruling, version, 'quota', {
    message: `${inFlight.size} PUBLISH packets are in flight; Receive Maximum is ${limits.receiveMaximum}`,
    expected: `at most ${limits.receiveMaximum}`,
    got: `PUBLISH id ${id} as number ${inFlight.size}`,
    about: literal ? 'dispute' : undefined,
  })
}

/** What an acknowledgement of ours gives back; a stray one gives nothing. */
export function giveBack(
  connection: Connection,
  _session: Session,
  packet: Ack,
  exchange: Exchange | undefined,
  fits: boolean,
  refused: boolean,
): void {
  const final = packet.type === 'PUBACK' || packet.type === 'PUBCOMP' || refused
  if (!final || !exchange || !fits) return
  connection.resume.unanswered.delete(packet.id)
  if (connection.inFlight.delete(packet.id)) return
  if (packet.type === 'PUBCOMP' && connection.bonus < connection.inFlight.size)
    connection.bonus += 1
}
