import { toHex } from '../../model/text/hex.ts'
import { versionOfLevel } from '../../model/version.ts'
import type { Cursor } from './cursor.ts'
import { authenticationData, authenticationMethod, checkProperties, wasSeen } from './properties.ts'
import { checkTopicName } from './topics.ts'

/** CONNECT says its own version, and by that version it is judged. Source: §3.1 of every version. */
export function checkConnect(cursor: Cursor): void {
  if (!cursor.binary('protocol name')) return
  const { fieldStart, fieldEnd } = cursor
  const name = toHex(cursor.bytes.subarray(fieldStart, Math.min(fieldEnd, fieldStart + 16)))
  const level = cursor.byte('protocol level')
  if (level < 0) return
  const version = versionOfLevel(level)
  if (!version) {
    cursor.report('protocolLevel', cursor.position - 1, `level ${level}`)
    cursor.failed = true
    return
  }
  cursor.version = version
  if (name !== (version === '3.1' ? mqisdp : mqtt)) {
    cursor.report('protocolName', fieldStart, `${name || 'no bytes'} at level ${level}`)
  }
  const flagsAt = cursor.position
  const flags = cursor.byte('Connect Flags')
  if (flags < 0) return
  checkFlags(cursor, flags, flagsAt)
  if (cursor.two('Keep Alive') < 0) return
  if (cursor.v5) checkConnectProperties(cursor)
  if (!cursor.failed) checkPayload(cursor, flags)
}

const mqtt = toHex(new TextEncoder().encode('MQTT'))
const mqisdp = toHex(new TextEncoder().encode('MQIsdp'))

function checkFlags(cursor: Cursor, flags: number, at: number): void {
  const got = `Connect Flags ${flags.toString(2).padStart(8, '0')}`
  const willQos = (flags >> 3) & 3
  if (flags & 0x01) cursor.report('connectReserved', at, got)
  if (flags & 0x04) {
    if (willQos === 3) cursor.report('willQos3', at, got)
  } else {
    if (willQos > 0) cursor.report('willQosWithoutWill', at, got)
    if (flags & 0x20) cursor.report('willRetainWithoutWill', at, got)
  }
  if ((flags & 0xc0) === 0x40) cursor.report('passwordAlone', at, got)
}

function checkConnectProperties(cursor: Cursor): void {
  const at = cursor.position
  checkProperties(cursor, 'CONNECT')
  if (wasSeen(authenticationData) && !wasSeen(authenticationMethod)) {
    cursor.report('dataWithoutMethod', at, 'authenticationData alone')
  }
}

function checkPayload(cursor: Cursor, flags: number): void {
  const at = cursor.position
  if (!cursor.text('client identifier', 'clientIdMissing')) return
  if (cursor.fieldStart === cursor.fieldEnd) {
    cursor.report('clientIdEmptyOld', at, 'no bytes')
    if (!(flags & 0x02)) cursor.report('clientIdEmptyKept', at, 'no bytes, Clean Session 0')
  }
  if (flags & 0x04) checkWill(cursor)
  if (cursor.failed) return
  // In 3.1 the remaining length takes precedence over the flags: both may lack. Source: 3.1 §3.1.
  const mayLack = cursor.version === '3.1'
  if (flags & 0x80 && !(mayLack && cursor.left === 0)) cursor.text('user name', 'usernameMissing')
  if (cursor.failed) return
  if (flags & 0x40 && !(mayLack && cursor.left === 0)) cursor.binary('password', 'passwordMissing')
}

function checkWill(cursor: Cursor): void {
  if (cursor.v5) {
    if (cursor.left === 0) {
      cursor.report('willMissing', cursor.position, 'the end of the packet')
      cursor.failed = true
      return
    }
    checkProperties(cursor, 'will')
    if (cursor.failed) return
  }
  if (!cursor.text('Will Topic', 'willMissing')) return
  checkTopicName(cursor, 'willTopicWildcard', 'Will Topic')
  cursor.binary('Will Message', 'willMissing')
}
