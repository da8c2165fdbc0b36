import { didYouMean } from '../model/schema/near.ts'
import { isEmpty, type Node } from '../model/schema/node.ts'
import type { Span } from '../model/schema/problem.ts'
import { flag, number } from '../model/schema/scalars.ts'
import {
  type Context,
  type Defs,
  type JsonSchema,
  report,
  type Schema,
  wrongType,
} from '../model/schema/schema.ts'
import { type Field, own, recordOf } from '../model/schema/shapes.ts'
import { type VerifierArg, verifiers } from '../oracle/verifiers.ts'
import type { Value, Verify } from './ast.ts'
import { bytesValue, value } from './schema/values.ts'

const title = 'the name of a verifier, or { name: its arguments }'

/** `verify: [exactly-once, { delivered: { payload: once, times: 2 } }]` */
export const verifySchema: Schema<Verify[]> = {
  title: 'a list of verifiers',
  read(node, context) {
    const items = node.kind === 'list' ? node.items : [node]
    const read = items.map(item => readOne(item, context))
    return read.every((one): one is Verify => one !== undefined) ? read : undefined
  },
  json: defs => ({ anyOf: [oneJson(defs), { type: 'array', items: oneJson(defs) }] }),
}

function oneJson(defs: Defs): JsonSchema {
  const names = Object.keys(verifiers)
  const free = names.filter(name =>
    Object.values(verifiers[name]!.args).every(arg => !arg.required),
  )
  return defs.ref('verifier', () => ({
    anyOf: [
      { enum: free },
      {
        type: 'object',
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries(
          names.map(name => [
            name,
            { description: verifiers[name]!.title, ...argumentsOf(name).json(defs) },
          ]),
        ),
      },
    ],
  }))
}

function readOne(node: Node, context: Context): Verify | undefined {
  if (node.kind === 'scalar' && !isEmpty(node)) {
    const none: Node = { kind: 'map', entries: [], span: node.span }
    return verify(node.text, node.span, none, context)
  }
  if (node.kind !== 'map' || node.entries.length !== 1) return wrongType(context, title, node)
  const { key, keySpan, value: args } = node.entries[0]!
  return verify(key, keySpan, args, context)
}

function verify(name: string, span: Span, node: Node, context: Context): Verify | undefined {
  if (!own(verifiers, name)) {
    const message = `no verifier is called ${JSON.stringify(name)}`
    const near = didYouMean(name, Object.keys(verifiers))
    return report(context, 'UNKNOWN_VERIFIER', message, span, near)
  }
  const args = argumentsOf(name).read(node, context)
  const { file, line, column } = span
  return args && { name, args, place: { file, line, column } }
}

/** What a verifier can be told. */
function argumentsOf(name: string): Schema<{ [name: string]: Value }> {
  const fields = Object.entries(verifiers[name]?.args ?? {}).map(([arg, spec]) => [
    arg,
    { schema: argument(spec), about: `${spec.title}.`, required: spec.required },
  ])
  // Required or not is known only at run time; the record checks it all the same.
  const table = Object.fromEntries(fields) as { [name: string]: Field<Value, false> }
  return recordOf(table, `the arguments of ${name}`)
}

function argument({ kind }: VerifierArg): Schema<Value> {
  switch (kind) {
    case 'text':
      return bytesValue
    case 'number':
      return value(number(0, 1_000_000))
    case 'boolean':
      return value(flag())
  }
}
