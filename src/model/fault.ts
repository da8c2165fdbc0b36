import type { PacketType } from './packet.ts'
import type { Side } from './side.ts'

/** At a proxy: the side whose packet it was, or from which nothing is read. */
type Sided = { from?: Side }

/**
 * What the harness did to a conversation on purpose. Recorded in the trace and drawn in the ladder. With `from` it was done to a
 * packet of somebody else that passes a proxy.
 */
export type Fault =
  /** The packet reached our socket; we act as if it had not. `seq` names its event in the trace. */
  | ({ kind: 'lose'; seq: number; packet: PacketType } & Sided)
  /** Our automatic answers of this kind are kept back until released. */
  | ({ kind: 'hold'; packet: PacketType } & Sided)
  | ({ kind: 'release'; packet: PacketType } & Sided)
  | ({ kind: 'delay'; packet: PacketType; delayMs: number } & Sided)
  | ({ kind: 'duplicate'; packet: PacketType; copies: number } & Sided)
  | ({ kind: 'reorder'; packets: PacketType[] } & Sided)
  | ({ kind: 'split'; packet: PacketType; writes: number } & Sided)
  | { kind: 'coalesce'; packets: PacketType[] }
  /** Only the first `keepBytes` of the packet were written. */
  | ({ kind: 'truncate'; packet: PacketType; keepBytes: number; ofBytes: number } & Sided)
  /** At a proxy, one of its sides or `both`. */
  | { kind: 'cut'; how: 'fin' | 'rst'; side?: Side | 'both' }
  | { kind: 'refuse' }
  | ({ kind: 'stall' } & Sided)
  | ({ kind: 'resume' } & Sided)
  | { kind: 'raw'; bytes: number }
  | { kind: 'restart'; how: 'term' | 'kill' }

export type FaultKind = Fault['kind']

/** One line per fault for `mqttspec list faults` and the language reference. */
export const faultTitles: Record<FaultKind, string> = {
  lose: 'A packet from the target reaches our socket and we act as if it had not; a proxy does not pass it on',
  hold: 'Our automatic answers of one kind, or a packet that passes a proxy, are kept back until released',
  release: 'What was held goes out, in its order',
  delay: 'Our automatic answers of one kind, or a packet that passes a proxy, go out later',
  duplicate: 'The same packet is sent several times',
  reorder: 'Packets are sent in another order than given, or than they came to a proxy',
  split: 'One packet is sent in several TCP writes',
  coalesce: 'Several packets are sent in one TCP write',
  truncate: 'Only the first bytes of a packet are sent',
  cut: 'The connection ends without DISCONNECT, by FIN or RST',
  refuse: 'The next TCP connection is closed as soon as it opens',
  stall: 'We stop reading from the socket',
  resume: 'We read from the socket again',
  raw: 'Arbitrary bytes are sent',
  restart: 'The target is stopped by TERM or KILL and started again',
}
