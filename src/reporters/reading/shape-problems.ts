import { type TObject, type TSchema, Type } from 'typebox'
import { Errors } from 'typebox/value'
import { variantsOf } from './variants.ts'

/**
 * Where `value` departs from `shape`, each as `results[3].verdict: expected …, got …`. At most `problemsMax`. TypeBox judges each value;
 * that of the alternatives only the named one is told of is ours, and so are the words.
 */
export function shapeProblems(shape: TSchema, value: unknown, problemsMax = 10): string[] {
  const problems: string[] = []
  check(shape, value, '', problem => problems.length < problemsMax && problems.push(problem))
  return problems
}

type Tell = (problem: string) => void

function check(shape: TSchema, value: unknown, path: string, tell: Tell): void {
  if (Type.IsArray(shape) && Array.isArray(value)) {
    for (const [index, item] of value.entries()) check(shape.items, item, `${path}[${index}]`, tell)
    return
  }
  if (isRecord(value)) {
    if (Type.IsObject(shape)) return checkFields(shape, value, path, tell)
    if (Type.IsRecord(shape)) {
      const field = Type.RecordValue(shape)
      for (const [name, own] of Object.entries(value)) check(field, own, `${path}.${name}`, tell)
      return
    }
    const variants = Type.IsUnion(shape) ? variantsOf(shape.anyOf) : undefined
    if (variants !== undefined) {
      const { by, shapes } = variants
      const tag = value[by]
      const named = shapes.get(tag)
      if (named !== undefined) return check(named, value, path, tell)
      tell(`${path}.${by}: expected one of ${[...shapes.keys()].join(', ')}, got ${shown(tag)}`)
      return
    }
  }
  const expected = expectation(shape, value)
  if (expected === undefined) return
  tell(`${path === '' ? 'the report' : path}: expected ${expected}, got ${shown(value)}`)
}

function checkFields(
  shape: TObject,
  value: { [name: string]: unknown },
  path: string,
  tell: Tell,
): void {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`)
  for (const [name, field] of Object.entries(shape.properties)) {
    if (Object.hasOwn(value, name)) check(field, value[name], inside(name), tell)
    else if (!Type.IsOptional(field)) tell(`${inside(name)} is missing`)
  }
}

/** What `value` should have been, or undefined where it is that. */
function expectation(shape: TSchema, value: unknown): string | undefined {
  const errors = Errors(shape, value)
  // Of a union the last one speaks of the whole, those before it of each member.
  const error = Type.IsUnion(shape) ? errors.at(-1) : errors[0]
  if (error === undefined) return undefined
  switch (error.keyword) {
    case 'type':
      if (error.params.type === 'integer' && typeof value === 'number') return 'a whole number'
      return typeNames[String(error.params.type)] ?? error.message
    case 'const':
      return JSON.stringify(error.params.allowedValue)
    case 'enum':
      return `one of ${error.params.allowedValues.join(', ')}`
    case 'minimum':
      return `${error.params.limit} or more`
    case 'pattern':
      return `text like ${error.params.pattern}`
    case 'format':
      return error.params.format === 'date-time' ? 'a date and time' : error.message
    case 'anyOf':
      return Type.IsUnion(shape) && variantsOf(shape.anyOf) ? 'an object' : 'another type of value'
    default:
      return error.message
  }
}

const typeNames: { [type: string]: string } = {
  string: 'a string',
  number: 'a number',
  integer: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

function isRecord(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`
}
