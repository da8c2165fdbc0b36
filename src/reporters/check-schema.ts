import type { ObjectSchema, Schema } from './json-schema.ts'

type Definitions = { readonly [name: string]: Schema }

/** Where `value` departs from `schema`, each as `results[3].verdict: expected …, got …`. At most `problemsMax`. */
export function checkSchema(
  value: unknown,
  schema: Schema,
  definitions: Definitions,
  problemsMax = 10,
): string[] {
  const problems: string[] = []
  check(value, schema, '', { definitions, problems, problemsMax })
  return problems
}

type Checking = { definitions: Definitions; problems: string[]; problemsMax: number }

function check(value: unknown, schema: Schema, path: string, checking: Checking): void {
  if (checking.problems.length >= checking.problemsMax) return
  if ('$ref' in schema) {
    check(value, checking.definitions[schema.$ref.replace('#/$defs/', '')]!, path, checking)
    return
  }
  const expected = expectation(value, schema, checking)
  if (expected !== undefined) {
    const where = path === '' ? 'the report' : path
    checking.problems.push(`${where}: expected ${expected}, got ${shown(value)}`)
  } else if ('oneOf' in schema) {
    checkNamed(value, schema.oneOf, path, checking)
  } else if ('items' in schema && Array.isArray(value)) {
    for (const [index, item] of value.entries())
      check(item, schema.items, `${path}[${index}]`, checking)
  } else if ('type' in schema && schema.type === 'object' && isObject(value)) {
    checkObject(value, schema, path, checking)
  }
}

/** What `value` itself should have been, or undefined where it is that. What is inside it is not looked at. */
function expectation(
  value: unknown,
  schema: Exclude<Schema, { $ref: string }>,
  { definitions }: Checking,
): string | undefined {
  const unless = (holds: boolean, what: string) => (holds ? undefined : what)
  if ('const' in schema) return unless(value === schema.const, JSON.stringify(schema.const))
  if ('enum' in schema) {
    return unless(
      schema.enum.some(one => one === value),
      `one of ${schema.enum.join(', ')}`,
    )
  }
  if ('oneOf' in schema) {
    if (tagOf(schema.oneOf) !== undefined) return unless(isObject(value), 'an object')
    const fits = schema.oneOf.some(one => checkSchema(value, one, definitions, 1).length === 0)
    return unless(fits, 'another type of value')
  }
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return 'a string'
      if (schema.format === 'date-time') return unless(isDateTime(value), 'a date and time')
      return unless(new RegExp(schema.pattern ?? '').test(value), `text like ${schema.pattern}`)
    case 'boolean':
      return unless(typeof value === 'boolean', 'true or false')
    case 'number':
    case 'integer':
      if (typeof value !== 'number') return 'a number'
      if (schema.type === 'integer' && !Number.isInteger(value)) return 'a whole number'
      return unless(value >= (schema.minimum ?? value), `${schema.minimum} or more`)
    case 'array':
      return unless(Array.isArray(value), 'a list')
    case 'object':
      return unless(isObject(value), 'an object')
  }
}

function checkObject(
  value: { [name: string]: unknown },
  schema: ObjectSchema,
  path: string,
  checking: Checking,
): void {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`)
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) checking.problems.push(`${inside(name)} is missing`)
  }
  for (const [name, own] of Object.entries(value)) {
    const known = Object.hasOwn(schema.properties ?? {}, name)
    const is = known ? schema.properties![name] : schema.additionalProperties
    if (is !== undefined) check(own, is, inside(name), checking)
  }
}

/** Of alternatives that name themselves by a constant field, only the named one is worth reporting on. */
function checkNamed(
  value: unknown,
  alternatives: readonly Schema[],
  path: string,
  checking: Checking,
): void {
  const tag = tagOf(alternatives)
  if (tag === undefined || !isObject(value)) return
  const named = alternatives.find(one => constOf(one, tag) === value[tag])
  if (named !== undefined) {
    check(value, named, path, checking)
    return
  }
  const names = alternatives.map(one => String(constOf(one, tag))).join(', ')
  checking.problems.push(`${path}.${tag}: expected one of ${names}, got ${shown(value[tag])}`)
}

/** The field, if there is one, that is a constant in every alternative. */
function tagOf(alternatives: readonly Schema[]): string | undefined {
  return ['kind', 'type', 'event'].find(name =>
    alternatives.every(one => constOf(one, name) !== undefined),
  )
}

function constOf(schema: Schema, name: string): unknown {
  if (!('properties' in schema)) return undefined
  const field = schema.properties?.[name]
  return field !== undefined && 'const' in field ? field.const : undefined
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`
}
