import { hexBytes, integer, word } from '../../../model/schema/scalars.ts'
import { mapped, type Schema } from '../../../model/schema/schema.ts'
import { byShape, listOf, may, must, record } from '../../../model/schema/shapes.ts'
import type { PacketTemplate, StepBody, Value } from '../../ast.ts'
import { expectedPacket, packetTypeNames } from '../expected.ts'
import { judgingOf } from '../judging.ts'
import { template, templates, templateWith } from '../packets.ts'
import { value } from '../values.ts'
import { type Verb, verb } from '../verb.ts'

const peers = ['client', 'broker'] as const
const none = record({}, 'nothing')
const count = value(integer(1, 65_535))
const size = value(integer(0, 268_435_460))

const lose = verb({
  actors: peers,
  kind: 'check',
  about: 'As expect, and then we act as if the packet had not come.',
  example: 'pub.lose: { PUBREC: { id: 7 } }',
  value: expectedPacket,
  body: ({ packet, judging }) => ({ verb: 'lose', packet, judging: judgingOf(judging, 'check') }),
})

const hold = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Keeps back our automatic answers of these kinds until `release`.',
  example: 'sub.hold: PUBREC',
  value: packetTypeNames('automatic answer'),
  body: packets => ({ verb: 'hold', packets }),
})

const release = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends the answers held, in their order, and holds no more of these kinds.',
  example: 'sub.release: PUBREC',
  value: packetTypeNames('automatic answer'),
  body: packets => ({ verb: 'release', packets }),
})

const delay = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends our automatic answers of these kinds later.',
  example: 'sub.delay: { packets: [PUBREC, PUBCOMP], ms: 50 }',
  value: record({
    packets: must(packetTypeNames('automatic answer'), 'The kinds of answer.'),
    ms: must(value(integer(1, 60_000, 'ms')), 'By how much, in ms.'),
  }),
  body: ({ packets, ms }) => ({ verb: 'delay', packets, delayMs: ms }),
})

const duplicate = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends the same packet several times.',
  example: 'pub.duplicate: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, times: 3 }',
  value: templateWith({ times: may(count, 'How often in all. Default 2.') }),
  body: ({ packet, extras }) => ({ verb: 'duplicate', packet, times: extras.times ?? 2 }),
})

const reorderForm = record({
  packets: must(listOf(template, { min: 2 }), 'The packets in their right order.'),
  order: may(
    listOf(integer(1, 1000)),
    'The order in which they go out; 1 is the first. Default reverse.',
  ),
})
type Reorder = { packets: PacketTemplate[]; order?: number[] }

const reorder = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends packets in another order: a list goes out in reverse.',
  example: 'pub.reorder: [{ PUBREL: { id: 7 } }, { PUBREL: { id: 8 } }]',
  value: byShape<Reorder>({
    list: mapped(listOf(template, { min: 2 }), packets => ({ packets })),
    map: reorderForm,
  }),
  body({ packets, order }, { context, place }) {
    const bad = order?.find(at => at > packets.length)
    if (bad !== undefined) {
      const message = `expected a place from 1 to ${packets.length}, got ${bad}`
      context.report({ code: 'OUT_OF_RANGE', message, span: { ...place, length: 1 } })
      return undefined
    }
    return { verb: 'reorder', packets, ...(order ? { order } : {}) }
  },
})

const split = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends one packet in several TCP writes.',
  example: 'pub.split: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, at: every }',
  value: templateWith({
    at: must(
      byShape<number[] | 'every'>({
        scalar: {
          ...word('place to split', ['every']),
          title: 'every, or a list of offsets in bytes',
        },
        list: listOf(integer(1, 268_435_455), { min: 1 }),
      }),
      'Offsets in bytes at which a new write begins, or every.',
    ),
  }),
  body: ({ packet, extras }) => ({ verb: 'split', packet, at: extras.at }),
})

