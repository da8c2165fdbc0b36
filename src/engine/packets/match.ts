import type { Packet } from '../../model/packet.ts'
import type { Matcher, PacketMatcher } from '../../scenario/ast.ts'
import { type Bound, toBytes, type Variables } from './variables.ts'

/** One field that is not as asked. */
export type Mismatch = { field: string; expected: string; got: string }

/** Empty `mismatches` means that the packet matches; then `bindings` are the captures it gives. */
export type Match = { mismatches: Mismatch[]; bindings: Map<string, Bound> }

/** Compares what the matcher names and nothing else. */
export function matchPacket(matcher: PacketMatcher, packet: Packet, env: Variables): Match {
  if (matcher.type !== packet.type) {
    return {
      mismatches: [{ field: 'type', expected: matcher.type, got: packet.type }],
      bindings: new Map(),
    }
  }
  return matchFields(matcher.fields, viewOf(packet), env)
}

/** Compares named fields of any record: an application event, a packet. */
export function matchFields(
  fields: { [name: string]: Matcher },
  view: { [name: string]: unknown },
  env: Variables,
): Match {
  const match: Match = { mismatches: [], bindings: new Map() }
  for (const [name, matcher] of Object.entries(fields)) {
    matchValue(name, matcher, view[name], env, match)
  }
  return match
}

/** A packet as its matchers see it: the will and each subscription flat, empty user properties left out. */
function viewOf(packet: Packet): { [name: string]: unknown } {
  switch (packet.type) {
    case 'SUBSCRIBE':
      return { ...packet, filters: packet.subscriptions }
    default:
      return packet
  }
}

function matchValue(
  field: string,
  matcher: Matcher,
  got: unknown,
  env: Variables,
  match: Match,
): void {
  switch (matcher.kind) {
    case 'equals':
      return matchEquals(field, matcher, got, env, match)
    case 'absent':
      if (got !== undefined) miss(match, field, 'absent', got)
      return
    case 'present':
      if (got === undefined) miss(match, field, 'present', got)
      return
    case 'range': {
      const number = Number(got)
      const min = matcher.min === undefined ? -Infinity : env.number(matcher.min)
      const max = matcher.max === undefined ? Infinity : env.number(matcher.max)
      if (got === undefined || !(number >= min && number <= max)) {
        miss(match, field, rangeText(min, max), got)
      }
      return
    }
    case 'not': {
      const inner: Match = { mismatches: [], bindings: new Map() }
      matchValue(field, matcher.matcher, got, env, inner)
      if (inner.mismatches.length === 0)
        miss(match, field, `not ${describe(matcher.matcher, env)}`, got)
      return
    }
    case 'oneOf': {
      for (const option of matcher.matchers) {
        const inner: Match = { mismatches: [], bindings: new Map() }
        matchValue(field, option, got, env, inner)
        if (inner.mismatches.length > 0) continue
        for (const [name, value] of inner.bindings) match.bindings.set(name, value)
        return
      }
      miss(match, field, describe(matcher, env), got)
      return
    }
    case 'list':
      return matchList(field, matcher.items, got, env, match)
    case 'fields': {
      if (typeof got !== 'object' || got === null) return miss(match, field, 'fields', got)
      for (const [name, inner] of Object.entries(matcher.fields)) {
        matchValue(
          `${field}.${name}`,
          inner,
          (got as { [name: string]: unknown })[name],
          env,
          match,
        )
      }
      return
    }
  }
  matcher satisfies never
}

function matchList(
  field: string,
  items: Matcher[],
  got: unknown,
  env: Variables,
  match: Match,
): void {
  if (!Array.isArray(got)) return miss(match, field, `a list of ${items.length}`, got)
  if (got.length !== items.length) return miss(match, field, `${items.length} items`, got)
  items.forEach((item, i) => {
    matchValue(`${field}[${i}]`, item, got[i], env, match)
  })
}

function matchEquals(
  field: string,
  matcher: Extract<Matcher, { kind: 'equals' }>,
  got: unknown,
  env: Variables,
  match: Match,
): void {
  const { value } = matcher
  if (typeof value === 'object' && value.kind === 'ref') {
    const bound = match.bindings.get(value.name) ?? env.get(value.name)
    if (bound === undefined) {
      if (isBound(got)) match.bindings.set(value.name, got)
      else miss(match, field, `a value for $${value.name}`, got)
      return
    }
    if (!equal(bound, got)) miss(match, field, `${text(bound)} ($${value.name})`, got)
    return
  }
  const wanted = env.value(value)
  if (!equal(wanted, got)) miss(match, field, text(wanted), got)
}

function isBound(value: unknown): value is Bound {
  return value instanceof Uint8Array || ['string', 'number', 'boolean'].includes(typeof value)
}

/** Bytes compare with text as UTF-8; numbers with their decimal text. */
function equal(wanted: Bound, got: unknown): boolean {
  if (got instanceof Uint8Array) return Buffer.compare(toBytes(wanted), got) === 0
  if (wanted instanceof Uint8Array) {
    return typeof got === 'string' && Buffer.compare(wanted, toBytes(got)) === 0
  }
  if (typeof got === 'object' || got === undefined) return false
  return wanted === got || String(wanted) === String(got)
}

function miss(match: Match, field: string, expected: string, got: unknown): void {
  match.mismatches.push({ field, expected, got: text(got) })
}

function rangeText(min: number, max: number): string {
  if (max === Infinity) return `at least ${min}`
  return min === -Infinity ? `at most ${max}` : `${min} to ${max}`
}

/** A value for people: text quoted and shortened, other bytes as hex. */
function text(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value instanceof Uint8Array) {
    const decoded = Buffer.from(value.subarray(0, 64)).toString('utf8')
    const clean = /^[\x20-\x7e]*$/.test(decoded)
    const more = value.length > 64 ? `… (${value.length} bytes)` : ''
    return clean
      ? `"${decoded}${more}"`
      : `0x${Buffer.from(value.subarray(0, 32)).toString('hex')}${more}`
  }
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The matcher in words, for `expected`. */
export function describe(matcher: Matcher, env: Variables): string {
  switch (matcher.kind) {
    case 'equals': {
      const { value } = matcher
      if (typeof value === 'object' && value.kind === 'ref') {
        const bound = env.get(value.name)
        return bound === undefined ? `any ($${value.name})` : text(bound)
      }
      return text(env.value(value))
    }
    case 'absent':
    case 'present':
      return matcher.kind
    case 'range':
      return rangeText(
        matcher.min === undefined ? -Infinity : env.number(matcher.min),
        matcher.max === undefined ? Infinity : env.number(matcher.max),
      )
    case 'not':
      return `not ${describe(matcher.matcher, env)}`
    case 'oneOf':
      return matcher.matchers.map(option => describe(option, env)).join(' or ')
    case 'list':
      return `[${matcher.items.map(item => describe(item, env)).join(', ')}]`
    case 'fields':
      return `{${Object.entries(matcher.fields)
        .map(([name, inner]) => `${name}: ${describe(inner, env)}`)
        .join(', ')}}`
  }
}
