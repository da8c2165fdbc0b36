import { describePayload } from '../../model/text/describe.ts'
import { namedCode } from '../../model/text/reason-names.ts'
import type { Expected, Matcher, PacketMatcher } from '../../scenario/ast.ts'
import { describe } from '../packets/match.ts'
import { toBytes, type Variables } from '../packets/variables.ts'

/** What a step waits for, in words: `PUBREC id 7`, `PUBLISH id 7 QoS 2 DUP 1 "once"`, `DISCONNECT with a code of 0x80 or above`. */
export function dueText(expected: Expected, env: Variables): string {
  switch (expected.kind) {
    case 'packet':
      return packetDue(expected.packet, env)
    case 'closed':
      return 'the end of the connection'
    case 'oneOf':
      return expected.options.map(option => dueText(option, env)).join(' or ')
  }
}

export function packetDue({ type, fields }: PacketMatcher, env: Variables): string {
  const words = Object.entries(fields)
    .sort(([one], [other]) => placeOf(one) - placeOf(other))
    .map(([name, matcher]) => fieldDue(type, name, matcher, env))
  return [type, ...words].filter(word => word !== '').join(' ')
}

/** Fields stand where they stand when a packet is described. */
const order = ['sessionPresent', 'id', 'qos', 'dup', 'retain', 'topic', 'payload', 'code', 'codes']

function placeOf(name: string): number {
  const at = order.indexOf(name)
  return at < 0 ? order.length : at
}

/** One field that a packet was to have. Empty where any value would do. */
function fieldDue(
  type: PacketMatcher['type'],
  name: string,
  matcher: Matcher,
  env: Variables,
): string {
  const value = equalTo(matcher, env)
  switch (name) {
    case 'id':
      if (value === undefined)
        return matcher.kind === 'equals' ? '' : `id ${describe(matcher, env)}`
      return `id ${value}`
    case 'qos':
      return `QoS ${value ?? describe(matcher, env)}`
    case 'dup':
      return `DUP ${bit(value)}`
    case 'retain':
      return `RETAIN ${bit(value)}`
    case 'sessionPresent':
      return `Session Present ${bit(value)}`
    case 'topic':
      return value === undefined ? `topic ${describe(matcher, env)}` : String(value)
    case 'payload':
      return value === undefined ? describe(matcher, env) : describePayload(toBytes(value))
    case 'code':
      return codeDue(type, matcher, env)
    case 'codes':
      return codesDue(type, matcher, env)
    default:
      return `${name} ${describe(matcher, env)}`
  }
}

function codeDue(type: PacketMatcher['type'], matcher: Matcher, env: Variables): string {
  const said = codeWords(type, matcher, env)
  return said === '' ? '' : `with ${said}`
}

function codesDue(type: PacketMatcher['type'], matcher: Matcher, env: Variables): string {
  if (matcher.kind !== 'list') return `with codes ${describe(matcher, env)}`
  return `with ${matcher.items.map(item => codeWords(type, item, env)).join(', ')}`
}

function codeWords(type: PacketMatcher['type'], matcher: Matcher, env: Variables): string {
  switch (matcher.kind) {
    case 'equals': {
      const value = equalTo(matcher, env)
      return value === undefined ? '' : namedCode(type, Number(value))
    }
    case 'range': {
      const min = matcher.min === undefined ? undefined : env.number(matcher.min)
      const max = matcher.max === undefined ? undefined : env.number(matcher.max)
      if (min === 0x80 && max === undefined) return 'a code of 0x80 or above'
      if (max === 0x7f && min === undefined) return 'a code below 0x80'
      return `a code ${describe(matcher, env)}`
    }
    case 'oneOf':
      return matcher.matchers.map(one => codeWords(type, one, env)).join(' or ')
    case 'absent':
      return 'no code'
    case 'not':
    case 'present':
    case 'list':
    case 'fields':
      return `a code ${describe(matcher, env)}`
  }
}

/** What a field has to be equal to, where that is known. */
function equalTo(matcher: Matcher, env: Variables) {
  if (matcher.kind !== 'equals') return undefined
  const { value } = matcher
  if (typeof value === 'object' && value.kind === 'ref') return env.get(value.name)
  return env.value(value)
}

function bit(value: unknown): string {
  return String(value) === 'true' ? '1' : '0'
}
