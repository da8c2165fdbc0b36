import type { Node } from '../../model/schema/node.ts'
import type { ScalarSchema } from '../../model/schema/scalars.ts'
import { mapped, named, type Schema } from '../../model/schema/schema.ts'
import { byShape, type Field, listOf, may, recordOf } from '../../model/schema/shapes.ts'
import type { FieldValue, Matcher, Scalar, Value } from '../step-parts.ts'
import { isMatcherForm, matcherForm } from './matchers.ts'
import { bytesValue, textValue, value } from './values.ts'

/** One field of a packet: from it come what may be sent and what may be matched. */
export type FieldSpec = { about: string } & (
  | { shape: 'scalar'; scalar: ScalarSchema<Scalar> }
  /** Text or bytes. */
  | { shape: 'bytes' }
  | { shape: 'list'; item: FieldSpec }
  | { shape: 'fields'; name: string; fields: FieldSpecs }
)
export type FieldSpecs = { readonly [name: string]: FieldSpec }

/** Fields as they are sent: any may be missing, any may be a variable. */
export function templateFields(specs: FieldSpecs): {
  [name: string]: Field<FieldValue, false>
} {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, may(templateOf(spec), spec.about)]),
  )
}

export function templateOf(spec: FieldSpec): Schema<FieldValue> {
  switch (spec.shape) {
    case 'scalar':
      return value(spec.scalar)
    case 'bytes':
      return bytesValue
    case 'list':
      return listOf(templateOf(spec.item))
    case 'fields':
      return named(
        spec.name,
        mapOf(recordOf(templateFields(spec.fields), `the fields of ${spec.name}`)),
      )
  }
}

function mapOf(schema: Schema<{ [name: string]: FieldValue }>): Schema<FieldValue> {
  return {
    ...schema,
    read(node, context) {
      const map = schema.read(node, context)
      return map && { kind: 'map', map }
    },
  }
}

/** Fields as they are matched: what is left out is don't-care. */
export function matcherFields(specs: FieldSpecs): { [name: string]: Field<Matcher, false> } {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, may(matcherOf(spec), spec.about)]),
  )
}

function matcherOf(spec: FieldSpec): Schema<Matcher> {
  switch (spec.shape) {
    case 'scalar': {
      const equals = equalTo(value(spec.scalar))
      return byShape({ scalar: equals, map: matcherForm(() => matcherOf(spec), false) })
    }
    case 'bytes': {
      const equals = equalTo(textValue)
      const form = matcherForm(() => matcherOf(spec), true)
      return named('textMatcher', byShape({ scalar: equals, map: form, empty: equals }))
    }
    case 'list': {
      const item = matcherOf(spec.item)
      return byShape<Matcher>({
        list: mapped(listOf(item), items => ({ kind: 'list', items })),
        map: matcherForm(() => matcherOf(spec), false),
      })
    }
    case 'fields':
      return named(`${spec.name}Matcher`, matcherOfFields(spec.name, spec.fields))
  }
}

function matcherOfFields(name: string, specs: FieldSpecs): Schema<Matcher> {
  const fields = mapped(recordOf(matcherFields(specs), `the fields of ${name}`), map => ({
    kind: 'fields' as const,
    fields: map,
  }))
  const form = matcherForm(() => fields, false)
  return {
    ...fields,
    read: (node: Node, context) =>
      (isMatcherForm(node) ? form : fields).read(node, context) as Matcher | undefined,
    json: defs => ({ anyOf: [fields.json(defs), form.json(defs)] }),
  }
}

function equalTo(schema: Schema<Value>): Schema<Matcher> {
  return mapped(schema, got =>
    typeof got === 'object' && got.kind === 'ref' && got.name === '_'
      ? { kind: 'present' }
      : { kind: 'equals', value: got },
  )
}
