import { didYouMean } from './near.ts'
import { type Entry, isEmpty, type MapNode, type Node } from './node.ts'
import type { ProblemCode, Span } from './problem.ts'
import {
  type Context,
  type JsonSchema,
  type Key,
  report,
  type Schema,
  wrongType,
} from './schema.ts'

export type Field<T, Required extends boolean> = {
  schema: Schema<T>
  about: string
  required: Required
}
type Fields = { readonly [key: string]: Field<unknown, boolean> }
type ValueOf<F> = F extends Field<infer T, boolean> ? T : never
/** What a record reads to: a key that was left out is not there at all. */
export type RecordOf<F extends Fields> = {
  [K in keyof F as F[K]['required'] extends true ? K : never]: ValueOf<F[K]>
} & { [K in keyof F as F[K]['required'] extends true ? never : K]?: ValueOf<F[K]> }

/** A key that must be there. */
export function must<T>(schema: Schema<T>, about: string): Field<T, true> {
  return { schema, about, required: true }
}

/** A key that may be there. */
export function may<T>(schema: Schema<T>, about: string): Field<T, false> {
  return { schema, about, required: false }
}

/** A map with these keys and no others. An empty value stands for a map without keys. */
export function record<F extends Fields>(
  fields: F,
  title = 'a map',
): Schema<RecordOf<F>> & { keys: { readonly [key: string]: Key } } {
  return {
    title,
    keys: fields,
    read(node, context) {
      const map = asMap(node)
      if (!map) return wrongType(context, title, node)
      return readFields(fields, map, context) as RecordOf<F> | undefined
    },
    json: defs => ({
      type: ['object', 'null'],
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(fields).map(([key, { schema, about }]) => [
          key,
          { description: about, ...schema.json(defs) },
        ]),
      ),
      ...requiredOf(fields),
    }),
  }
}

/** A record all of whose keys may be left out and are known by a table. */
export function recordOf<T>(
  table: { readonly [key: string]: Field<T, false> },
  title = 'a map',
): Schema<{ [key: string]: T }> {
  return record(table, title) as Schema<{ [key: string]: T }>
}

/** A record whose keys are partly known by name and partly a table: they come back apart. */
export function recordAnd<F extends Fields, T>(
  fields: F,
  table: { readonly [key: string]: Field<T, false> },
  title = 'a map',
): Schema<{ own: RecordOf<F>; rest: { [key: string]: T } }> {
  // Named keys come first, and win over the table.
  const both = record({ ...fields, ...table, ...fields }, title)
  return {
    ...both,
    read(node, context) {
      const read = both.read(node, context)
      if (!read) return undefined
      const entries = Object.entries(read)
      const pick = (known: boolean) =>
        Object.fromEntries(entries.filter(([key]) => Object.hasOwn(fields, key) === known))
      return { own: pick(true) as RecordOf<F>, rest: pick(false) as { [key: string]: T } }
    },
  }
}

function requiredOf(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter(key => fields[key]!.required)
  return required.length === 0 ? {} : { type: 'object', required }
}

export function asMap(node: Node): MapNode | undefined {
  if (node.kind === 'map') return node
  return isEmpty(node) ? { kind: 'map', entries: [], span: node.span } : undefined
}

function readFields(
  fields: Fields,
  map: MapNode,
  context: Context,
): { [key: string]: unknown } | undefined {
  const read: { [key: string]: unknown } = {}
  let complete = true
  for (const entry of map.entries) {
    const field = own(fields, entry.key)
    if (!field) unknownKey(context, entry, Object.keys(fields))
    else {
      const value = field.schema.read(entry.value, context)
      if (value !== undefined) read[entry.key] = value
      else if (field.required) complete = false
    }
  }
  for (const [key, field] of Object.entries(fields)) {
    if (!field.required || map.entries.some(entry => entry.key === key)) continue
    report(context, 'MISSING_KEY', `the key "${key}" is missing here`, head(map.span))
    complete = false
  }
  return complete ? read : undefined
}

