import type { AnswerForm, FaultKindOf, ListForm, SentForm } from '../../faults/fault.ts'
import { anyFault, type Fault, type PeerFault } from '../../faults/index.ts'
import type { PacketType } from '../../model/packet.ts'
import { word } from '../../model/schema/scalars.ts'
import { mapped, type Schema } from '../../model/schema/schema.ts'
import { byShape, listOf, may, must, oneOrMany, record } from '../../model/schema/shapes.ts'
import { packetTypeNames } from '../schema/expected.ts'
import { keyFields } from '../schema/fault-keys.ts'
import { template, templateWith } from '../schema/packets.ts'
import { sizeInBytes, value } from '../schema/values.ts'
import type { FieldValue, PacketTemplate, Value } from '../step-parts.ts'
import {
  delivers,
  type Inner,
  never,
  nothing,
  type StepKinds,
  type Verb,
  valuesOf,
  verb,
} from './step-kind.ts'

/** Values of the keys of a fault. */
export type Told = { [key: string]: FieldValue }

/** How a fake client or fake broker loses, breaks and disturbs. What a fault does to bytes stands in `src/faults`. */
export type FaultBodies = {
  /** One packet is sent, and the fault done to it. */
  'packet-fault': { fault: PeerFault; packet: PacketTemplate; told: Told }
  'packets-fault': { fault: PeerFault; packets: PacketTemplate[]; told: Told }
  /** From here on it is done to our automatic answers of these kinds. */
  'answers-fault': { fault: PeerFault; packets: PacketType[]; told: Told }
  release: { packets: PacketType[] }
  /** `how` is fin, rst, mid-packet, or a matrix variable. With `packet`, its first `after` bytes go out before. */
  cut: { how: Value; packet?: PacketTemplate; after?: Value }
  stall: object
  resume: object
}

const peers = ['client', 'broker'] as const
const none = record({}, 'nothing')
type Form = NonNullable<FaultKindOf<Fault>['peer']>
type Bodies<V extends keyof FaultBodies> = { verb: V } & FaultBodies[V]

/** A verb of each fault that has a form of this kind. */
function verbsOf<F extends Form, B>(
  on: F['on'],
  verbOf: (fault: PeerFault, form: F) => Verb<B>,
): [Verb<B>, ...Verb<B>[]] {
  const all = Object.values(anyFault).flatMap(({ kind, peer }) =>
    peer?.on === on ? [verbOf(kind as PeerFault, peer as F)] : [],
  )
  return all as [Verb<B>, ...Verb<B>[]]
}

function mistaken({ mistake }: Form, told: Told, packets: number, inner: Inner): boolean {
  const wrong = mistake?.(told, packets)
  if (wrong) inner.context.report({ ...wrong, span: { ...inner.place, length: 1 } })
  return wrong !== undefined
}

const toPacket = verbsOf('packet', (fault, form: SentForm<Fault>) =>
  verb({
    name: fault,
    actors: peers,
    kind: 'stimulus',
    about: form.about,
    example: form.example,
    value: templateWith(keyFields(form.keys)),
    body({ packet, extras }, inner): Bodies<'packet-fault'> | undefined {
      const told = extras as Told
      if (mistaken(form, told, 1, inner)) return undefined
      return { verb: 'packet-fault', fault, packet, told }
    },
  }),
)

type Listed = { packets: PacketTemplate[]; told: Told }

/** A list; where the fault has keys, or a map with the list and them. */
function listSchema({ keys, packetsMin }: ListForm<Fault>): Schema<Listed> {
  if (Object.keys(keys).length === 0) {
    return mapped(oneOrMany(template), packets => ({ packets, told: {} }))
  }
  const list = listOf(template, { min: packetsMin })
  return byShape<Listed>({
    list: mapped(list, packets => ({ packets, told: {} })),
    map: mapped(
      record({ packets: must(list, 'The packets in their right order.'), ...keyFields(keys) }),
      ({ packets, ...told }) => ({ packets, told: told as Told }),
    ),
  })
}

