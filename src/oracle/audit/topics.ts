import type { Cursor } from './cursor.ts'
import type { RuleName } from './rules.ts'

const plus = 0x2b
const hash = 0x23
const slash = 0x2f

/** Checks the topic name that the cursor has just read as a string. Source: 3.1.1 §4.7, 5.0 §4.7. */
export function checkTopicName(cursor: Cursor, wildcard: RuleName, what: string): void {
  const { bytes, fieldStart, fieldEnd } = cursor
  if (fieldStart === fieldEnd) cursor.report('topicEmpty', fieldStart, `${what} of no bytes`)
  for (let at = fieldStart; at < fieldEnd; at++) {
    const byte = bytes[at]
    if (byte === plus || byte === hash) {
      cursor.report(wildcard, at, `${byte === plus ? '+' : '#'} in the ${what}`)
      break
    }
  }
  checkNul(cursor, what)
}

/** Checks the topic filter that the cursor has just read as a string. Returns whether it is a shared subscription of 5.0. */
export function checkFilter(cursor: Cursor): boolean {
  const { bytes, fieldStart, fieldEnd } = cursor
  if (fieldStart === fieldEnd) cursor.report('topicEmpty', fieldStart, 'filter of no bytes')
  checkNul(cursor, 'filter')
  const shared = cursor.v5 && isShared(cursor)
  const start = shared ? checkShareName(cursor) : fieldStart
  for (let at = start; at < fieldEnd; at++) {
    const byte = bytes[at]
    if (byte !== plus && byte !== hash) continue
    const begins = at === start || bytes[at - 1] === slash
    const ends = at + 1 === fieldEnd
    if (byte === hash && !(begins && ends)) {
      cursor.report('hashMisplaced', at, cursor.quote('filter', fieldStart))
    } else if (byte === plus && !(begins && (ends || bytes[at + 1] === slash))) {
      cursor.report('plusMisplaced', at, cursor.quote('filter', fieldStart))
    }
  }
  return shared
}

const sharePrefix = new TextEncoder().encode('$share/')

function isShared({ bytes, fieldStart, fieldEnd }: Cursor): boolean {
  if (fieldEnd - fieldStart < sharePrefix.length) return false
  for (let index = 0; index < sharePrefix.length; index++) {
    if (bytes[fieldStart + index] !== sharePrefix[index]) return false
  }
  return true
}

/** Returns where the filter behind `$share/name/` begins. Source: 5.0 §4.8.2. */
function checkShareName(cursor: Cursor): number {
  const { bytes, fieldEnd } = cursor
  const start = cursor.fieldStart + sharePrefix.length
  let at = start
  let wild = false
  while (at < fieldEnd && bytes[at] !== slash) {
    if (bytes[at] === plus || bytes[at] === hash) wild = true
    at += 1
  }
  if (at === start) cursor.report('shareNameEmpty', start, cursor.quote('filter', start))
  else if (wild || at + 1 >= fieldEnd) {
    cursor.report('shareNameBad', start, cursor.quote('share name', start))
  }
  return Math.min(at + 1, fieldEnd)
}

/** 3.1 forbids U+0000 in topics only; later versions do in every string. Source: 3.1 appendix A. */
function checkNul(cursor: Cursor, what: string): void {
  if (cursor.version !== '3.1') return
  const { bytes, fieldStart, fieldEnd } = cursor
  const at = bytes.indexOf(0, fieldStart)
  if (at >= 0 && at < fieldEnd) cursor.report('nulInTopic', at, what)
}
