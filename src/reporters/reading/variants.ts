import { type TSchema, Type } from 'typebox'

/** Shapes of a union that name themselves by a constant field: `by` is the field, `shapes` are they by its value. */
export type Variants = { by: string; shapes: Map<unknown, TSchema> }

/** Undefined where the union has members that do not name themselves. */
export function variantsOf(union: readonly TSchema[]): Variants | undefined {
  for (const by of ['kind', 'type', 'event']) {
    const entries = union.flatMap(shape => tagsOf(shape, by).map(tag => [tag, shape] as const))
    const named = new Set(entries.map(([, shape]) => shape))
    if (named.size === union.length) return { by, shapes: new Map(entries) }
  }
  return undefined
}

function tagsOf(shape: TSchema, by: string): unknown[] {
  const field = Type.IsObject(shape) ? shape.properties[by] : undefined
  if (Type.IsLiteral(field)) return [field.const]
  return Type.IsEnum(field) ? field.enum : []
}
