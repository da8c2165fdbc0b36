import type { PacketType } from '../../model/packet.ts'
import { word } from '../../model/schema/scalars.ts'
import { mapped, named, type Schema } from '../../model/schema/schema.ts'
import { byShape, listOf, record, tagged } from '../../model/schema/shapes.ts'
import type { Expected, Matcher, PacketMatcher } from '../step-parts.ts'
import { judgingFields, type ReadJudging } from './judging.ts'
import { packetMatchers } from './packets.ts'

type Read =
  | { kind: 'fields'; fields: { [name: string]: Matcher } }
  | { kind: 'closed' }
  | { kind: 'oneOf'; options: Expected[] }

const option: Schema<Expected> = named('expectation', {
  title: 'a packet, closed, or oneOf',
  read: (node, context) => plain.read(node, context),
  json: defs => plain.json(defs),
})

const nothingInside = mapped(record({}, 'closed, without keys'), (): Read => ({ kind: 'closed' }))

const choices: { [tag: string]: Schema<Read> } = {
  ...Object.fromEntries(
    Object.entries(packetMatchers).map(([type, schema]) => [
      type,
      mapped(schema, (fields): Read => ({ kind: 'fields', fields })),
    ]),
  ),
  closed: nothingInside,
  oneOf: mapped(listOf(option, { min: 2 }), (options): Read => ({ kind: 'oneOf', options })),
}

const what = {
  what: 'packet',
  title: 'what comes next: a packet such as PUBREC, closed, or oneOf',
  code: 'UNKNOWN_PACKET',
  choices,
} as const

const plain: Schema<Expected> = mapped(tagged({ ...what, extras: {} }), toExpected)

/** What may come next, with the keys of its judgement beside it. */
export const expectation: Schema<{ expected: Expected; judging: ReadJudging }> = mapped(
  tagged({ ...what, extras: judgingFields }),
  read => ({ expected: toExpected(read), judging: read.extras }),
)

function toExpected(read: {
  tag: string
  tagSpan: { file: string; line: number; column: number }
  value: Read
}): Expected {
  const { file, line, column } = read.tagSpan
  const place = { file, line, column }
  switch (read.value.kind) {
    case 'fields': {
      const { fields } = read.value
      return { kind: 'packet', packet: { type: read.tag as PacketType, fields, place } }
    }
    case 'closed':
      return { kind: 'closed', place }
    case 'oneOf':
      return { kind: 'oneOf', options: read.value.options, place }
  }
}

/** One packet of the target, with the keys of its judgement beside it. */
export const expectedPacket: Schema<{ packet: PacketMatcher; judging: ReadJudging }> = mapped(
  tagged({
    what: 'packet',
    code: 'UNKNOWN_PACKET',
    choices: packetMatchers,
    extras: judgingFields,
  }),
  ({ tag, tagSpan: { file, line, column }, value: fields, extras }) => ({
    packet: { type: tag as PacketType, fields, place: { file, line, column } },
    judging: extras,
  }),
)

/** What a fake client or fake broker sends by itself. */
const automatic = [
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBACK',
  'UNSUBACK',
  'PINGRESP',
] as const

/** `PUBREC`, or a list of such names. */
export const packetTypeNames = (what: string): Schema<PacketType[]> => {
  const one = word(what, automatic, 'UNKNOWN_PACKET')
  return byShape<PacketType[]>({
    scalar: mapped(one, type => [type]),
    list: listOf(one, { min: 1 }),
  })
}
