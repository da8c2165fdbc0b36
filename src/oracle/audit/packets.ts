import { checkConnect } from './connect.ts'
import type { Cursor } from './cursor.ts'
import { authenticationMethod, checkProperties, topicAlias, wasSeen } from './properties.ts'
import {
  authCodes,
  type CodeTable,
  connackCodes,
  connackReturnCodes,
  disconnectCodes,
  isDisputed,
  isListed,
  pubackCodes,
  pubrelCodes,
  subackCodes,
  subackReturnCodes,
  unsubackCodes,
} from './reason-codes.ts'
import type { RuleName } from './rules.ts'
import { checkFilter, checkTopicName } from './topics.ts'

/** Checks what stands behind the fixed header, by packet type; the cursor stands there. Index 0 is the reserved type. */
export const packetChecks: readonly ((cursor: Cursor, flags: number) => void)[] = [
  () => undefined,
  checkConnect,
  checkConnack,
  checkPublish,
  cursor => checkAck(cursor, 'PUBACK', pubackCodes, 'pubackCode'),
  cursor => checkAck(cursor, 'PUBREC', pubackCodes, 'pubrecCode'),
  cursor => checkAck(cursor, 'PUBREL', pubrelCodes, 'pubrelCode'),
  cursor => checkAck(cursor, 'PUBCOMP', pubrelCodes, 'pubcompCode'),
  checkSubscribe,
  checkSuback,
  checkUnsubscribe,
  checkUnsuback,
  () => undefined,
  () => undefined,
  checkDisconnect,
  checkAuth,
]

/** Source: §3.2 of every version. */
function checkConnack(cursor: Cursor): void {
  if (isRefusalOfOld(cursor)) return
  const at = cursor.position
  const flags = cursor.byte('Connect Acknowledge Flags')
  const code = cursor.byte('return code')
  if (cursor.failed) return
  if (flags > 1) cursor.report('connackReserved', at, `flags ${hexByte(flags)}`)
  const codes = cursor.v5 ? connackCodes : connackReturnCodes
  if (!isListed(codes, code, 'server')) cursor.report('connackCode', at + 1, hexByte(code))
  if (flags & 1 && code !== 0) cursor.report('sessionOfRefused', at, `code ${hexByte(code)}`)
  if (cursor.v5) checkProperties(cursor, 'CONNACK')
}

/** A server without 5.0 refuses the level in the words of 3.1.1; no rule of 5.0 binds it. */
function isRefusalOfOld(cursor: Cursor): boolean {
  const { bytes, position } = cursor
  if (!cursor.v5 || cursor.left !== 2) return false
  if (bytes[position] !== 0 || bytes[position + 1] !== 1) return false
  cursor.report('connackOfOld', position + 1, 'return code 0x01')
  cursor.position = cursor.end
  return true
}

/** Source: §3.3 of every version. */
function checkPublish(cursor: Cursor, flags: number): void {
  const qos = (flags >> 1) & 3
  if (qos === 3) cursor.report('qos3', 0, `flags ${flags.toString(2).padStart(4, '0')}`)
  if (qos === 0 && flags & 8) {
    cursor.report('dupAtQos0', 0, 'DUP 1')
    cursor.report('dupAtQos0Old', 0, 'DUP 1')
  }
  if (!cursor.text('topic name', 'topicMissing')) return
  const emptyAt = cursor.fieldStart === cursor.fieldEnd ? cursor.fieldStart : 0
  if (!(cursor.v5 && emptyAt > 0)) checkTopicName(cursor, 'topicWildcard', 'topic name')
  if (qos > 0) checkNewId(cursor)
  if (cursor.v5 && !cursor.failed) {
    checkProperties(cursor, 'PUBLISH')
    // An alias stands in for the name. Source: 5.0 §3.3.2.1.
    if (emptyAt > 0 && !wasSeen(topicAlias)) {
      cursor.report('topicEmpty', emptyAt, 'topic name of no bytes, no Topic Alias')
    }
  }
  // The rest is payload, which may be anything.
  if (!cursor.failed) cursor.position = cursor.end
}

