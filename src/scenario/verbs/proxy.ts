import type { Keys } from '../../faults/fault.ts'
import { anyFault, type ProxyFault } from '../../faults/index.ts'
import type { PacketType } from '../../model/packet.ts'
import { packetTypes } from '../../model/packet.ts'
import { integer, word } from '../../model/schema/scalars.ts'
import { type Context, mapped, type Schema } from '../../model/schema/schema.ts'
import { byShape, may, record, recordAnd, tagged } from '../../model/schema/shapes.ts'
import type { Side } from '../../model/side.ts'
import { keyFields } from '../schema/fault-keys.ts'
import { matcherFields } from '../schema/fields.ts'
import { judgingFields, judgingOf } from '../schema/judging.ts'
import { packetFields, packetMatchers } from '../schema/packets.ts'
import { sizeInBytes, value } from '../schema/values.ts'
import type { Judging, PacketMatcher, Value } from '../step-parts.ts'
import type { Told } from './faults.ts'
import {
  type Inner,
  judged,
  never,
  nothing,
  one,
  present,
  type StepKinds,
  type Verb,
  verb,
} from './step-kind.ts'

/** `how` is fin, rst, or a matrix variable. */
export type ProxyCut = { how: Value; side: Side | 'both' }

/** What a proxy between a client under test and a broker can do. What a fault does to bytes stands in `src/faults`. */
export type ProxyBodies = {
  /** Waits for the next connection and its CONNECT, and passes on what either side says. */
  'proxy.accept': { expect?: PacketMatcher; judging: Judging }
  /** The next packet of that type from that side must match. */
  'proxy.expect': { from: Side; packet: PacketMatcher; judging: Judging }
  /** Waits for its packets: the `nth` that matches from now on is the first of `times` that it happens to. */
  'proxy.fault': {
    from: Side
    packet: PacketMatcher
    nth: Value
    times: Value
    /** `pass`: the packet goes on as it came. */
    fault: ProxyFault | 'pass'
    told: Told
    cut?: ProxyCut
  }
  /** Waits until every fault has happened. */
  'proxy.struck': { judging: Judging }
  /** At once, or when so many more bytes of a side have passed. */
  'proxy.cut': { cut: ProxyCut; after?: { from: Side; bytes: Value } }
  'proxy.release': { from: Side[] }
  'proxy.stall': { from: Side }
  'proxy.resume': { from: Side }
}
type Body<V extends keyof ProxyBodies> = { verb: V } & ProxyBodies[V]

const proxy = ['proxy'] as const
const none = record({}, 'nothing')
const count = value(integer(1, 65_535))
const side = word('side', ['client', 'broker'] as const)
const sides = word('side', ['client', 'broker', 'both'] as const)
const how = value(word('way to cut', ['fin', 'rst'] as const, 'UNKNOWN_FAULT'))

/** Types that only one side may send; of all others a step has to say whose they are. */
export const sentBy: { [T in PacketType]?: Side } = {
  CONNECT: 'client',
  CONNACK: 'broker',
  SUBSCRIBE: 'client',
  SUBACK: 'broker',
  UNSUBSCRIBE: 'client',
  UNSUBACK: 'broker',
  PINGREQ: 'client',
  PINGRESP: 'broker',
}
const onesided = packetTypes.filter(type => sentBy[type] !== undefined).join(', ')

const whose = {
  from: may(side, `Whose packet: client or broker. Left out only for ${onesided}.`),
}
const which = {
  ...whose,
  nth: may(count, 'The how manieth such packet from now on is the first it happens to. Default 1.'),
  times: may(count, 'To how many such packets in a row it happens. Default 1.'),
  cut: may(how, 'Behind it the proxy cuts, by fin or rst.'),
  side: may(sides, 'With `cut`: which side is cut; client, broker or both. Default both.'),
}

type Read<E> = { tag: string; packet: PacketMatcher; extras: E }

/** A packet that passes, with keys of the verb beside it. */
function passing<E extends Parameters<typeof tagged>[0]['extras']>(extras: E) {
  return mapped(
    tagged({
      what: 'packet',
      title: 'a packet such as PUBREC, and whose',
      code: 'UNKNOWN_PACKET',
      choices: packetMatchers,
      extras,
    }),
    ({ tag, tagSpan: { file, line, column }, value: fields, extras }) => ({
      tag,
      packet: { type: tag as PacketType, fields, place: { file, line, column } },
      extras,
    }),
  )
}

function fromOf(tag: string, from: Side | undefined, { context, place }: Inner): Side | undefined {
  const only = sentBy[tag as PacketType]
  if (from === undefined && only === undefined) {
    return mistake(
      context,
      place,
      'MISSING_KEY',
      `both sides send ${tag}: the key "from" is missing`,
    )
  }
  if (from !== undefined && only !== undefined && from !== only) {
    return mistake(context, place, 'OUT_OF_RANGE', `a ${from} sends no ${tag}`)
  }
  return from ?? only
}

