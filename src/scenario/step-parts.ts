import type { Level, Place, StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet.ts'
import type { Version } from '../model/version.ts'

/*
 * What steps are made of, after parsing: values, packets to send, what is expected and how that is judged. Every scalar is typed;
 * what is known only at run time (captures, counters) stays a `Ref` or a `Template`.
 */

/** `$name` standing alone: keeps the type of what it was bound to. */
export type Ref = { kind: 'ref'; name: string; place: Place }
/** Text with variables in it: `$topic/a-$i`. */
export type Template = { kind: 'template'; parts: (string | Ref)[]; place: Place }
/** Raw bytes by `hex: "…"`. */
export type Bytes = { kind: 'bytes'; bytes: Uint8Array }
/** The payload of `bytes: N` random-looking but reproducible bytes: `{ size: 1000 }`. */
export type Sized = { kind: 'sized'; bytes: number | Ref }

export type Scalar = string | number | boolean
export type Value = Scalar | Ref | Template | Bytes | Sized

/** What a matcher asks of one field. An omitted field is don't-care. */
export type Matcher =
  | { kind: 'equals'; value: Value }
  | { kind: 'absent' }
  | { kind: 'present' }
  | { kind: 'range'; min?: Value; max?: Value }
  | { kind: 'not'; matcher: Matcher }
  | { kind: 'oneOf'; matchers: Matcher[] }
  | { kind: 'list'; items: Matcher[] }
  | { kind: 'fields'; fields: { [name: string]: Matcher } }

/**
 * A packet to send. `fields` are the standard's (id, topic, qos, dup, retain, payload, code, sessionPresent, clientId, clean,
 * keepAliveS, username, password, will, filters, codes, properties, protocolName, protocolLevel); then what makes it wrong on
 * purpose: `flags` replaces the low nibble of the first byte, `extra` is added inside the remaining length,
 * `lengthBytes` pads the remaining length to that many bytes.
 */
export type PacketTemplate = {
  type: PacketType
  fields: { [name: string]: FieldValue }
  flags?: Value
  extra?: Uint8Array
  lengthBytes?: number
  place: Place
}
export type FieldValue = Value | FieldValue[] | { kind: 'map'; map: { [name: string]: FieldValue } }

export type PacketMatcher = {
  type: PacketType
  fields: { [name: string]: Matcher }
  place: Place
}

/** What may come next on a connection. */
export type Expected =
  | { kind: 'packet'; packet: PacketMatcher }
  /** The target closes the connection, with or without DISCONNECT before it where the version allows one. */
  | { kind: 'closed'; place: Place }
  | { kind: 'oneOf'; options: Expected[]; place: Place }

/** How an expectation is judged. */
export type Judging = {
  /** `check`: a miss is a finding. `given`: a miss makes the case inconclusive. */
  as: 'check' | 'given'
  level: Level
  /** The statement a miss breaks; by default the engine's table for the packet, then the scenario's first `covers`. */
  cite?: { [V in Version]?: StatementRef }
}

/** A session as every version can say it: Clean Session 0, or Clean Start 0 with Session Expiry Interval > 0. */
export type SessionWish = 'kept' | 'fresh'

/** Whether an actor answers PUBLISH, PUBREL and PUBREC by itself, following the state machines. */
export type Answers = 'auto' | 'by-hand'

/** Why a step waits. */
export type TimeRule =
  | 'keep-alive'
  | 'session-expiry'
  | 'message-expiry'
  | 'will-delay'
  | 'no-resend'

/** Statements by version; in a version that is not there nothing is broken. */
export type Breaks = { [V in Version]?: StatementRef[] }

/** What the harness plays: it tests a broker, a client, or a client behind a proxy. */
export type SuiteRole = 'client' | 'broker' | 'proxy'

/** A condition on the target's profile or fingerprint, as data. */
export type Condition =
  | { kind: 'feature'; name: string; place: Place }
  | { kind: 'choice'; name: string; value: Scalar; place: Place }
  /** A limit that the target announces lies in a range: `{ maximumPacketSize: { max: 100000 } }`. */
  | { kind: 'limit'; name: string; min?: number; max?: number; place: Place }
  | { kind: 'all'; conditions: Condition[] }
  | { kind: 'any'; conditions: Condition[] }
  | { kind: 'not'; condition: Condition }