const toPackets = verbsOf('packets', (fault, form: ListForm<Fault>) =>
  verb({
    name: fault,
    actors: peers,
    kind: 'stimulus',
    about: form.about,
    example: form.example,
    value: listSchema(form),
    body({ packets, told }, inner): Bodies<'packets-fault'> | undefined {
      if (mistaken(form, told, packets.length, inner)) return undefined
      return { verb: 'packets-fault', fault, packets, told }
    },
  }),
)

type Answering = { packets: PacketType[]; told: Told }
const answers = packetTypeNames('automatic answer')

function answerSchema({ keys }: AnswerForm<Fault>): Schema<Answering> {
  if (Object.keys(keys).length === 0) return mapped(answers, packets => ({ packets, told: {} }))
  return mapped(
    record({ packets: must(answers, 'The kinds of answer.'), ...keyFields(keys) }),
    ({ packets, ...told }) => ({ packets, told: told as Told }),
  )
}

const toAnswers = verbsOf('answers', (fault, form: AnswerForm<Fault>) =>
  verb({
    name: fault,
    actors: peers,
    kind: 'stimulus',
    about: form.about,
    example: form.example,
    value: answerSchema(form),
    body: ({ packets, told }): Bodies<'answers-fault'> => ({
      verb: 'answers-fault',
      fault,
      packets,
      told,
    }),
  }),
)

const release = verb({
  name: 'release',
  actors: peers,
  kind: 'stimulus',
  about: 'Sends the answers held, in their order, and holds no more of these kinds.',
  example: 'subscriber.release: PUBREC',
  value: answers,
  body: packets => ({ verb: 'release' as const, packets }),
})

const how = value(word('way to cut', ['fin', 'rst', 'mid-packet'], 'UNKNOWN_FAULT'))
const cutExtras = {
  how: may(how, 'fin, rst or mid-packet. Default fin.'),
  after: may(sizeInBytes, 'How many bytes of the packet go out before. Default: all but the last.'),
}
const cutAlone = record({ how: must(how, 'fin, rst or mid-packet.') })
const cutWithin = templateWith(cutExtras)
type Cut = FaultBodies['cut']

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
  name: 'cut',
  actors: peers,
  kind: 'stimulus',
  about:
    'Ends the connection without DISCONNECT: by FIN, by RST, or mid-packet (FIN behind the first byte of a PINGREQ); with a packet, after so many of its bytes.',
  example:
    'publisher.cut: { how: rst, after: 3, PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once } }',
  value: byShape<Cut>({ scalar: mapped(how, how => ({ how })), map: cutForm }),
  body: cut => ({ verb: 'cut' as const, ...cut }),
})

const stall = verb({
  name: 'stall',
  actors: peers,
  kind: 'stimulus',
  about: 'Stops reading from the connection.',
  example: 'subscriber.stall:',
  value: none,
  body: () => ({ verb: 'stall' as const }),
})

const resume = verb({
  name: 'resume',
  actors: peers,
  kind: 'stimulus',
  about: 'Reads from the connection again.',
  example: 'subscriber.resume:',
  value: none,
  body: () => ({ verb: 'resume' as const }),
})

export const faultKinds: StepKinds<FaultBodies> = {
  'packet-fault': {
    written: toPacket,
    values: ({ packet, told }) => [...valuesOf(packet), ...Object.values(told)],
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff({ fault, packet }) {
      const { peer } = anyFault[fault]
      return peer?.on === 'packet' && peer.arrives && delivers(packet)
    },
  },
  'packets-fault': {
    written: toPackets,
    values: ({ packets, told }) => [...packets.flatMap(valuesOf), ...Object.values(told)],
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: ({ packets }) => packets.some(delivers),
  },
  'answers-fault': {
    written: toAnswers,
    values: ({ told }) => Object.values(told),
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  release: {
    written: [release],
    values: nothing,
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  cut: {
    written: [cut],
    values: ({ how, after, packet }) => [how, after ?? 0, ...(packet ? valuesOf(packet) : [])],
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  stall: {
    written: [stall],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  resume: {
    written: [resume],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
}