function mistake(
  context: Context,
  place: Inner['place'],
  code: 'MISSING_KEY' | 'OUT_OF_RANGE' | 'UNKNOWN_KEY',
  message: string,
): undefined {
  context.report({ code, message, span: { ...place, length: 1 } })
}

type Which = {
  from?: Side
  nth?: Value
  times?: Value
  cut?: Value
  side?: ProxyCut['side']
}

/** A verb that places a fault, which waits for its packet. */
function placing(
  fault: ProxyFault | 'pass',
  { about, example, keys }: { about: string; example: string; keys: Keys },
): Verb<Body<'proxy.fault'>> {
  const own = keyFields(keys)
  return verb({
    name: fault,
    actors: proxy,
    kind: 'stimulus, which `struck` waits for',
    about,
    example,
    value: passing({ ...which, ...own }) as Schema<Read<Which & { [key: string]: Value }>>,
    body({ tag, packet, extras }, inner): Body<'proxy.fault'> | undefined {
      const { from: said, nth = 1, times = 1, cut: how, side, ...told } = extras
      const from = fromOf(tag, said, inner)
      if (!from) return undefined
      if (side !== undefined && how === undefined) {
        const message = '"side" says nothing without "cut"'
        return mistake(inner.context, inner.place, 'UNKNOWN_KEY', message)
      }
      const cut = how === undefined ? {} : { cut: { how, side: side ?? ('both' as const) } }
      return { verb: 'proxy.fault', from, packet, nth, times, fault, told, ...cut }
    },
  })
}

const pass = placing('pass', {
  about:
    'The packet is passed on as it came: for the cut behind it, or to wait for it with `struck`.',
  example: 'proxy.pass: { PUBREC: {}, from: broker, cut: fin }',
  keys: {},
})
const placed = Object.values(anyFault).flatMap(({ kind, proxy }) =>
  proxy ? [placing(kind as ProxyFault, proxy)] : [],
)

const accept = verb({
  name: 'accept',
  actors: proxy,
  kind: 'precondition; with `expect` a check',
  about:
    'Waits for the next connection of the client under test, opens one to the broker behind, and passes from then on what either says. Done when CONNECT has come.',
  example: 'proxy.accept: { expect: { clean: false } }',
  value: record({
    expect: may(
      mapped(
        recordAnd(judgingFields, matcherFields(packetFields.CONNECT), 'what CONNECT must say'),
        ({ own: judging, rest: fields }) => ({ judging, fields }),
      ),
      'What CONNECT must say.',
    ),
  }),
  body({ expect }, { place }): Body<'proxy.accept'> {
    if (!expect) return { verb: 'proxy.accept', judging: judgingOf({}, 'given') }
    const packet = { type: 'CONNECT' as const, fields: expect.fields, place }
    return { verb: 'proxy.accept', expect: packet, judging: judgingOf(expect.judging, 'check') }
  },
})

type CutForm = {
  cut: ProxyCut
  after?: Value
  from?: Side
  packet?: { tag: string; packet: PacketMatcher }
}

const cutKeys = {
  how: may(how, 'fin or rst. Default fin.'),
  side: may(sides, 'Which side is cut; client, broker or both. Default both.'),
  after: may(
    sizeInBytes,
    'With a packet: how many of its bytes pass before. Default all but the last. With `from` alone: how many bytes of that side.',
  ),
  ...whose,
}
const cutAlone = record(cutKeys)
const cutAtPacket = passing(cutKeys)

/** With a packet, at it; with `after` and `from`, behind so many bytes; else at once. */
const cutMap: Schema<CutForm> = {
  title: 'fin, rst, or a map with how, side, after, from and a packet',
  keys: cutKeys,
  read(node, context) {
    const entries = node.kind === 'map' ? node.entries : []
    const form = ({
      how = 'fin',
      side = 'both',
      after,
      from,
    }: NonNullable<ReturnType<typeof cutAlone.read>>) => ({
      cut: { how, side },
      ...(after === undefined ? {} : { after }),
      ...(from === undefined ? {} : { from }),
    })
    if (entries.every(({ key }) => Object.hasOwn(cutKeys, key))) {
      const read = cutAlone.read(node, context)
      return read && form(read)
    }
    const read = cutAtPacket.read(node, context)
    return read && { ...form(read.extras), packet: { tag: read.tag, packet: read.packet } }
  },
  json: defs => ({ anyOf: [cutAlone.json(defs), cutAtPacket.json(defs)] }),
}

