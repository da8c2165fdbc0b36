import { type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { variantsOf } from './variants.ts'

/** Puts in place what the file writes otherwise, bytes above all; returns what stands for the value. */
type Decode = (value: unknown) => unknown

/**
 * How a value that fits `shape` is read; undefined where all of it stands as it is. TypeBox's own way tries every member of a union in turn,
 * which takes ten times as long on the events of a trace: here they are found by their names.
 */
export function decoderOf(shape: TSchema): Decode | undefined {
  if (Type.IsCodec(shape)) return value => shape['~codec'].decode(value)
  if (Type.IsArray(shape)) {
    const item = decoderOf(shape.items)
    return item && (value => inPlace(value as unknown[], item))
  }
  if (Type.IsRecord(shape)) {
    const field = decoderOf(Type.RecordValue(shape))
    return field && (value => inPlace(value as { [name: string]: unknown }, field))
  }
  if (Type.IsObject(shape)) return decoderOfFields(Object.entries(shape.properties))
  return Type.IsUnion(shape) ? decoderOfUnion(shape.anyOf) : undefined
}

function inPlace<T extends object>(all: T, decode: Decode): T {
  for (const [name, value] of Object.entries(all)) Object.assign(all, { [name]: decode(value) })
  return all
}

function decoderOfFields(fields: [string, TSchema][]): Decode | undefined {
  const changing = fields.flatMap(([name, field]) => {
    const decode = decoderOf(field)
    return decode ? [{ name, decode }] : []
  })
  if (changing.length === 0) return undefined
  return value => {
    const all = value as { [name: string]: unknown }
    for (const { name, decode } of changing) {
      if (Object.hasOwn(all, name)) all[name] = decode(all[name])
    }
    return all
  }
}

function decoderOfUnion(union: readonly TSchema[]): Decode | undefined {
  const members = union.map(shape => ({ shape, decode: decoderOf(shape) }))
  if (members.every(({ decode }) => decode === undefined)) return undefined
  const variants = variantsOf(union)
  if (variants === undefined) {
    return value => {
      const fits = members.find(({ shape }) => Check(shape, value))
      return fits?.decode ? fits.decode(value) : value
    }
  }
  const { by, shapes } = variants
  const decoders = new Map([...shapes].map(([tag, shape]) => [tag, decoderOf(shape)]))
  return value => decoders.get((value as { [name: string]: unknown })[by])?.(value) ?? value
}
