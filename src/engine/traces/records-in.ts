export type Fields = { readonly [name: string]: unknown }

/** Each record within a value, outermost first; what lies inside one that is `passedOver` is not looked at, nor it itself. */
export function recordsIn(
  value: unknown,
  passedOver: (record: Fields) => boolean = () => false,
): Fields[] {
  const found: Fields[] = []
  collect(value, passedOver, found)
  return found
}

/** One list for all of them: every case of a run is read so before it begins, and nested generators took more than its judges. */
function collect(value: unknown, passedOver: (record: Fields) => boolean, found: Fields[]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (Array.isArray(value)) {
    for (const inner of value) collect(inner, passedOver, found)
    return
  }
  const record = value as Fields
  if (passedOver(record)) return
  found.push(record)
  for (const name in record) collect(record[name], passedOver, found)
}
