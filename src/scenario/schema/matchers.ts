import { isEmpty, type Node } from '../../model/schema/node.ts'
import { number, word } from '../../model/schema/scalars.ts'
import { type Context, report, type Schema } from '../../model/schema/schema.ts'
import { listOf, may, record } from '../../model/schema/shapes.ts'
import type { Matcher, Value } from '../step-parts.ts'
import { rawForm, value } from './values.ts'

const bound = value(number(-2_147_483_648, 4_294_967_295))

/** The keys by which a map is a matcher and not a value. */
const formKeys = ['is', 'min', 'max', 'not', 'oneOf'] as const

export function isMatcherForm(node: Node): boolean {
  return (
    node.kind === 'map' &&
    node.entries.length > 0 &&
    node.entries.every(({ key }) => (formKeys as readonly string[]).includes(key))
  )
}

/**
 * A matcher written as a map: `{ is: absent }`, `{ min: 1, max: 5 }`, `{ not: 0 }`, `{ oneOf: [0, 16] }`,
 * for bytes also `{ hex: … }` and `{ size: … }`. Words alone are values: a payload may be the text "absent".
 */
export function matcherForm(inner: () => Schema<Matcher>, ofBytes: boolean): Schema<Matcher> {
  const lazy: Schema<Matcher> = {
    title: 'a matcher',
    read: (node, context) => inner().read(node, context),
    json: () => ({}),
  }
  const form = record(
    {
      is: may(
        word('state of a field', ['absent', 'present']),
        'Whether the field is there at all.',
      ),
      min: may(bound, 'The smallest number that matches.'),
      max: may(bound, 'The largest number that matches.'),
      not: may(lazy, 'Matches what this matcher does not.'),
      oneOf: may(listOf(lazy, { min: 1 }), 'Matches what one of these does.'),
    },
    'a matcher: { is }, { min, max }, { not } or { oneOf }',
  )
  return {
    title: form.title,
    keys: form.keys,
    read(node, context) {
      if (ofBytes && isRaw(node)) {
        const raw = rawForm.read(node, context)
        return raw && { kind: 'equals', value: raw }
      }
      const read = form.read(node, context)
      return read && toMatcher(read, node, context)
    },
    json: defs => {
      const matcher = defs.ref('matcher', () => form.json(defs))
      return ofBytes ? { anyOf: [matcher, rawForm.json(defs)] } : matcher
    },
  }
}

function isRaw(node: Node): boolean {
  return node.kind === 'map' && node.entries.some(({ key }) => key === 'hex' || key === 'size')
}

type Form = {
  is?: 'absent' | 'present'
  min?: Value
  max?: Value
  not?: Matcher
  oneOf?: Matcher[]
}

function toMatcher(form: Form, node: Node, context: Context): Matcher | undefined {
  const found: Matcher[] = []
  if (form.is) found.push({ kind: form.is })
  if (form.min !== undefined || form.max !== undefined) found.push(rangeOf(form))
  if (form.not) found.push({ kind: 'not', matcher: form.not })
  if (form.oneOf) found.push({ kind: 'oneOf', matchers: form.oneOf })
  const [only, second] = found
  if (only && !second) return only
  // A key whose value could not be read has been reported already.
  if (!only && node.kind === 'map' && node.entries.length > 0 && !isEmpty(node)) return undefined
  return report(context, 'WRONG_TYPE', 'expected one of is, min and max, not, oneOf', node.span)
}

function rangeOf({ min, max }: Form): Matcher {
  return {
    kind: 'range',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
}