/** Keys such as `constructor` exist on every object; only those of the table count. */
export function own<T>(table: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

function head(span: Span): Span {
  return { ...span, length: Math.min(span.length, 40) }
}

function unknownKey(
  context: Context,
  entry: Entry,
  known: readonly string[],
  code: ProblemCode = 'UNKNOWN_KEY',
): undefined {
  const near = didYouMean(entry.key, known)
  const list = known.length <= 8 ? { hint: `one of: ${known.join(', ')}` } : {}
  const message = `no key is called ${JSON.stringify(entry.key)} here`
  report(context, code, message, entry.keySpan, near.hint ? near : list)
}

export function listOf<T>(
  item: Schema<T>,
  limits: { min?: number; max?: number } = {},
): Schema<T[]> {
  const { min = 0, max = 10_000 } = limits
  const title = `a list, each ${item.title}`
  return {
    title,
    read(node, context) {
      if (node.kind !== 'list') return wrongType(context, title, node)
      if (node.items.length < min || node.items.length > max) {
        const limit = min === max ? `${min}` : `${min} to ${max}`
        const message = `expected a list of ${limit}, got ${node.items.length}`
        return report(context, 'OUT_OF_RANGE', message, node.span)
      }
      const items = node.items.map(each => item.read(each, context))
      return items.some(each => each === undefined) ? undefined : (items as T[])
    },
    json: defs => ({ type: 'array', items: item.json(defs), ...(min ? { minItems: min } : {}) }),
  }
}

/** One, or a list of them. Only for items that are no lists themselves. */
export function oneOrMany<T>(item: Schema<T>): Schema<T[]> {
  const list = listOf(item, { min: 1 })
  return {
    title: `${item.title}, or a list of them`,
    read(node, context) {
      if (node.kind === 'list') return list.read(node, context)
      const one = item.read(node, context)
      return one === undefined ? undefined : [one]
    },
    json: defs => ({ anyOf: [item.json(defs), list.json(defs)] }),
  }
}

/** A map from names of the author's choice to values of one kind. */
export function dictionary<K extends string, T>(
  key: Schema<K>,
  value: Schema<T>,
  title = 'a map',
): Schema<{ key: K; keySpan: Span; value: T; node: Node }[]> {
  return {
    title,
    read(node, context) {
      const map = asMap(node)
      if (!map) return wrongType(context, title, node)
      let complete = true
      const read = map.entries.flatMap(entry => {
        const name = key.read(keyNode(entry), context)
        const got = value.read(entry.value, context)
        if (name !== undefined && got !== undefined) {
          return [{ key: name, keySpan: entry.keySpan, value: got, node: entry.value }]
        }
        complete = false
        return []
      })
      return complete ? read : undefined
    },
    json: defs => ({ type: 'object', additionalProperties: value.json(defs) }),
  }
}

function keyNode(entry: Entry): Node {
  return { kind: 'scalar', text: entry.key, quoted: true, span: entry.keySpan }
}

/** Several ways to write the same, told apart by whether it is text, a list or a map. */
export function byShape<T>(ways: {
  scalar?: Schema<T>
  list?: Schema<T>
  map?: Schema<T>
  /** For an empty value; a map without keys if there is no other way. */
  empty?: Schema<T>
}): Schema<T> {
  const all = [ways.scalar, ways.list, ways.map].filter(way => way !== undefined)
  const title = [...new Set(all.map(way => way.title))].join(', or ')
  return {
    title,
    ...(ways.map?.keys ? { keys: ways.map.keys } : {}),
    read(node, context) {
      const way = isEmpty(node) ? (ways.empty ?? ways.map ?? ways.scalar) : ways[node.kind]
      return way ? way.read(node, context) : wrongType(context, title, node)
    },
    json: defs => ({ anyOf: all.map(way => way.json(defs)) }),
  }
}

export type Tagged<T, E> = { tag: string; tagSpan: Span; value: T; extras: E }

/**
 * A map with exactly one key of `choices` (`PUBREC: { id: 7 }`) and, beside it, keys of `extras`. A choice without
 * values may stand alone as a word (`closed`).
 */
export function tagged<T, F extends Fields>(options: {
  /** Completes `no … is called`. */
  what: string
  title?: string
  code: ProblemCode
  choices: { readonly [tag: string]: Schema<T> }
  extras: F
}): Schema<Tagged<T, RecordOf<F>>> {
  const { what, code, choices, extras } = options
  const tags = Object.keys(choices)
  const title = options.title ?? `a ${what}, such as ${tags[0]}`
  const keys: { [key: string]: Key } = { ...extras }
  return {
    title,
    keys,
    read(node, context) {
      const map = node.kind === 'scalar' && !isEmpty(node) ? wordMap(node) : asMap(node)
      if (!map) return wrongType(context, title, node)
      const rest: Entry[] = []
      const found: Entry[] = []
      for (const entry of map.entries) {
        if (own(choices, entry.key)) found.push(entry)
        else if (own(extras, entry.key)) rest.push(entry)
        else unknownTag(context, entry, options, node.kind === 'scalar')
      }
      const extra = readFields(extras, { ...map, entries: rest }, context)
      const [entry, second] = found
      if (second) {
        const message = `"${entry!.key}" and "${second.key}" cannot stand here together`
        return report(context, 'UNKNOWN_KEY', message, second.keySpan)
      }
      if (!entry) {
        if (rest.length !== map.entries.length) return undefined
        return report(context, 'MISSING_KEY', `expected ${title}`, head(map.span))
      }
      const value = own(choices, entry.key)!.read(entry.value, context)
      if (value === undefined || extra === undefined) return undefined
      return {
        tag: entry.key,
        tagSpan: entry.keySpan,
        value,
        extras: extra as RecordOf<F>,
      }
    },
    json: defs => ({
      anyOf: [
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            ...Object.fromEntries(tags.map(tag => [tag, choices[tag]!.json(defs)])),
            ...Object.fromEntries(
              Object.entries(extras).map(([key, { schema, about }]) => [
                key,
                { description: about, ...schema.json(defs) },
              ]),
            ),
          },
          minProperties: 1,
          ...requiredOf(extras),
        },
        { enum: tags },
      ],
    }),
  }

  function unknownTag(
    context: Context,
    entry: Entry,
    names: { what: string; code: ProblemCode },
    alone: boolean,
  ): void {
    const known = alone ? tags : [...tags, ...Object.keys(extras)]
    const near = didYouMean(entry.key, known)
    const message = `no ${names.what} is called ${JSON.stringify(entry.key)}`
    report(context, code, message, entry.keySpan, near)
  }
}

function wordMap(node: Node & { kind: 'scalar' }): MapNode {
  const value: Node = { kind: 'scalar', text: '', quoted: false, span: node.span }
  return { kind: 'map', entries: [{ key: node.text, keySpan: node.span, value }], span: node.span }
}