const coalesce = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends several packets in one TCP write.',
  example: 'pub.coalesce: [{ PUBREL: { id: 7 } }, { PUBREL: { id: 8 } }]',
  value: templates,
  body: packets => ({ verb: 'coalesce', packets }),
})

const truncate = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends only the first bytes of a packet.',
  example: 'pub.truncate: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, drop: 1 }',
  value: templateWith({
    keep: may(size, 'How many bytes are sent.'),
    drop: may(size, 'How many bytes at the end are not sent. Default 1.'),
  }),
  body({ packet, extras: { keep, drop } }, { context, place }) {
    if (keep !== undefined && drop !== undefined) {
      const message = '"keep" and "drop" cannot stand here together'
      context.report({ code: 'UNKNOWN_KEY', message, span: { ...place, length: 1 } })
      return undefined
    }
    if (keep !== undefined) return { verb: 'truncate', packet, keep }
    return { verb: 'truncate', packet, drop: drop ?? 1 }
  },
})

const how = value(word('way to cut', ['fin', 'rst', 'mid-packet'], 'UNKNOWN_FAULT'))
const cutExtras = {
  how: may(how, 'fin, rst or mid-packet. Default fin.'),
  after: may(size, 'How many bytes of the packet go out before. Default: all but the last.'),
}
const cutAlone = record({ how: must(how, 'fin, rst or mid-packet.') })
const cutWithin = templateWith(cutExtras)
type Cut = { how: Value; after?: Value; packet?: PacketTemplate }

const cutForm: Schema<Cut> = {
  title: 'fin, rst, mid-packet, or a map with how, after and a packet',
  keys: cutExtras,
  read(node, context) {
    const entries = node.kind === 'map' ? node.entries : []
    if (entries.length === 1 && entries[0]!.key === 'how') return cutAlone.read(node, context)
    const read = cutWithin.read(node, context)
    return read && { how: 'fin', ...read.extras, packet: read.packet }
  },
  json: defs => ({ anyOf: [cutAlone.json(defs), cutWithin.json(defs)] }),
}

const cut = verb({
  actors: peers,
  kind: 'stimulus',
  about:
    'Ends the connection without DISCONNECT: by FIN, by RST, or mid-packet (FIN behind the first byte of a PINGREQ); with a packet, after so many of its bytes.',
  example:
    'pub.cut: { how: rst, after: 3, PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once } }',
  value: byShape<Cut>({ scalar: mapped(how, how => ({ how })), map: cutForm }),
  body: ({ how, after, packet }) => ({
    verb: 'cut',
    how,
    ...(packet ? { packet } : {}),
    ...(after === undefined ? {} : { after }),
  }),
})

const bytes = verb({
  actors: peers,
  kind: 'stimulus',
  about: 'Sends raw bytes.',
  example: 'pub.bytes: "30 02 00 00"',
  value: hexBytes(),
  body: bytes => ({ verb: 'bytes', bytes }),
})

const plain = (about: string, example: string, body: StepBody): Verb =>
  verb({ actors: peers, kind: 'stimulus', about, example, value: none, body: () => body })

const refuse = verb({
  actors: ['broker'],
  kind: 'stimulus',
  about: 'The next TCP connections are closed as soon as they open.',
  example: 'broker.refuse: 2',
  value: byShape<Value>({ scalar: count, empty: mapped(none, () => 1) }),
  body: times => ({ verb: 'refuse', times }),
})

/** How a fake client or fake broker loses, breaks and disturbs. */
export const lossVerbs: { [name: string]: Verb } = {
  lose,
  hold,
  release,
  delay,
  duplicate,
  reorder,
  split,
  coalesce,
  truncate,
  cut,
  bytes,
  stall: plain('Stops reading from the connection.', 'sub.stall:', { verb: 'stall' }),
  resume: plain('Reads from the connection again.', 'sub.resume:', { verb: 'resume' }),
  refuse,
}
