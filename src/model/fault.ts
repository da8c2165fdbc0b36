import type { PacketType } from './packet.ts'

/** What the harness did to a conversation on purpose. Recorded in the trace and drawn in the ladder. */
export type Fault =
  /** The packet reached our socket; we act as if it had not. `seq` names its event in the trace. */
  | { kind: 'lose'; seq: number; packet: PacketType }
  /** Our automatic answers of this kind are kept back until released. */
  | { kind: 'hold'; packet: PacketType }
  | { kind: 'release'; packet: PacketType }
  | { kind: 'delay'; packet: PacketType; delayMs: number }
  | { kind: 'duplicate'; packet: PacketType; copies: number }
  | { kind: 'reorder'; packets: PacketType[] }
  | { kind: 'split'; packet: PacketType; writes: number }
  | { kind: 'coalesce'; packets: PacketType[] }
  /** Only the first `keepBytes` of the packet were written. */
  | { kind: 'truncate'; packet: PacketType; keepBytes: number; ofBytes: number }
  | { kind: 'cut'; how: 'fin' | 'rst' }
  | { kind: 'refuse' }
  | { kind: 'stall' }
  | { kind: 'resume' }
  | { kind: 'raw'; bytes: number }
  | { kind: 'restart'; how: 'term' | 'kill' }

export type FaultKind = Fault['kind']

/** One line per fault for `mqttspec list faults` and the language reference. */
export const faultTitles: Record<FaultKind, string> = {
  lose: 'A packet from the target reaches our socket and we act as if it had not',
  hold: 'Our automatic answers of one kind are kept back until released',
  release: 'Held answers go out, in their order',
  delay: 'Our automatic answers of one kind go out later',
  duplicate: 'The same packet is sent several times',
  reorder: 'Packets are sent in another order than given',
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
