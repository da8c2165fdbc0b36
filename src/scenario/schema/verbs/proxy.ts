import type { PacketType } from '../../../model/packet.ts'
import { packetTypes } from '../../../model/packet.ts'
import { integer, word } from '../../../model/schema/scalars.ts'
import { type Context, mapped, type Schema } from '../../../model/schema/schema.ts'
import { byShape, may, must, record, recordAnd, tagged } from '../../../model/schema/shapes.ts'
import type { Side } from '../../../model/side.ts'
import type { PacketMatcher, ProxyCut, ProxyDeed, Value } from '../../ast.ts'
import { matcherFields } from '../fields.ts'
import { judgingFields, judgingOf } from '../judging.ts'
import { packetFields, packetMatchers } from '../packets.ts'
import { value } from '../values.ts'
import { type Inner, type Verb, verb } from '../verb.ts'

const proxy = ['proxy'] as const
const none = record({}, 'nothing')
const count = value(integer(1, 65_535))
const size = value(integer(0, 268_435_460))
const side = word('side', ['client', 'broker'] as const)
const sides = word('side', ['client', 'broker', 'both'] as const)
const how = value(word('way to cut', ['fin', 'rst'] as const, 'UNKNOWN_FAULT'))

/** Types that only one side may send; of all others a step has to say whose they are. */
const sentBy: { [T in PacketType]?: Side } = {
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

/** A fault that waits for its packet. */
function fault<E extends Parameters<typeof tagged>[0]['extras']>(spec: {
  about: string
  example: string
  own: E
  deed(extras: { [key: string]: Value | undefined }): ProxyDeed
}): Verb {
  const { about, example, own, deed } = spec
  return verb({
    actors: proxy,
    kind: 'stimulus, which `struck` waits for',
    about,
    example,
    value: passing({ ...which, ...own }) as Schema<Read<Which & { [key: string]: Value }>>,
    body({ tag, packet, extras }, inner) {
      const from = fromOf(tag, extras.from, inner)
      if (!from) return undefined
      if (extras.side !== undefined && extras.cut === undefined) {
        return mistake(
          inner.context,
          inner.place,
          'UNKNOWN_KEY',
          '"side" says nothing without "cut"',
        )
      }
      return {
        verb: 'proxy.fault',
        from,
        packet,
        nth: extras.nth ?? 1,
        times: extras.times ?? 1,
        deed: deed(extras),
        ...(extras.cut === undefined
          ? {}
          : { cut: { how: extras.cut, side: extras.side ?? 'both' } }),
      }
    },
  })
}

const accept = verb({
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
  body({ expect }, { place }) {
    if (!expect) return { verb: 'proxy.accept', judging: judgingOf({}, 'given') }
    const packet = { type: 'CONNECT' as const, fields: expect.fields, place }
    return { verb: 'proxy.accept', expect: packet, judging: judgingOf(expect.judging, 'check') }
  },
})

const duplicate = fault({
  about: 'The packet is passed on several times.',
  example: 'proxy.duplicate: { PUBREL: {}, from: broker, copies: 3 }',
  own: { copies: may(count, 'How often in all. Default 2.') },
  deed: ({ copies = 2 }) => ({ kind: 'duplicate', copies }),
})

const reorder = fault({
  about: 'The packet is passed on behind later ones of its side.',
  example: 'proxy.reorder: { PUBLISH: { payload: first }, from: broker, behind: 1 }',
  own: { behind: may(count, 'How many later packets go before it. Default 1.') },
  deed: ({ behind = 1 }) => ({ kind: 'reorder', behind }),
})

const delay = fault({
  about: 'The packet is passed on so much later; what comes behind it overtakes it.',
  example: 'proxy.delay: { PUBREC: {}, from: broker, ms: 50 }',
  own: { ms: must(value(integer(1, 60_000, 'ms')), 'By how much, in ms.') },
  deed: ({ ms }) => ({ kind: 'delay', delayMs: ms ?? 1 }),
})

const truncate = fault({
  about: 'Only the first bytes of the packet are passed on; what comes behind them goes on.',
  example: 'proxy.truncate: { PUBREC: {}, from: broker, keep: 3, cut: fin }',
  own: { keep: may(size, 'How many bytes pass. Default all but the last.') },
  deed: ({ keep }) => ({ kind: 'truncate', ...(keep === undefined ? {} : { keep }) }),
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
    size,
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
  actors: proxy,
  kind: 'stimulus',
  about:
    'Ends one side or both without DISCONNECT: at once; or after so many bytes of one side; or, with a packet, within it. The latter two wait for their moment, as every fault of a proxy.',
  example: 'proxy.cut: { how: rst, side: both, after: 3, PUBREC: {}, from: broker }',
  value: byShape<CutForm>({
    scalar: mapped(how, how => ({ cut: { how, side: 'both' as const } })),
    map: cutMap,
  }),
  body({ cut, after, from, packet }, inner) {
    if (packet) {
      const whose = fromOf(packet.tag, from, inner)
      if (!whose) return undefined
      const deed: ProxyDeed = { kind: 'truncate', ...(after === undefined ? {} : { keep: after }) }
      return {
        verb: 'proxy.fault',
        from: whose,
        packet: packet.packet,
        nth: 1,
        times: 1,
        deed,
        cut,
      }
    }
    if ((after === undefined) !== (from === undefined)) {
      const message = 'without a packet, "after" and "from" stand together or not at all'
      return mistake(inner.context, inner.place, 'MISSING_KEY', message)
    }
    return {
      verb: 'proxy.cut',
      cut,
      ...(after === undefined || from === undefined ? {} : { after: { from, bytes: after } }),
    }
  },
})

const release = verb({
  actors: proxy,
  kind: 'stimulus',
  about: 'Passes on what was held, in its order: of one side, or of both.',
  example: 'proxy.release: broker',
  value: byShape<Side[]>({
    scalar: mapped(side, side => [side]),
    empty: mapped(none, () => ['client', 'broker'] as Side[]),
  }),
  body: from => ({ verb: 'proxy.release', from }),
})

const stalling = (name: 'proxy.stall' | 'proxy.resume', about: string, example: string) =>
  verb({
    actors: proxy,
    kind: 'stimulus',
    about,
    example,
    value: side,
    body: from => ({ verb: name, from }),
  })

const struck = verb({
  actors: proxy,
  kind: 'precondition or check, by whose packet it is',
  about:
    'Waits until every fault that was placed has happened. A packet of the client that does not come is a finding; one of the broker makes the case inconclusive.',
  example: 'proxy.struck:',
  value: record(judgingFields),
  body: judging => ({ verb: 'proxy.struck', judging: judgingOf(judging, 'check') }),
})

const expecting = (as: 'check' | 'given') =>
  verb({
    actors: proxy,
    kind: as === 'check' ? 'check; a packet of the broker is a precondition' : 'precondition',
    about:
      as === 'check'
        ? 'The next packet of that type from that side that passes whole must be as asked; other types are passed over. What the broker behind does not do makes the case inconclusive.'
        : 'As expect, but a miss makes the case inconclusive.',
    example: `proxy.${as === 'check' ? 'expect' : 'await'}: { PUBLISH: { id: $id, dup: true }, from: client }`,
    value: passing({ ...whose, ...judgingFields }),
    body({ tag, packet, extras: { from: said, ...judging } }, inner) {
      const from = fromOf(tag, said, inner)
      if (!from) return undefined
      const wanted = from === 'broker' ? 'given' : as
      return { verb: 'proxy.expect', from, packet, judging: judgingOf(judging, wanted) }
    },
  })

const refuse = verb({
  actors: proxy,
  kind: 'stimulus',
  about: 'The next TCP connections of the client are closed as soon as they open.',
  example: 'proxy.refuse: 2',
  value: byShape<Value>({ scalar: count, empty: mapped(none, () => 1) }),
  body: times => ({ verb: 'refuse', times }),
})

/** What a proxy between a client under test and a broker can do. */
export const proxyVerbs: { [name: string]: Verb } = {
  accept,
  expect: expecting('check'),
  await: expecting('given'),
  struck,
  pass: fault({
    about:
      'The packet is passed on as it came: for the cut behind it, or to wait for it with `struck`.',
    example: 'proxy.pass: { PUBREC: {}, from: broker, cut: fin }',
    own: {},
    deed: () => ({ kind: 'pass' }),
  }),
  lose: fault({
    about: 'The packet is not passed on.',
    example: 'proxy.lose: { PUBREC: {}, from: broker, cut: rst }',
    own: {},
    deed: () => ({ kind: 'lose' }),
  }),
  hold: fault({
    about: 'The packet is kept back until `release`; what comes behind it passes.',
    example: 'proxy.hold: { PUBREC: {}, from: broker }',
    own: {},
    deed: () => ({ kind: 'hold' }),
  }),
  release,
  delay,
  duplicate,
  reorder,
  split: fault({
    about: 'The packet is passed on in writes of one byte each.',
    example: 'proxy.split: { PUBLISH: {}, from: broker }',
    own: {},
    deed: () => ({ kind: 'split' }),
  }),
  truncate,
  cut,
  stall: stalling('proxy.stall', 'Reads nothing more from this side.', 'proxy.stall: client'),
  resume: stalling('proxy.resume', 'Reads from this side again.', 'proxy.resume: client'),
  refuse,
}
