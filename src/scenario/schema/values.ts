import type { ScalarNode } from '../../model/schema/node.ts'
import type { ScalarSchema } from '../../model/schema/scalars.ts'
import { hexBytes, integer, text } from '../../model/schema/scalars.ts'
import {
  type Context,
  type Defs,
  type JsonSchema,
  named,
  report,
  type Schema,
  wrongType,
} from '../../model/schema/schema.ts'
import { byShape, must, record } from '../../model/schema/shapes.ts'
import type { Bytes, Ref, Scalar, Sized, Value } from '../step-parts.ts'
import { refAt, spanWithin, splitVariables } from '../variables.ts'

/** A scalar that may be, or as text may contain, a variable known only at run time. */
export function value<T extends Scalar>(scalar: ScalarSchema<T>, isText = false): Schema<Value> {
  return {
    title: scalar.title,
    read: (node, context) =>
      node.kind === 'scalar'
        ? readValue(scalar, isText, node, context)
        : wrongType(context, scalar.title, node),
    json: defs => orVariable(scalar.json(defs), defs),
  }
}

function readValue<T extends Scalar>(
  scalar: ScalarSchema<T>,
  isText: boolean,
  node: ScalarNode,
  context: Context,
): Value | undefined {
  if (!node.text.includes('$')) return scalar.read(node, context)
  const split = splitVariables(node.text)
  if ('loneDollarAt' in split) {
    const message = 'a "$" must be followed by the name of a variable'
    const hint = { hint: 'write "$$" for a dollar' }
    return report(context, 'BAD_VARIABLE', message, spanWithin(node, split.loneDollarAt, 1), hint)
  }
  const { parts } = split
  const [first] = parts
  if (parts.length === 1 && typeof first === 'object') {
    for (const known of context.locals.get(first.name) ?? []) {
      const candidate = { ...node, text: known, quoted: true, written: `$${first.name}` }
      if (scalar.read(candidate, context) === undefined) return undefined
    }
    return refAt(node, first)
  }
  if (parts.every(part => typeof part === 'string')) {
    return scalar.read({ ...node, text: parts.join(''), quoted: true }, context)
  }
  if (!isText) return wrongType(context, scalar.title, node)
  const { file, line, column } = node.span
  return {
    kind: 'template',
    parts: parts.map(part => (typeof part === 'string' ? part : refAt(node, part))),
    place: { file, line, column },
  }
}

function orVariable(schema: JsonSchema, defs: Defs): JsonSchema {
  const types = schema.type
  if (Array.isArray(types) && types.includes('string')) return schema
  const variable = defs.ref('variable', () => ({
    description: 'A variable: $name',
    type: 'string',
    pattern: '^\\$(\\w+|\\{\\w+\\})$',
  }))
  return { anyOf: [schema, variable] }
}

/** A number of bytes. */
export const sizeInBytes: Schema<Value> = value(integer(0, 268_435_460))

/** Text with variables in it. */
export const textValue: Schema<Value> = value(text(), true)

const hexForm = record(
  { hex: must(hexBytes(), 'The bytes in hex, blanks as one likes.') },
  '{ hex: … }',
)
const sizeForm = record(
  { size: must(value(integer(0, 268_435_460)), 'So many reproducible printable bytes.') },
  '{ size: … }',
)

/** `{ hex: "00 ff" }` or `{ size: 1000 }`. */
export const rawForm: Schema<Bytes | Sized> = {
  title: '{ hex: … } or { size: … }',
  keys: { ...hexForm.keys, ...sizeForm.keys },
  read(node, context) {
    const isSize = node.kind === 'map' && node.entries.some(entry => entry.key === 'size')
    if (isSize) {
      const sized = sizeForm.read(node, context)
      if (sized === undefined) return undefined
      const { size } = sized
      if (typeof size === 'number') return { kind: 'sized', bytes: size }
      // Whatever is no number is a variable: an integer is no text.
      return { kind: 'sized', bytes: size as Ref }
    }
    const raw = hexForm.read(node, context)
    return raw && { kind: 'bytes', bytes: raw.hex }
  },
  json: defs => ({ anyOf: [hexForm.json(defs), sizeForm.json(defs)] }),
}

/** Text, or bytes that may be no text at all: payloads, and names that are malformed on purpose. */
export const bytesValue: Schema<Value> = named(
  'text',
  byShape<Value>({ scalar: textValue, map: rawForm, empty: textValue }),
)