const cut = verb({
  name: 'cut',
  actors: proxy,
  kind: 'stimulus',
  about:
    'Ends one side or both without DISCONNECT: at once; or after so many bytes of one side; or, with a packet, within it. The latter two wait for their moment, as every fault of a proxy.',
  example: 'proxy.cut: { how: rst, side: both, after: 3, PUBREC: {}, from: broker }',
  value: byShape<CutForm>({
    scalar: mapped(how, how => ({ cut: { how, side: 'both' as const } })),
    map: cutMap,
  }),
  body({ cut, after, from, packet }, inner): Body<'proxy.fault'> | Body<'proxy.cut'> | undefined {
    if (packet) {
      const whose = fromOf(packet.tag, from, inner)
      if (!whose) return undefined
      const once = { nth: 1, times: 1, fault: 'truncate' as const }
      const told: Told = after === undefined ? {} : { keep: after }
      return { verb: 'proxy.fault', from: whose, packet: packet.packet, ...once, told, cut }
    }
    if ((after === undefined) !== (from === undefined)) {
      const message = 'without a packet, "after" and "from" stand together or not at all'
      return mistake(inner.context, inner.place, 'MISSING_KEY', message)
    }
    const later = after === undefined || from === undefined ? {} : { after: { from, bytes: after } }
    return { verb: 'proxy.cut', cut, ...later }
  },
})

const release = verb({
  name: 'release',
  actors: proxy,
  kind: 'stimulus',
  about: 'Passes on what was held, in its order: of one side, or of both.',
  example: 'proxy.release: broker',
  value: byShape<Side[]>({
    scalar: mapped(side, side => [side]),
    empty: mapped(none, () => ['client', 'broker'] as Side[]),
  }),
  body: from => ({ verb: 'proxy.release' as const, from }),
})

const stall = verb({
  name: 'stall',
  actors: proxy,
  kind: 'stimulus',
  about: 'Reads nothing more from this side.',
  example: 'proxy.stall: client',
  value: side,
  body: from => ({ verb: 'proxy.stall' as const, from }),
})

const resume = verb({
  name: 'resume',
  actors: proxy,
  kind: 'stimulus',
  about: 'Reads from this side again.',
  example: 'proxy.resume: client',
  value: side,
  body: from => ({ verb: 'proxy.resume' as const, from }),
})

const struck = verb({
  name: 'struck',
  actors: proxy,
  kind: 'precondition or check, by whose packet it is',
  about:
    'Waits until every fault that was placed has happened. A packet of the client that does not come is a finding; one of the broker makes the case inconclusive.',
  example: 'proxy.struck:',
  value: record(judgingFields),
  body: judging => ({ verb: 'proxy.struck' as const, judging: judgingOf(judging, 'check') }),
})

const expecting = (as: 'check' | 'given') =>
  verb({
    name: as === 'check' ? 'expect' : 'await',
    actors: proxy,
    kind: as === 'check' ? 'check; a packet of the broker is a precondition' : 'precondition',
    about:
      as === 'check'
        ? 'The next packet of that type from that side that passes whole must be as asked; other types are passed over. What the broker behind does not do makes the case inconclusive.'
        : 'As expect, but a miss makes the case inconclusive.',
    example: `proxy.${as === 'check' ? 'expect' : 'await'}: { PUBLISH: { id: $id, dup: true }, from: client }`,
    value: passing({ ...whose, ...judgingFields }),
    body(
      { tag, packet, extras: { from: said, ...judging } },
      inner,
    ): Body<'proxy.expect'> | undefined {
      const from = fromOf(tag, said, inner)
      if (!from) return undefined
      const wanted = from === 'broker' ? 'given' : as
      return { verb: 'proxy.expect', from, packet, judging: judgingOf(judging, wanted) }
    },
  })

export const proxyKinds: StepKinds<ProxyBodies> = {
  'proxy.accept': {
    written: [accept],
    values: nothing,
    matches: ({ expect }) => present(expect).map(one),
    connection: 'opens',
    checks: judged,
    setsOff: never,
  },
  'proxy.expect': {
    written: [expecting('check'), expecting('given')],
    values: nothing,
    matches: ({ packet }) => [one(packet)],
    connection: 'needs',
    checks: judged,
    setsOff: never,
  },
  'proxy.struck': {
    written: [struck],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: judged,
    setsOff: never,
  },
  'proxy.fault': {
    written: [pass, ...placed],
    values: ({ nth, times, told, cut }) => [
      nth,
      times,
      ...Object.values(told),
      ...present(cut?.how),
    ],
    matches: ({ packet }) => [one(packet)],
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  'proxy.cut': {
    written: [cut],
    values: ({ cut, after }) => [cut.how, ...present(after?.bytes)],
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  'proxy.release': {
    written: [release],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: () => true,
  },
  'proxy.stall': {
    written: [stall],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  'proxy.resume': {
    written: [resume],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
}
