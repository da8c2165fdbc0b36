import { type PropertyName, type PropertyPlace, propertyFormats } from './property-places.ts'

/**
 * Values of a property that are legal and rare: the least, the greatest, the empty and the long. A receiver that refuses one of them
 * is as wrong as one that takes what breaks a rule.
 */
export type LegalValues =
  /** Numbers. */
  | { kind: 'numbers'; values: number[] }
  /** Texts as YAML writes them, each by the name that ids of cases call it. */
  | { kind: 'texts'; values: { [called: string]: string } }
  /** A name and a value, each one of the rare texts. */
  | { kind: 'pairs' }

/** The empty text, letters beyond ASCII and beyond the first plane, U+FEFF, which is a character like any other, and blanks. */
export const rareTexts = {
  empty: '""',
  'beyond-ascii': 'ü',
  'beyond-the-first-plane': '"\\u20ac\\U0001F600"',
  'u-feff': '"\\uFEFFv"',
  blanks: '" v "',
}

/** What a place asks of a value beside its form. */
const numbersOf: { [N in PropertyName]?: number[] } = {
  subscriptionIdentifiers: [1, 127, 128, 16_383, 16_384, 268_435_455],
  receiveMaximum: [1, 65_535],
  topicAliasMaximum: [0, 1, 65_535],
  // What is smaller than a CONNACK would keep the server from saying more than that.
  maximumPacketSize: [1024, 4_294_967_295],
  serverKeepAlive: [1, 65_535],
  topicAlias: [1],
}

export function legalValues(name: PropertyName): LegalValues {
  const { form } = propertyFormats[name]
  switch (form) {
    case 'byte':
      return { kind: 'numbers', values: [0, 1] }
    case 'two':
      return { kind: 'numbers', values: numbersOf[name] ?? [0, 65_535] }
    case 'four':
      return { kind: 'numbers', values: numbersOf[name] ?? [0, 4_294_967_295] }
    case 'varint':
      return { kind: 'numbers', values: numbersOf[name] ?? [1] }
    case 'text':
    case 'binary': {
      const { empty, ...others } = rareTexts
      // A topic has at least one character.
      return { kind: 'texts', values: name === 'responseTopic' ? others : { empty, ...others } }
    }
    case 'pair':
      return { kind: 'pairs' }
  }
}

/** Properties that say something in their place which a test of their form alone cannot go along with. */
export function speaksOfMore(place: PropertyPlace, name: PropertyName): boolean {
  if (name === 'authenticationMethod' || name === 'authenticationData') return true
  if (place === 'CONNACK') {
    // They change what the client may do or has to do next.
    return [
      'assignedClientIdentifier',
      'serverReference',
      'responseInformation',
      'sessionExpiryInterval',
    ].includes(name)
  }
  return false
}
