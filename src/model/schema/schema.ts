import type { Node } from './node.ts'
import { describeNode } from './node.ts'
import type { Problem, ProblemCode, Span } from './problem.ts'

/**
 * One source for what a file may say: a schema reads a node into a typed value and reports what is wrong with it,
 * gives the JSON Schema that editors use, and names its parts for the reference page.
 *
 * `read` answers undefined after it has reported a problem, and only then.
 */
export type Schema<T> = {
  /** Completes "expected …": `an integer from 0 to 255`. */
  readonly title: string
  read(node: Node, context: Context): T | undefined
  json(defs: Defs): JsonSchema
  /** The keys of a map, for the reference page. */
  readonly keys?: { readonly [key: string]: Key }
}

/** A key with its one-line description. */
export type Key = { about: string; required: boolean; schema: Schema<unknown> }

export type Context = {
  report(problem: Problem): void
  /** Variables whose values are known but not replaced, such as loop counters: each value must fit where it is used. */
  locals: ReadonlyMap<string, readonly string[]>
}

export type JsonSchema = { [keyword: string]: unknown }

/** Named parts of a JSON Schema, filled while it is made. */
export class Defs {
  readonly all: { [name: string]: JsonSchema } = {}

  /** A reference to the part, made at its first use: parts may contain themselves. */
  ref(name: string, make: () => JsonSchema): JsonSchema {
    if (!(name in this.all)) {
      this.all[name] = {}
      this.all[name] = make()
    }
    return { $ref: `#/$defs/${name}` }
  }
}

/** A part that editors and the reference know by name. */
export function named<T>(name: string, schema: Schema<T>): Schema<T> {
  return { ...schema, json: defs => defs.ref(name, () => schema.json(defs)) }
}

/** Reads with the same keys and checks, then makes something else of it. */
export function mapped<T, U>(
  schema: Schema<T>,
  change: (value: T, node: Node, context: Context) => U | undefined,
): Schema<U> {
  return {
    ...schema,
    read(node, context) {
      const value = schema.read(node, context)
      return value === undefined ? undefined : change(value, node, context)
    },
  }
}

export function report(
  context: Context,
  code: ProblemCode,
  message: string,
  span: Span,
  more: { hint?: string } = {},
): undefined {
  context.report({ code, message, ...more, span })
}

export function wrongType(context: Context, title: string, node: Node): undefined {
  report(context, 'WRONG_TYPE', `expected ${title}, got ${describeNode(node)}`, node.span)
}
