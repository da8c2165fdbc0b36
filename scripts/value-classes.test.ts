import t from 'tap'
import { readSuites } from '../src/run/choice/choose-suites.ts'

/*
 * Of a number with classes of values each class is tried: 0, the largest, and another. Which of them are legal the standard says; what is
 * not legal is tried as well, by the table of packet formats.
 */

type Classes = { zero?: number; largest: number }

const twoBytes = { zero: 0, largest: 65_535 }
const fourBytes = { zero: 0, largest: 4_294_967_295 }
const bit = { zero: 0, largest: 1 }

/** What we tell a broker as its client. */
const toBrokers: { [field: string]: Classes } = {
  keepAliveS: twoBytes,
  sessionExpiryInterval: fourBytes,
  messageExpiryInterval: fourBytes,
  willDelayInterval: fourBytes,
  receiveMaximum: { largest: 65_535 },
  topicAliasMaximum: twoBytes,
  maximumPacketSize: { largest: 4_294_967_295 },
  subscriptionIdentifiers: { largest: 268_435_455 },
  requestProblemInformation: bit,
  requestResponseInformation: bit,
  payloadFormatIndicator: bit,
  id: { largest: 65_535 },
}

/** What we tell a client as its broker, and let its application ask for. */
const toClients: { [field: string]: Classes } = {
  keepAliveS: twoBytes,
  serverKeepAlive: twoBytes,
  sessionExpiryInterval: fourBytes,
  messageExpiryInterval: fourBytes,
  receiveMaximum: { largest: 65_535 },
  topicAliasMaximum: twoBytes,
  maximumPacketSize: { largest: 4_294_967_295 },
  subscriptionIdentifiers: { largest: 268_435_455 },
  payloadFormatIndicator: bit,
  maximumQoS: bit,
  retainAvailable: bit,
  id: { largest: 65_535 },
}

/** Numbers by the name of the field that holds them, wherever in the steps of a role that is. */
async function seenBy(role: 'client' | 'broker'): Promise<Map<string, Set<number>>> {
  const { suites } = await readSuites([])
  const seen = new Map<string, Set<number>>()
  const note = (name: string, value: unknown) => {
    if (typeof value !== 'number') return
    seen.set(name, (seen.get(name) ?? new Set()).add(value))
  }
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
    for (const [name, inner] of Object.entries(value)) {
      for (const one of Array.isArray(inner) ? inner : [inner]) note(name, one)
      walk(inner)
    }
  }
  for (const suite of suites.filter(one => one.role === role)) {
    for (const kase of suite.cases) walk(kase.steps.map(({ body }) => body))
  }
  return seen
}

for (const [role, fields] of [
  ['client', toBrokers],
  ['broker', toClients],
] as const) {
  t.test(`each class of values is tried where we play the ${role}`, async t => {
    const seen = await seenBy(role)
    for (const [field, { zero, largest }] of Object.entries(fields)) {
      const values = seen.get(field) ?? new Set()
      if (zero !== undefined) t.ok(values.has(zero), `${field} 0`)
      t.ok(values.has(largest), `${field} ${largest}`)
      const others = [...values].filter(value => value !== 0 && value !== largest)
      t.ok(largest === 1 || others.length > 0, `${field} of another value`)
    }
  })
}
