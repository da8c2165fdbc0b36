import { Type } from 'typebox'
import { fromHex } from '../text/hex.ts'
import { type Version, versions } from '../version.ts'

/*
 * The JSON report is written down once, in this folder: TypeBox makes of each shape the type that the code uses, the part of
 * `schema/report.json` that others read, and the check of a saved report. Where the file holds text or hex for bytes, the shape says
 * how it is read: `Type.StaticDecode` is what we hold in memory, `Type.Static` what stands in the file.
 *
 * The rest of the code knows the types alone, by `model/report.ts`, `model/trace.ts` and so on, so that no run has to load TypeBox.
 */

/** A whole number, counted from 0. */
export const count = Type.Integer({ minimum: 0 })
export const ms = Type.Number({ minimum: 0 })
export const text = Type.String()
export const texts = Type.Array(text)
export const numbers = Type.Array(Type.Number())

export const version = Type.Enum(versions)

export const statement = Type.Unsafe<`${Version}:${string}`>(
  Type.String({
    pattern: '^(3\\.1|3\\.1\\.1|5\\.0):',
    description: 'A statement of the standard, `5.0:MQTT-4.3.3-10`, or a section, `3.1:§4.3`.',
  }),
)

export const level = Type.Enum(['MUST', 'SHOULD', 'MAY'])

/** Place in a suite file. */
export const place = Type.Object(
  { file: text, line: count, column: count },
  { description: 'Line and column count from 1.' },
)

const hexDigits = Type.String({
  pattern: '^([0-9a-f]{2})*$',
  description: 'Bytes, two digits each.',
})

/** What was on the wire: hex, always. */
export const hex = Type.Decode(hexDigits, fromHex)

const hexObject = Type.Object({ hex: hexDigits })

/** Bytes beside values of other kinds. */
export const bytes = Type.Decode(hexObject, ({ hex }) => fromHex(hex))

/** What applications sent to each other. */
export const payload = Type.Decode(
  Type.Union([text, hexObject], {
    description: 'Text where the bytes are printable UTF-8, else hex.',
  }),
  written =>
    typeof written === 'string' ? new TextEncoder().encode(written) : fromHex(written.hex),
)
