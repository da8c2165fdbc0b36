/*
 * What a broker tells of itself in its CONNACK of 5.0, as variables. A scenario about a limit takes the number from the broker it meets:
 * `$receiveMaximum` messages in flight, and one `$aboveReceiveMaximum`. Where the number cannot be had, the case is skipped and says why.
 */

/** Properties of CONNACK by their names. */
export type Announced = { readonly [property: string]: unknown }

/** A limit that CONNACK may tell. Source: 5.0 §3.2.2.3. */
type Limit = {
  /** As the standard calls it. */
  title: string
  property: string
  /** What holds where CONNACK does not tell it; undefined: nothing. */
  otherwise?: number
  /** The highest that there is: none is above it. */
  highest: number
}

const limits = {
  receiveMaximum: {
    title: 'Receive Maximum',
    property: 'receiveMaximum',
    otherwise: 65_535,
    highest: 65_535,
  },
  topicAliasMaximum: {
    title: 'Topic Alias Maximum',
    property: 'topicAliasMaximum',
    otherwise: 0,
    highest: 65_535,
  },
  maximumPacketSize: {
    title: 'Maximum Packet Size',
    property: 'maximumPacketSize',
    highest: 268_435_460,
  },
  maximumQos: { title: 'Maximum QoS', property: 'maximumQoS', otherwise: 2, highest: 2 },
  serverKeepAlive: { title: 'Server Keep Alive', property: 'serverKeepAlive', highest: 65_535 },
  sessionExpiryInterval: {
    title: 'Session Expiry Interval',
    property: 'sessionExpiryInterval',
    highest: 4_294_967_295,
  },
} as const satisfies { [name: string]: Limit }

type LimitName = keyof typeof limits
type Above<N extends string> = `above${Capitalize<N>}`
export type LimitVariable = LimitName | Above<LimitName>

/** Every variable, with what the reference says of it. */
export const limitVariables: ReadonlyMap<string, string> = new Map(
  Object.entries<Limit>(limits).flatMap(([name, { title, ...limit }]): [string, string][] => [
    [name, `${title} of the broker${otherwiseOf(limit)}`],
    [aboveOf(name), `one more than ${title} of the broker`],
  ]),
)

function otherwiseOf({ otherwise }: { otherwise?: number }): string {
  return otherwise === undefined ? '' : `; ${otherwise} where it tells none`
}

function aboveOf(name: string): string {
  return `above${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

/** What a variable comes to with a broker that announced this, or why there is none. */
export function limitValue(
  variable: string,
  announced: Announced,
): { value: number } | { missing: string } | undefined {
  for (const [name, limit] of Object.entries<Limit>(limits)) {
    const above = variable === aboveOf(name)
    if (variable !== name && !above) continue
    const value = amountOf(limit, announced)
    if (value === undefined) return { missing: `its CONNACK of 5.0 tells no ${limit.title}` }
    if (!above) return { value }
    if (value < limit.highest) return { value: value + 1 }
    return { missing: `${saidOf(limit, announced)}: none is above it` }
  }
  return undefined
}

function amountOf({ property, otherwise }: Limit, announced: Announced): number | undefined {
  const told = announced[property]
  return typeof told === 'number' ? told : otherwise
}

function saidOf(limit: Limit, announced: Announced): string {
  return typeof announced[limit.property] === 'number'
    ? `${limit.title} is ${announced[limit.property]}`
    : `${limit.title} is ${limit.otherwise}, since its CONNACK of 5.0 tells none`
}

/** Every variable that this broker gives a value. */
export function limitValues(announced: Announced): { readonly [variable: string]: number } {
  const known = valuesOf.get(announced)
  if (known) return known
  const values: { [variable: string]: number } = {}
  for (const variable of limitVariables.keys()) {
    const found = limitValue(variable, announced)
    if (found && 'value' in found) values[variable] = found.value
  }
  valuesOf.set(announced, values)
  return values
}

/** A run asks for each of its cases what its broker told once. */
const valuesOf = new WeakMap<Announced, { readonly [variable: string]: number }>()

/** The value of a property, by the name that `requires` uses. */
export function announcedValue(property: string, announced: Announced): unknown {
  const limit = limitOf(property)
  return limit ? amountOf(limit, announced) : announced[property]
}

/** Where it comes from that a condition on this property does not hold, for people. */
export function originOf(property: string, announced: Announced): string | undefined {
  const title = limitOf(property)?.title ?? offers[property]
  if (title === undefined) return undefined
  const told = announced[property]
  return typeof told === 'number'
    ? `its CONNACK of 5.0 says ${title} ${told}`
    : `its CONNACK of 5.0 tells no ${title}`
}

function limitOf(property: string): Limit | undefined {
  return Object.values(limits).find((limit: Limit) => limit.property === property)
}

/** Abilities that CONNACK may deny. */
const offers: { [property: string]: string } = {
  retainAvailable: 'Retain Available',
  wildcardSubscriptionAvailable: 'Wildcard Subscription Available',
  subscriptionIdentifiersAvailable: 'Subscription Identifier Available',
  sharedSubscriptionAvailable: 'Shared Subscription Available',
}
