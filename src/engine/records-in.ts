export type Fields = { readonly [name: string]: unknown }

/** Each record within a value, outermost first; what lies inside one that is `passedOver` is not looked at, nor it itself. */
export function* recordsIn(
  value: unknown,
  passedOver: (record: Fields) => boolean = () => false,
): Iterable<Fields> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) {
    const record = value as Fields
    if (passedOver(record)) return
    yield record
  }
  for (const inner of Object.values(value)) yield* recordsIn(inner, passedOver)
}
