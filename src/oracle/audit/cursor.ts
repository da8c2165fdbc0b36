import type { Breach } from '../../model/finding.ts'
import { toHex } from '../../model/text/hex.ts'
import type { Version } from '../../model/version.ts'
import { readVarint } from '../../wire/varint.ts'
import { type Rule, type RuleName, rules, thisPacket, thisProperty } from './rules.ts'
import { firstFault } from './utf8.ts'

/** A breach in one packet, before it has a place in the trace. `offset` counts bytes from the start of the packet. */
export type AuditBreach = Omit<Breach, 'seq' | 'judge'> & { offset: number }

export type AuditContext = {
  version: Version
  /** Who sent the packet. */
  from: 'client' | 'server'
  /** The other side used the Packet Identifier 0 itself: an answer under 0 has the identifier of what it answers. */
  answersZero?: boolean
}

/** Which rule a field breaks that is cut off: some fields have a statement of their own. */
export type Missing = Extract<
  RuleName,
  | 'cutOff'
  | 'clientIdMissing'
  | 'willMissing'
  | 'usernameMissing'
  | 'passwordMissing'
  | 'topicMissing'
>

/**
 * Walks over one packet, field by field, and collects what is wrong with it. One cursor serves all packets: it allocates only
 * when there is something to report, and reports each rule once per packet, so its memory is bounded by the rules.
 */
export class Cursor {
  bytes: Uint8Array = nothing
  position = 0
  /** Where the fields must end: the end of the packet, or of its properties while they are read. */
  end = 0
  version: Version = '5.0'
  from: 'client' | 'server' = 'server'
  answersZero = false
  /** Packet type, 1–15. */
  type = 0
  /** Set when a field was cut off: what follows cannot be told apart. */
  failed = false
  /** Bounds of the string or binary field read last. */
  fieldStart = 0
  fieldEnd = 0
  private breaches: AuditBreach[] | undefined
  private readonly reported = new Set<RuleName>()

  begin(bytes: Uint8Array, { version, from, answersZero = false }: AuditContext): void {
    this.answersZero = answersZero
    this.bytes = bytes
    this.position = 0
    this.end = bytes.length
    this.version = version
    this.from = from
    this.type = 0
    this.failed = false
    this.fieldStart = 0
    this.fieldEnd = 0
  }

  /** What was found, in the order of the bytes. The same empty list for every good packet. */
  finish(): readonly AuditBreach[] {
    const found = this.breaches
    this.bytes = nothing
    if (!found) return none
    this.breaches = undefined
    this.reported.clear()
    return found.sort((one, other) => one.offset - other.offset)
  }

  get v5(): boolean {
    return this.version === '5.0'
  }

  /** Bytes left. */
  get left(): number {
    return this.end - this.position
  }

  /** Reports a breach, unless the version has no such rule. `section` says where the standard speaks of the property. */
  report(name: RuleName, offset: number, got: string, section?: string): void {
    const rule: Rule = rules[name]
    const cited = rule.cite[this.version]
    if (cited === undefined || this.reported.has(name)) return
    this.reported.add(name)
    this.breaches ??= []
    this.breaches.push({
      statement: `${this.version}:${this.resolve(cited, section)}`,
      level: rule.level,
      message: rule.says,
      expected: rule.expected,
      got,
      offset,
      ...(rule.dispute ? { about: 'dispute' as const } : {}),
    })
  }

  /** One byte, or −1 where the packet has ended. */
  byte(what: string): number {
    if (this.position >= this.end) return this.fail('cutOff', what)
    return this.bytes[this.position++]!
  }

  /** Two bytes, big endian, or −1. */
  two(what: string, missing: Missing = 'cutOff'): number {
    if (this.position + 2 > this.end) return this.fail(missing, what)
    const value = (this.bytes[this.position]! << 8) | this.bytes[this.position + 1]!
    this.position += 2
    return value
  }

  /** Passes over `size` bytes. */
  skip(size: number, what: string): void {
    if (this.position + size > this.end) this.fail('cutOff', what)
    else this.position += size
  }

  /** A Variable Byte Integer, or −1. Source: 5.0 §1.5.5. */
  varint(what: string): number {
    const start = this.position
    const read = readVarint(this.bytes, start, this.end)
    switch (read.kind) {
      case 'cut off':
        this.position = this.end
        return this.fail('cutOff', what)
      case 'too long':
        this.report('varintFifthByte', start, this.quote(what, start))
        this.failed = true
        return -1
      case 'value':
        this.position = read.next
        if (read.padded) this.report('varintPadded', start, this.quote(what, start))
        return read.value
    }
  }

  /** Binary Data, or the bytes of a string: sets `fieldStart` and `fieldEnd`. False where it is cut off. */
  binary(what: string, missing: Missing = 'cutOff'): boolean {
    const start = this.position
    const length = this.two(what, missing)
    if (length < 0) return false
    if (length > this.left) {
      this.position = start
      this.fail(missing, `${what} of ${length} bytes where ${this.end - start - 2} are left`)
      return false
    }
    this.fieldStart = this.position
    this.fieldEnd = this.position + length
    this.position = this.fieldEnd
    return true
  }

  /** A string, checked to be UTF-8 without U+0000. False where it is cut off. */
  text(what: string, missing: Missing = 'cutOff'): boolean {
    if (!this.binary(what, missing)) return false
    let at = firstFault(this.bytes, this.fieldStart, this.fieldEnd)
    while (at >= 0 && this.bytes[at] === 0) {
      this.report('nul', at, what)
      at = firstFault(this.bytes, at + 1, this.fieldEnd)
    }
    if (at >= 0) {
      this.report('illFormed', at, this.quote(what, at))
      this.report('illFormedOld', at, this.quote(what, at))
    }
    return true
  }

  /** Half of a string pair: checked by its own statement. */
  pairHalf(what: string): boolean {
    if (!this.binary(what)) return false
    const at = firstFault(this.bytes, this.fieldStart, this.fieldEnd)
    if (at >= 0) this.report('badPair', at, this.quote(what, at))
    return true
  }

  /** Reports bytes behind the last field. */
  expectEnd(): void {
    if (!this.failed && this.left > 0) {
      this.report('surplus', this.position, this.quote(`${this.left} more bytes`, this.position))
    }
  }

  /** `what` and the first bytes at `offset` in hex. */
  quote(what: string, offset: number): string {
    const shown = this.bytes.subarray(offset, Math.min(offset + 8, this.end))
    return `${what}: ${toHex(shown)}${offset + 8 < this.end ? '…' : ''}`
  }

  private fail(name: Missing, what: string): -1 {
    this.report(name, this.position, what)
    this.failed = true
    return -1
  }

  private resolve(cited: string, section: string | undefined): string {
    if (cited === thisPacket) return `§3.${this.type}`
    return cited === thisProperty ? `§${section}` : cited
  }
}

const nothing = new Uint8Array(0)
const none: readonly AuditBreach[] = Object.freeze([])
