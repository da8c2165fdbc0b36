import type { KeyKinds, Keys } from '../../faults/fault.ts'
import { integer, word } from '../../model/schema/scalars.ts'
import type { Schema } from '../../model/schema/schema.ts'
import { byShape, type Field, listOf } from '../../model/schema/shapes.ts'
import type { FieldValue } from '../step-parts.ts'
import { sizeInBytes, value } from './values.ts'

/** How each kind of key that a fault may have is written. */
const schemas: { [K in keyof KeyKinds]: Schema<FieldValue> } = {
  count: value(integer(1, 65_535)),
  size: sizeInBytes,
  ms: value(integer(1, 60_000, 'ms')),
  offsets: byShape<FieldValue>({
    scalar: { ...word('place to split', ['every']), title: 'every, or a list of offsets in bytes' },
    list: listOf(integer(1, 268_435_455), { min: 1 }),
  }),
  places: listOf(integer(1, 1000)),
}

/** The keys of a fault, to stand beside the packet it is done to. */
export function keyFields(keys: Keys): { [name: string]: Field<FieldValue, boolean> } {
  return Object.fromEntries(
    Object.entries(keys).map(([name, { kind, about, required = false }]) => [
      name,
      { schema: schemas[kind], about, required },
    ]),
  )
}