/** Packet Identifier of a packet that begins an exchange. Source: 3.1.1 §2.3.1, 5.0 §2.2.1. */
function checkNewId(cursor: Cursor): void {
  const at = cursor.position
  if (cursor.two('Packet Identifier') !== 0) return
  cursor.report('idZero', at, '0')
  cursor.report(cursor.from === 'client' ? 'idZeroFromClient' : 'idZeroFromServer', at, '0')
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. Source: §3.4–§3.7 of every version. */
function checkAck(
  cursor: Cursor,
  place: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP',
  codes: CodeTable,
  rule: RuleName,
): void {
  const at = cursor.position
  if (cursor.two('Packet Identifier') === 0 && !cursor.answersZero) {
    // 3.1.1 names PUBCOMP elsewhere than the other three.
    const other = place === 'PUBCOMP' && cursor.version === '3.1.1'
    cursor.report(other ? 'pubcompOfZero' : 'ackOfZero', at, `${place} id 0`)
  }
  if (!cursor.v5 || cursor.failed || cursor.left === 0) return
  const code = cursor.byte('reason code')
  if (!isListed(codes, code, cursor.from)) {
    cursor.report(rule, cursor.position - 1, `${hexByte(code)} from the ${cursor.from}`)
  }
  // The Property Length may be left out. Source: 5.0 §3.4.2.2.1.
  if (cursor.left > 0) checkProperties(cursor, place)
}

/** Source: §3.8 of every version. */
function checkSubscribe(cursor: Cursor): void {
  checkNewId(cursor)
  if (cursor.v5 && !cursor.failed) checkProperties(cursor, 'SUBSCRIBE')
  if (cursor.failed) return
  if (cursor.left === 0) cursor.report('subscribeEmpty', cursor.position, 'the end of the packet')
  while (cursor.left > 0 && !cursor.failed) {
    if (!cursor.text('topic filter')) return
    const shared = checkFilter(cursor)
    const options = cursor.byte('options of the filter')
    if (options < 0) return
    if (cursor.v5) checkOptions(cursor, options, shared)
    else checkRequestedQos(cursor, options)
  }
}

/** Source: 5.0 §3.8.3.1. */
function checkOptions(cursor: Cursor, options: number, shared: boolean): void {
  const at = cursor.position - 1
  if (options & 0xc0) cursor.report('optionsReserved', at, hexByte(options))
  if ((options & 0x03) === 3) cursor.report('optionsQos3', at, hexByte(options))
  if ((options & 0x30) === 0x30) cursor.report('retainHandling3', at, hexByte(options))
  if (shared && options & 0x04) cursor.report('noLocalShared', at, hexByte(options))
}

/** 3.1 leaves the upper six bits free. Source: 3.1 §3.8, 3.1.1 §3.8.3. */
function checkRequestedQos(cursor: Cursor, options: number): void {
  const qos = cursor.version === '3.1' ? options & 3 : options
  if (qos > 2) cursor.report('requestedQos', cursor.position - 1, hexByte(options))
}

/** Source: §3.9 of every version. */
function checkSuback(cursor: Cursor): void {
  if (!checkAnswer(cursor, 'SUBACK')) return
  if (cursor.left === 0) cursor.report('subackEmpty', cursor.position, 'the end of the packet')
  const codes = cursor.v5 ? subackCodes : subackReturnCodes
  while (cursor.left > 0) {
    const code = cursor.byte('code')
    const at = cursor.position - 1
    if (!isListed(codes, code, 'server')) cursor.report('subackCode', at, hexByte(code))
    else if (code === 0x80) cursor.report('subackFailureOld', at, hexByte(code))
  }
}

/** Source: §3.10 of every version. */
function checkUnsubscribe(cursor: Cursor): void {
  checkNewId(cursor)
  if (cursor.v5 && !cursor.failed) checkProperties(cursor, 'UNSUBSCRIBE')
  if (cursor.failed) return
  if (cursor.left === 0) cursor.report('unsubscribeEmpty', cursor.position, 'the end of the packet')
  while (cursor.left > 0 && cursor.text('topic filter')) checkFilter(cursor)
}

/** Source: §3.11 of every version. */
function checkUnsuback(cursor: Cursor): void {
  if (!checkAnswer(cursor, 'UNSUBACK') || !cursor.v5) return
  if (cursor.left === 0) cursor.report('unsubackEmpty', cursor.position, 'the end of the packet')
  while (cursor.left > 0) {
    const code = cursor.byte('reason code')
    if (!isListed(unsubackCodes, code, 'server')) {
      cursor.report('unsubackCode', cursor.position - 1, hexByte(code))
    }
  }
}

/** Identifier and properties of SUBACK and UNSUBACK. False where they are cut off. */
function checkAnswer(cursor: Cursor, place: 'SUBACK' | 'UNSUBACK'): boolean {
  const at = cursor.position
  if (cursor.two('Packet Identifier') === 0) cursor.report('subackOfZero', at, `${place} id 0`)
  if (cursor.v5 && !cursor.failed) checkProperties(cursor, place)
  return !cursor.failed
}

/** Before 5.0 it has no fields; in 5.0 both may be left out. Source: 5.0 §3.14.2. */
function checkDisconnect(cursor: Cursor): void {
  if (!cursor.v5) return
  const at = cursor.position
  const code = cursor.left === 0 ? 0 : cursor.byte('reason code')
  if (!isListed(disconnectCodes, code, cursor.from)) {
    const rule = isDisputed(disconnectCodes, code) ? 'disconnectCodeDisputed' : 'disconnectCode'
    cursor.report(rule, at, `${hexByte(code)} from the ${cursor.from}`)
  }
  if (cursor.left > 0) checkProperties(cursor, 'DISCONNECT')
}

/** Code and properties may be left out together, where the code is 0 and there are none. Source: 5.0 §3.15.2. */
function checkAuth(cursor: Cursor): void {
  const at = cursor.position
  const short = cursor.left === 0
  const code = short ? 0 : cursor.byte('reason code')
  if (!isListed(authCodes, code, cursor.from)) {
    cursor.report('authCode', at, `${hexByte(code)} from the ${cursor.from}`)
  }
  if (short) return
  checkProperties(cursor, 'AUTH')
  if (!cursor.failed && code !== 0 && !wasSeen(authenticationMethod)) {
    cursor.report('authWithoutMethod', at + 1, `${hexByte(code)} without a method`)
  }
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}
