import type { PacketType } from '../../model/packet.ts'
import type { Octets } from './octets.ts'
import type { PropertyPlace } from './property-places.ts'

/** The versions whose statements are numbered: 3.1 leaves most of this open. */
export const formatVersions = ['3.1.1', '5.0'] as const
export type FormatVersion = (typeof formatVersions)[number]

/** Something for each version that has it. */
export type ByVersion<T> = { [V in FormatVersion]?: T }

/** Who sends a packet. */
export type Sender = 'client' | 'server'

/** One field of a packet, with a value that is right. */
export type Field = {
  /** As the standard calls it. */
  title: string
  /** The versions that have it; by default both. */
  only?: FormatVersion
  /** Statements that a field breaks which is not there, or ends too early. */
  missing?: ByVersion<string>
  /** The packet may end before it, and what is behind it. Source: 5.0 §3.4.2.1, §3.14.2.1. */
  mayLack?: true
} & (
  | { form: 'byte'; value: number; wrong?: WrongByte[] }
  | { form: 'two'; value: number }
  /** A Packet Identifier, which is never 0. */
  | { form: 'id'; value: number }
  /** A UTF-8 Encoded String. `notUtf8`: the statement that wants UTF-8 here, beside the general one. `topic`: it follows §4.7. */
  | { form: 'text'; value: string; notUtf8?: ByVersion<string>; topic?: 'name' | 'filter' }
  | { form: 'binary'; value: string }
  | { form: 'properties'; place: PropertyPlace }
  /** What is left of the packet: any bytes at all. */
  | { form: 'payload'; value: string }
)

/** Values of a byte that are wrong, and what they break. */
export type WrongByte = {
  /** Names the case. */
  id: string
  /** `with reserved bits in its options`: what the packet is. */
  with: string
  values: number[]
  breaks: ByVersion<string[]>
  /** How strongly closing is asked for, where it is no MUST. */
  level?: 'should'
  bugs?: string[]
}

/** One packet as one side sends it. */
export type PacketFormat = {
  packet: PacketType
  /** Tells several formats of one packet type apart: `at QoS 0`. */
  variant?: { id: string; title: string }
  from: readonly Sender[]
  only?: FormatVersion
  /** First byte: type and flags. */
  first: number
  /** Flags that are wrong, all in one case each, and the statements they break. */
  wrongFlags: { values: number[]; breaks: ByVersion<string[]> }
  fields: readonly Field[]
}

/** A packet that breaks a rule of its format, and what its receiver has to do. */
export type Breach = {
  /** Names the scenario; permanent. */
  id: string
  packet: PacketType
  from: Sender
  /** What is wrong where it is not the packet as such: a `will`. */
  subject?: string
  /** What is wrong, behind the packet's name: `whose Topic Filter holds U+0000`. */
  with: string
  bytes: ByVersion<Octets>
  /** What stands for `$name` in the bytes, each by the name that ids of cases call it. */
  choices?: { name: string; values: { [called: string]: string } }
  /** Statements that the sender breaks, the one that says it best first. */
  breaks: ByVersion<string[]>
  /** How strongly the receiver is asked to close, where it is less than the reaction says. */
  level?: 'should' | 'may'
  /** The packet by which a receiver may refuse instead of closing. */
  refusedBy?: ByVersion<'SUBACK' | 'PUBACK'>
  bugs?: string[]
}
