import { type PropertyPlace, propertyPlaces } from '../../standard/formats/property-places.ts'
import { propertyById, propertyTable } from '../../wire/codec/properties.ts'
import type { Cursor } from './cursor.ts'
import { checkTopicName } from './topics.ts'

export type Place = PropertyPlace

/** Section that describes a property in a place, by place and identifier; none where it is not allowed. */
const sections: ReadonlyMap<string, readonly (string | undefined)[]> = new Map(
  Object.entries(propertyPlaces).map(([place, { section, allows }]) => [
    place,
    propertyById.map(property => {
      const index = property ? (allows as string[]).indexOf(property.name) : -1
      return index < 0 ? undefined : `${section}.${index + 2}`
    }),
  ]),
)

const maxReceive = propertyTable.receiveMaximum!.id
const maxPacketSize = propertyTable.maximumPacketSize!.id
const subscriptionId = propertyTable.subscriptionIdentifiers!.id
const userProperty = propertyTable.userProperties!.id
const responseTopic = propertyTable.responseTopic!.id
const sessionExpiry = propertyTable.sessionExpiryInterval!.id

/** Identifiers of which a caller asks whether they were there. */
export const topicAlias = propertyTable.topicAlias!.id
export const authenticationMethod = propertyTable.authenticationMethod!.id
export const authenticationData = propertyTable.authenticationData!.id

/** Which properties the list read last had: 43 identifiers fit into two numbers of 32 bits. */
let seenLow = 0
let seenHigh = 0

export function wasSeen(id: number): boolean {
  return ((id < 32 ? seenLow : seenHigh) & (1 << (id & 31))) !== 0
}

/**
 * Checks the Property Length at the cursor and the properties behind it, and leaves the cursor behind them. A fault within
 * the properties does not keep what follows them from being checked: their length tells where they end.
 */
export function checkProperties(cursor: Cursor, place: Place): void {
  seenLow = 0
  seenHigh = 0
  const start = cursor.position
  if (cursor.left === 0) {
    cursor.report('noPropertyLength', start, `the end of the ${place}`)
    cursor.failed = true
    return
  }
  const length = cursor.varint('Property Length')
  if (length < 0) return
  if (length > cursor.left) {
    cursor.report('propertyLength', start, `${length} where ${cursor.left} bytes are left`)
    cursor.failed = true
    return
  }
  const outerEnd = cursor.end
  cursor.end = cursor.position + length
  while (cursor.left > 0 && !cursor.failed) checkProperty(cursor, place)
  cursor.position = cursor.end
  cursor.end = outerEnd
  cursor.failed = false
}

function checkProperty(cursor: Cursor, place: Place): void {
  const start = cursor.position
  const id = cursor.varint('property identifier')
  if (id < 0) return
  const property = propertyById[id]
  if (!property) {
    cursor.report('propertyUnknown', start, `identifier ${id}`)
    // Its size is unknown, so the properties behind it cannot be found.
    cursor.failed = true
    return
  }
  const { name, form } = property
  const section = sections.get(place)?.[id]
  if (section === undefined) cursor.report('propertyMisplaced', start, `${name} in ${place}`)
  checkDirection(cursor, place, id, start)
  if (wasSeen(id) && !mayRepeat(id, place)) {
    cursor.report('propertyRepeated', start, `${name} again`, section ?? '2.2.2.2')
  }
  if (id < 32) seenLow |= 1 << id
  else seenHigh |= 1 << (id & 31)
  checkValue(cursor, id, name, form, section ?? '2.2.2.2')
}

/** Only User Property may come more than once everywhere; Subscription Identifier in PUBLISH. Source: 5.0 §3.3.2.3.8. */
function mayRepeat(id: number, place: Place): boolean {
  return id === userProperty || (id === subscriptionId && place === 'PUBLISH')
}

function checkDirection(cursor: Cursor, place: Place, id: number, start: number): void {
  if (id === subscriptionId && place === 'PUBLISH' && cursor.from === 'client') {
    cursor.report('subscriptionIdFromClient', start, 'subscriptionIdentifiers')
  }
  if (id === sessionExpiry && place === 'DISCONNECT' && cursor.from === 'server') {
    cursor.report('expiryFromServer', start, 'sessionExpiryInterval')
  }
}

function checkValue(
  cursor: Cursor,
  id: number,
  name: string,
  form: NonNullable<(typeof propertyById)[number]>['form'],
  section: string,
): void {
  const start = cursor.position
  switch (form) {
    case 'byte': {
      // Every property of one byte is 0 or 1, Maximum QoS included: 2 is said by leaving it out.
      const value = cursor.byte(name)
      if (value > 1) cursor.report('propertyNotBoolean', start, `${name} ${value}`, section)
      return
    }
    case 'two': {
      const value = cursor.two(name)
      if (value !== 0) return
      if (id === topicAlias) cursor.report('topicAliasZero', start, `${name} 0`)
      if (id === maxReceive) cursor.report('propertyZero', start, `${name} 0`, section)
      return
    }
    case 'four': {
      cursor.skip(4, name)
      if (id !== maxPacketSize || cursor.failed || !isZero(cursor.bytes, start)) return
      cursor.report('propertyZero', start, `${name} 0`, section)
      return
    }
    case 'varint':
      if (cursor.varint(name) === 0) cursor.report('propertyZero', start, `${name} 0`, section)
      return
    case 'text':
      if (cursor.text(name) && id === responseTopic) {
        checkTopicName(cursor, 'responseTopicWildcard', name)
      }
      return
    case 'binary':
      cursor.binary(name)
      return
    case 'pair':
      if (cursor.pairHalf('name of a User Property')) cursor.pairHalf('value of a User Property')
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) === 0
}
