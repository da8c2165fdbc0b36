import { packetTypes } from '../../model/packet.ts'
import { readVarint } from '../../wire/varint.ts'
import { type AuditBreach, type AuditContext, Cursor } from './cursor.ts'
import { packetChecks } from './packets.ts'

export type { AuditBreach, AuditContext } from './cursor.ts'

/**
 * Judges one packet by its bytes alone: all that the standard says about the form of a packet, whatever came before it. A rule
 * that needs the conversation (identifiers in use, alias maxima, order) is the referee's.
 *
 * It never throws, reads each byte a bounded number of times, reports each rule once per packet, and allocates nothing when all
 * is well: good packets share one empty list. CONNECT is judged by the version it says itself.
 *
 * Not judged: characters that strings SHOULD NOT hold (control characters, non-characters), payloads, and client identifiers
 * longer than 3.1 allows — what a target sends there is mostly what the harness gave it.
 */
export function audit(frame: Uint8Array, context: AuditContext): readonly AuditBreach[] {
  cursor.begin(frame, context)
  checkPacket()
  return cursor.finish()
}

const cursor = new Cursor()

function checkPacket(): void {
  if (!checkFixedHeader()) return
  packetChecks[cursor.type]!(cursor, cursor.bytes[0]! & 0x0f)
  cursor.expectEnd()
}

/** Leaves the cursor behind the fixed header. False where what follows cannot be judged. */
function checkFixedHeader(): boolean {
  const first = cursor.bytes[0]
  if (first === undefined) {
    cursor.report('headerCutOff', 0, 'no bytes')
    return false
  }
  cursor.type = first >> 4
  cursor.position = 1
  if (!isDefined(cursor.type)) {
    cursor.report('typeReserved', 0, `packet type ${cursor.type}`)
    return false
  }
  if (!goesThisWay(cursor.type)) {
    cursor.report('wrongSide', 0, `${packetTypes[cursor.type - 1]} from the ${cursor.from}`)
    return false
  }
  checkFlags(first)
  return checkRemainingLength()
}

/** AUTH came with 5.0. */
function isDefined(type: number): boolean {
  return type !== 0 && (type !== 15 || cursor.v5)
}

/** Packet types by direction, as bits. Source: 3.1.1 §2.2.1, 5.0 §2.1.2. */
const onlyClient = bits(1, 8, 10, 12)
const onlyServer = bits(2, 9, 11, 13)

function goesThisWay(type: number): boolean {
  const forbidden = cursor.from === 'client' ? onlyServer : onlyClient
  if (forbidden & (1 << type)) return false
  return type !== 14 || cursor.v5 || cursor.from === 'client'
}

function bits(...types: number[]): number {
  return types.reduce((sum, type) => sum | (1 << type), 0)
}

/** 3.1 calls the flags of most packets unused, has DUP on repeated requests, and QoS 1 on what is answered. */
function checkFlags(first: number): void {
  if (cursor.type === 3) return
  const flags = first & 0x0f
  const wanted = cursor.type === 6 || cursor.type === 8 || cursor.type === 10 ? 2 : 0
  if (flags === wanted) return
  const got = `flags ${flags.toString(2).padStart(4, '0')}`
  cursor.report('reservedFlags', 0, got)
  if (wanted === 2 && (flags & 6) !== 2) cursor.report('qosOfControl', 0, got)
}

/** Source: 3.1.1 §2.2.3, 5.0 §2.1.4. */
function checkRemainingLength(): boolean {
  const length = readVarint(cursor.bytes, 1)
  switch (length.kind) {
    case 'cut off':
      cursor.report('headerCutOff', 1, cursor.quote('remaining length', 1))
      return false
    case 'too long':
      cursor.report('lengthFifthByte', 1, cursor.quote('remaining length', 1))
      return false
    case 'value':
      if (length.padded) cursor.report('varintPadded', 1, cursor.quote('remaining length', 1))
      cursor.position = length.next
      return checkSize(length.value)
  }
}

/** A frame is one packet; the framer sees to that, but bytes may come from elsewhere. */
function checkSize(length: number): boolean {
  if (length === cursor.left) return true
  cursor.report('lengthMismatch', 1, `${length} where ${cursor.left} bytes follow`)
  return false
}
