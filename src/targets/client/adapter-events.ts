import type { AppEvent } from '../../model/app.ts'

/*
 * What an adapter tells is checked before anybody relies on it: an event with a text where a number is due would go into the trace, and
 * from there into reports that nobody can read. Members that are not known are passed over, for the protocol may grow.
 */

/** What is wrong with a value; undefined where nothing is. */
type Check = (value: unknown) => string | undefined

const text: Check = value => (typeof value === 'string' ? undefined : 'a text')
const flag: Check = value => (typeof value === 'boolean' ? undefined : 'true or false')
const count: Check = value =>
  Number.isInteger(value) && (value as number) >= 0 ? undefined : 'a whole number'
const counts: Check = value =>
  Array.isArray(value) && value.every(one => count(one) === undefined)
    ? undefined
    : 'a list of whole numbers'
const hex: Check = value =>
  typeof value === 'string' && /^(?:[0-9a-f]{2})*$/i.test(value) ? undefined : 'hex digits'
const map: Check = value =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object'

/** By event: its members. One that ends in `?` may be absent. */
const members: { readonly [E in AppEvent['event']]: { readonly [member: string]: Check } } = {
  ready: {},
  connected: { 'sessionPresent?': flag, 'code?': count },
  delivered: {
    topic: text,
    'payload?': text,
    'payloadHex?': hex,
    'qos?': count,
    'retain?': flag,
    'dup?': flag,
    'properties?': map,
  },
  published: { tag: text, 'id?': count, 'code?': count, 'error?': text },
  subscribed: { tag: text, 'codes?': counts, 'error?': text },
  unsubscribed: { tag: text, 'codes?': counts, 'error?': text },
  'connect-failed': { 'error?': text },
  disconnected: { 'code?': count, 'error?': text },
  log: { text },
}

type Told = { event: string; [name: string]: unknown }

/** The event with the members that belong to it, or what is wrong with it. One that is not known is passed over: undefined. */
export function readEvent(told: Told): { event: Told } | { problem: string } | undefined {
  if (!Object.hasOwn(members, told.event)) return undefined
  const event: Told = { event: told.event }
  if (typeof told.client === 'string') event.client = told.client
  for (const [member, check] of Object.entries(members[told.event as AppEvent['event']])) {
    const name = member.replace('?', '')
    const value = told[name]
    // Some languages write what is absent as null.
    if (value === undefined || value === null) {
      if (name === member) return { problem: `it has no "${name}"` }
      continue
    }
    const due = check(value)
    if (due !== undefined) return { problem: `"${name}" is not ${due}` }
    event[name] = value
  }
  return { event }
}
