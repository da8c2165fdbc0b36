import type { Level, Place, StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet.ts'
import type { Side } from '../model/side.ts'
import type { Version } from '../model/version.ts'

/**
 * A suite after parsing and checking: what the engine runs. Every scalar is typed; what is known only at run time
 * (captures, counters) stays a `Ref` or a `Template`. Matrix variables are put in their place by `compile`.
 */

/** `$name` standing alone: keeps the type of what it was bound to. */
export type Ref = { kind: 'ref'; name: string; place: Place }
/** Text with variables in it: `$topic/a-$i`. */
export type Template = { kind: 'template'; parts: (string | Ref)[]; place: Place }
/** Raw bytes by `hex: "…"`. */
export type Bytes = { kind: 'bytes'; bytes: Uint8Array }
/** The payload of `bytes: N` random-looking but reproducible bytes: `{ size: 1000 }`. */
export type Sized = { kind: 'sized'; bytes: number }

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

export type StepBody =
  // ---- fake client (role client) and fake broker (role broker)
  | {
      verb: 'connect'
      session: SessionWish
      answers: Answers
      /** Fields of CONNECT that replace the defaults. */
      fields: { [name: string]: FieldValue }
      /** Asked of CONNACK; without it code 0 is a precondition. */
      expect?: Expected & { kind: 'packet' }
      judging: Judging
    }
  /** Fake broker: waits for the next connection and its CONNECT, answers CONNACK with `fields`. */
  | {
      verb: 'accept'
      answers: Answers
      fields: { [name: string]: FieldValue }
      expect?: Expected & { kind: 'packet' }
      judging: Judging
      /** No CONNACK is sent: a later `send` does it. */
      silent: boolean
    }
  /** Fake client: opens a connection and sends nothing, not even CONNECT. */
  | { verb: 'open' }
  | { verb: 'disconnect'; fields: { [name: string]: FieldValue } }
  | {
      verb: 'subscribe'
      subscriptions: FieldValue[]
      fields: { [name: string]: FieldValue }
      expect?: Expected & { kind: 'packet' }
      judging: Judging
    }
  | {
      verb: 'unsubscribe'
      filters: FieldValue[]
      fields: { [name: string]: FieldValue }
      expect?: Expected & { kind: 'packet' }
      judging: Judging
    }
  /** Sends a PUBLISH and follows its exchange to the end by itself; the step ends with the last acknowledgement. */
  | { verb: 'publish'; packet: PacketTemplate; judging: Judging }
  /** Waits for a PUBLISH that matches and completes its exchange. */
  | { verb: 'receive'; packet: PacketMatcher; judging: Judging }
  | { verb: 'send'; packets: PacketTemplate[] }
  | { verb: 'bytes'; bytes: Uint8Array }
  | { verb: 'expect'; expected: Expected; judging: Judging }
  /** As `expect`, then acts as if the packet had not come. */
  | { verb: 'lose'; packet: PacketMatcher; judging: Judging }
  | { verb: 'ping'; judging: Judging }
  | { verb: 'answers'; answers: Answers }
  | { verb: 'hold'; packets: PacketType[] }
  | { verb: 'release'; packets: PacketType[] }
  | { verb: 'delay'; packets: PacketType[]; delayMs: Value }
  | { verb: 'duplicate'; packet: PacketTemplate; times: Value }
  | { verb: 'reorder'; packets: PacketTemplate[]; order?: number[] }
  | { verb: 'split'; packet: PacketTemplate; at: number[] | 'every' }
  | { verb: 'coalesce'; packets: PacketTemplate[] }
  /** Sends the packet without its last `drop` bytes, or only its first `keep` bytes. */
  | { verb: 'truncate'; packet: PacketTemplate; keep?: Value; drop?: Value }
  /** `how` is fin, rst, or a matrix variable. With `packet`, its first `after` bytes go out before. */
  | { verb: 'cut'; how: Value; packet?: PacketTemplate; after?: Value }
  | { verb: 'stall' }
  | { verb: 'resume' }
  /** Fake broker or proxy: the next TCP connection is closed as soon as it opens. */
  | { verb: 'refuse'; times: Value }
  // ---- the proxy between a client under test and a broker (role proxy)
  /** Waits for the next connection and its CONNECT, and passes on what either side says. */
  | { verb: 'proxy.accept'; expect?: PacketMatcher; judging: Judging }
  /** The next packet of that type from that side must match. */
  | { verb: 'proxy.expect'; from: Side; packet: PacketMatcher; judging: Judging }
  /** Waits for its packets: the `nth` that matches from now on is the first of `times` that it happens to. */
  | {
      verb: 'proxy.fault'
      from: Side
      packet: PacketMatcher
      nth: Value
      times: Value
      deed: ProxyDeed
      cut?: ProxyCut
    }
  /** Waits until every fault has happened. */
  | { verb: 'proxy.struck'; judging: Judging }
  /** At once, or when so many more bytes of a side have passed. */
  | { verb: 'proxy.cut'; cut: ProxyCut; after?: { from: Side; bytes: Value } }
  | { verb: 'proxy.release'; from: Side[] }
  | { verb: 'proxy.stall'; from: Side }
  | { verb: 'proxy.resume'; from: Side }
  // ---- the application on a client under test (roles broker and proxy, actors `app`, `app2`, …)
  | { verb: 'app.connect'; fields: { [name: string]: FieldValue }; wait: boolean; judging: Judging }
  | { verb: 'app.publish'; fields: { [name: string]: FieldValue } }
  | { verb: 'app.subscribe'; fields: { [name: string]: FieldValue } }
  | { verb: 'app.unsubscribe'; fields: { [name: string]: FieldValue } }
  | { verb: 'app.disconnect'; fields: { [name: string]: FieldValue } }
  /** Connects as before, where the library does not do so by itself. */
  | { verb: 'app.reconnect' }
  | { verb: 'app.ping' }
  | { verb: 'app.expect'; event: string; fields: { [name: string]: Matcher }; judging: Judging }
  // ---- the target process
  | { verb: 'target.restart'; how: Value }
  /** Simulated board: the power is cut at every point of a flow in turn, and the recovery judged as exactly once. */
  | { verb: 'target.sweep'; flow: Value; twice: boolean; judging: Judging }
  /** Simulated board: the firmware as it ships, over minutes or hours of its own time. */
  | { verb: 'target.play'; flow: Value; judging: Judging }
  /** Simulated board: the power goes and comes back, and each application connects again as before. */
  | { verb: 'target.power-cut'; tear?: Value }
  | { verb: 'target.link'; state: Value }
  /** Simulated board: so much of its own time passes. */
  | { verb: 'target.advance'; s: Value }
  /** Takes what is left of the board's flash, or gives it back. */
  | { verb: 'target.flash'; state: Value }
  // ---- the whole scene
  | { verb: 'fence'; actors: string[]; topic?: Value; qos?: Value }
  /** Every expectation inside must be met, in any order. */
  | { verb: 'together'; steps: Step[] }
  /** The first branch whose first step, an expectation, is met by the next packet. */
  | { verb: 'oneOf'; branches: Step[][]; judging: Judging }
  | { verb: 'each'; as: string; values: FieldValue[]; steps: Step[] }
  | { verb: 'repeat'; as?: string; from: number; times: Value; steps: Step[] }
  /** Waits because a rule about time says so; `rule` names it. */
  | { verb: 'elapse'; rule: TimeRule; s: Value }

/** What a proxy does with a packet. Without `keep` all but its last byte passes. */
export type ProxyDeed =
  | { kind: 'pass' }
  | { kind: 'lose' }
  | { kind: 'hold' }
  | { kind: 'delay'; delayMs: Value }
  | { kind: 'duplicate'; copies: Value }
  | { kind: 'reorder'; behind: Value }
  | { kind: 'split' }
  | { kind: 'truncate'; keep?: Value }

/** `how` is fin, rst, or a matrix variable. */
export type ProxyCut = { how: Value; side: Side | 'both' }

export type TimeRule =
  | 'keep-alive'
  | 'session-expiry'
  | 'message-expiry'
  | 'will-delay'
  | 'no-resend'

/** `text` is the step as its author wrote it, on one line, for ladders and messages. */
export type Step = { actor?: string; body: StepBody; place: Place; text: string }

/** A named judgement over the ledger, written in TypeScript. */
export type Verify = { name: string; args: { [name: string]: FieldValue }; place: Place }

/** A condition on the target's profile or fingerprint, as data. */
export type Condition =
  | { kind: 'feature'; name: string; place: Place }
  | { kind: 'choice'; name: string; value: Scalar; place: Place }
  /** A limit that the target announces lies in a range: `{ maximumPacketSize: { max: 100000 } }`. */
  | { kind: 'limit'; name: string; min?: number; max?: number; place: Place }
  | { kind: 'all'; conditions: Condition[] }
  | { kind: 'any'; conditions: Condition[] }
  | { kind: 'not'; condition: Condition }

export type SuiteRole = 'client' | 'broker' | 'proxy'

/** One scenario in one version with one choice of each matrix variable: the unit that has a verdict. */
export type Case = {
  /** `suite/scenario:version:key=value`, keys in the order of the matrix. Permanent. */
  id: string
  suite: string
  scenario: string
  title: string
  about: string
  bugs: string[]
  role: SuiteRole
  version: Version
  bindings: { [name: string]: Scalar }
  covers: StatementRef[]
  tags: string[]
  requires: Condition[]
  steps: Step[]
  verify: Verify[]
  place: Place
}

export type Suite = {
  id: string
  title: string
  about: string
  role: SuiteRole
  file: string
  /** Files and folders whose suites run as well where this one is asked for. */
  includes: string[]
  cases: Case[]
}
