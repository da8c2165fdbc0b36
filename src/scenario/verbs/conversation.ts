import type { Place } from '../../model/finding.ts'
import { framings } from '../../model/framing.ts'
import type { PacketType } from '../../model/packet.ts'
import { flag, hexBytes, integer, word } from '../../model/schema/scalars.ts'
import { type Context, mapped, type Schema } from '../../model/schema/schema.ts'
import {
  byShape,
  listOf,
  may,
  must,
  record,
  recordAnd,
  recordOf,
} from '../../model/schema/shapes.ts'
import { type Version, versions } from '../../model/version.ts'
import { expectation, expectedPacket } from '../schema/expected.ts'
import { matcherFields, templateFields, templateOf } from '../schema/fields.ts'
import { judgingFields, judgingOf, type ReadJudging } from '../schema/judging.ts'
import { packetFields, subscription, subscriptionOptions, templates } from '../schema/packets.ts'
import { numberSpec, properties } from '../schema/properties.ts'
import { withNumericKeys } from '../schema/statements.ts'
import { bytesValue, value } from '../schema/values.ts'
import type {
  Answers,
  Expected,
  FieldValue,
  Judging,
  Matcher,
  PacketMatcher,
  PacketTemplate,
  SessionWish,
  Value,
} from '../step-parts.ts'
import {
  delivers,
  judged,
  never,
  nothing,
  one,
  present,
  type StepKinds,
  valuesOf,
  verb,
} from './step-kind.ts'

type Fields = { [name: string]: FieldValue }
type Authenticating = 'right' | 'wrong'
type Answered = {
  /** Asked of the answer; without it a good answer is a precondition. */
  expect?: Expected & { kind: 'packet' }
  judging: Judging
}

/** What a fake client or fake broker can do when nothing is lost. */
export type ConversationBodies = {
  /** `fields` are those of CONNECT that replace the defaults. */
  connect: Answered & {
    session: SessionWish
    answers: Answers
    /** Enhanced authentication as the profile says, or with a wrong answer; without it CONNECT names no method. */
    auth?: Authenticating
    /** CONNACK is left to a later step. */
    unanswered?: true
    fields: Fields
  }
  /** Fake client: opens a connection and sends nothing, not even CONNECT. */
  open: object
  /**
   * Fake broker: waits for the next connection and its CONNECT, answers CONNACK with `fields`. `silent`: no CONNACK is sent, a later
   * `send` does it.
   */
  accept: Answered & { answers: Answers; fields: Fields; silent: boolean }
  /** Fake client: begins a re-authentication by AUTH, and answers what the broker asks. */
  reauthenticate: { auth: Authenticating; properties: Fields }
  disconnect: { fields: Fields }
  subscribe: Answered & { subscriptions: FieldValue[]; fields: Fields }
  unsubscribe: Answered & { filters: FieldValue[]; fields: Fields }
  /** Sends a PUBLISH and follows its exchange to the end by itself; the step ends with the last acknowledgement. */
  publish: { packet: PacketTemplate; judging: Judging }
  /** Waits for a PUBLISH that matches and completes its exchange. */
  receive: { packet: PacketMatcher; judging: Judging }
  send: { packets: PacketTemplate[] }
  /** The same bytes in every version, or those of each. */
  bytes: { bytes: Uint8Array | { [V in Version]?: Uint8Array } }
  expect: { expected: Expected; judging: Judging }
  /** As `expect`, then acts as if the packet had not come. */
  lose: { packet: PacketMatcher; judging: Judging }
  ping: { judging: Judging }
  answers: { answers: Answers }
  /** WebSocket: how what is written from here on lies in frames. */
  frames: { framing: Value }
  /** Fake broker or proxy: the next TCP connections, or all for so long, are closed as soon as they open. */
  refuse: { times: Value } | { ms: Value }
}

export const session = word('session', ['kept', 'fresh'])
const answers = word('way to answer', ['auto', 'by-hand'])
const authenticating = word('way to authenticate', ['right', 'wrong'])
const none = record({}, 'nothing')

/** `expect: { … }` within a verb: fields of its answer with the keys of judgement among them. */
function answerFields(type: PacketType): Schema<{ fields: Matchers; judging: ReadJudging }> {
  return mapped(
    recordAnd(judgingFields, matcherFields(packetFields[type]), `what ${type} must say`),
    ({ own: judging, rest: fields }) => ({ fields, judging }),
  )
}
type Matchers = { [name: string]: Matcher }

/** The expectation of a verb that sends a request; without it, a good answer is a precondition. */
function answerOf(
  type: PacketType,
  read: { fields: Matchers; judging: ReadJudging } | undefined,
  place: Place,
) {
  if (!read) return { judging: judgingOf({}, 'given') }
  const packet = { type, fields: read.fields, place }
  return {
    expect: { kind: 'packet' as const, packet },
    judging: judgingOf(read.judging, 'check'),
  }
}

const connect = verb({
  name: 'connect',
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about:
    'Opens a connection, sends CONNECT and takes CONNACK. Keys named as fields of CONNECT replace its defaults.',
  example:
    'publisher.connect: { session: kept, answers: by-hand, expect: { sessionPresent: true } }',
  value: recordAnd(
    {
      session: may(
        session,
        'kept: the session outlives the connection, in every version. Default fresh.',
      ),
      answers: may(
        answers,
        'Whether it answers PUBLISH, PUBREC and PUBREL by itself. Default auto.',
      ),
      auth: may(
        authenticating,
        'Authenticates by AUTH as the profile says: right, or wrong in its last answer.',
      ),
      wait: may(flag(), 'false: takes no CONNACK; a later expect does. Default true.'),
      expect: may(answerFields('CONNACK'), 'What CONNACK must say; else code 0 is a precondition.'),
    },
    templateFields(packetFields.CONNECT),
  ),
  body: (
    { own: { session = 'fresh', answers = 'auto', auth, wait = true, expect }, rest: fields },
    { place },
  ) => ({
    verb: 'connect' as const,
    session,
    answers,
    ...(auth === undefined ? {} : { auth }),
    ...(wait ? {} : { unanswered: true as const }),
    fields,
    ...answerOf('CONNACK', expect, place),
  }),
})

const open = verb({
  name: 'open',
  actors: ['client'],
  kind: 'precondition',
  about: 'Opens a connection and sends nothing: what follows is up to send and bytes.',
  example: 'publisher.open:',
  value: none,
  body: () => ({ verb: 'open' as const }),
})

const accept = verb({
  name: 'accept',
  actors: ['broker'],
  kind: 'precondition; with `expect` a check',
  about:
    'Waits for the next connection of the client under test and its CONNECT, and answers CONNACK. Keys named as fields of CONNACK replace its defaults.',
  example: 'broker.accept: { sessionPresent: true, answers: by-hand, expect: { clean: false } }',
  value: recordAnd(
    {
      answers: may(
        answers,
        'Whether it answers PUBLISH, PUBREC and PUBREL by itself. Default auto.',
      ),
      silent: may(flag(), 'true: sends no CONNACK; a later send does.'),
      expect: may(answerFields('CONNECT'), 'What CONNECT must say.'),
    },
    templateFields(packetFields.CONNACK),
  ),
  body: ({ own: { answers = 'auto', silent = false, expect }, rest: fields }, { place }) => ({
    verb: 'accept' as const,
    answers,
    silent,
    fields,
    ...answerOf('CONNECT', expect, place),
  }),
})

const reauthenticate = verb({
  name: 'reauthenticate',
  actors: ['client'],
  kind: 'stimulus',
  about:
    'Begins a re-authentication of 5.0 by AUTH, as the profile says or wrong in its last answer, and answers what the broker asks.',
  example: 'publisher.reauthenticate: { auth: right }',
  value: record(
    {
      auth: may(authenticating, 'right or wrong. Default right.'),
      properties: may(templateOf(properties), 'Properties of that AUTH besides its own.'),
    },
    'nothing, or how',
  ),
  body: ({ auth = 'right', ...fields }) => ({
    verb: 'reauthenticate' as const,
    auth,
    properties: fields,
  }),
})

const disconnect = verb({
  name: 'disconnect',
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'Sends DISCONNECT and closes the connection.',
  example: 'publisher.disconnect: { code: 4 }',
  value: recordOf(templateFields(packetFields.DISCONNECT)),
  body: fields => ({ verb: 'disconnect' as const, fields }),
})

const requestFields = {
  id: may(templateOf(numberSpec(65_535, 'Packet Identifier.')), 'Packet Identifier.'),
  properties: may(templateOf(properties), 'Properties of 5.0.'),
}

const subscribe = verb({
  name: 'subscribe',
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about: 'Sends SUBSCRIBE and takes SUBACK: one filter with its options, or several in `filters`.',
  example: 'subscriber.subscribe: { filter: $topic, qos: 2, expect: { codes: [2] } }',
  value: recordAnd(
    {
      filter: may(bytesValue, 'A single Topic Filter; its options stand beside it.'),
      filters: may(listOf(templateOf(subscription)), 'Several filters, each with its options.'),
      ...requestFields,
      expect: may(
        answerFields('SUBACK'),
        'What SUBACK must say; else no code ≥ 0x80 is a precondition.',
      ),
    },
    templateFields(subscriptionOptions),
  ),
  body({ own: { filter, filters, expect, ...fields }, rest: options }, { place, context }) {
    const single: FieldValue[] | undefined =
      filter === undefined ? undefined : [{ kind: 'map', map: { filter, ...options } }]
    const subscriptions = oneOfBoth(single, filters)
    if (!subscriptions) return missingFilter(context, place)
    return {
      verb: 'subscribe' as const,
      subscriptions,
      fields,
      ...answerOf('SUBACK', expect, place),
    }
  },
})

const unsubscribe = verb({
  name: 'unsubscribe',
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about: 'Sends UNSUBSCRIBE and takes UNSUBACK.',
  example: 'subscriber.unsubscribe: { filter: $topic }',
  value: record({
    filter: may(bytesValue, 'A single Topic Filter.'),
    filters: may(listOf(bytesValue), 'Several Topic Filters.'),
    ...requestFields,
    expect: may(answerFields('UNSUBACK'), 'What UNSUBACK must say.'),
  }),
  body({ filter, filters, expect, ...fields }, { place, context }) {
    const all = oneOfBoth(filter === undefined ? undefined : [filter], filters)
    if (!all) return missingFilter(context, place)
    return {
      verb: 'unsubscribe' as const,
      filters: all,
      fields,
      ...answerOf('UNSUBACK', expect, place),
    }
  },
})

function oneOfBoth<T>(one: T[] | undefined, other: T[] | undefined): T[] | undefined {
  return one && other ? undefined : (one ?? other)
}

function missingFilter(context: Context, place: Place): undefined {
  context.report({
    code: 'MISSING_KEY',
    message: 'expected either "filter" or "filters"',
    span: { ...place, length: 1 },
  })
}

const publish = verb({
  name: 'publish',
  actors: ['client', 'broker'],
  kind: 'precondition',
  about:
    'Sends PUBLISH and follows its exchange to the end by itself; the step ends with the last acknowledgement.',
  example: 'publisher.publish: { topic: $topic, qos: 2, payload: once }',
  value: recordAnd(
    { topic: must(bytesValue, 'Topic Name.'), ...judgingFields },
    templateFields(packetFields.PUBLISH),
  ),
  body: ({ own: { topic, ...judging }, rest: fields }, { place }) => ({
    verb: 'publish' as const,
    packet: { type: 'PUBLISH' as const, fields: { topic, ...fields }, place },
    judging: judgingOf(judging, 'given'),
  }),
})

const receive = verb({
  name: 'receive',
  actors: ['client', 'broker'],
  kind: 'check',
  about: 'Waits for a PUBLISH that matches and completes its exchange.',
  example: 'subscriber.receive: { payload: once }',
  value: answerFields('PUBLISH'),
  body: ({ fields, judging }, { place }) => ({
    verb: 'receive' as const,
    packet: { type: 'PUBLISH' as const, fields, place },
    judging: judgingOf(judging, 'check'),
  }),
})

const send = verb({
  name: 'send',
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'Sends one packet, or several in their order. Any field may be wrong on purpose.',
  example:
    'publisher.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, dup: true, payload: once } }',
  value: templates,
  body: packets => ({ verb: 'send' as const, packets }),
})

const expect = verb({
  name: 'expect',
  actors: ['client', 'broker'],
  kind: 'check',
  about:
    'The next relevant packet must be this one, or the connection must be closed. `oneOf` allows several.',
  example: 'publisher.expect: { oneOf: [{ PUBREC: { id: 7 } }, closed], level: should }',
  value: expectation,
  body: ({ expected, judging }) => ({
    verb: 'expect' as const,
    expected,
    judging: judgingOf(judging, 'check'),
  }),
})

const awaits = verb({
  name: 'await',
  actors: ['client', 'broker'],
  kind: 'precondition',
  about: 'As expect, but a miss makes the case inconclusive.',
  example: 'subscriber.await: { PUBLISH: { id: $id, payload: once } }',
  value: expectation,
  body: ({ expected, judging }) => ({
    verb: 'expect' as const,
    expected,
    judging: judgingOf(judging, 'given'),
  }),
})

const ping = verb({
  name: 'ping',
  actors: ['client'],
  kind: 'check',
  about: 'Sends PINGREQ and takes PINGRESP: the target has read all we sent before.',
  example: 'publisher.ping:',
  value: record(judgingFields),
  body: judging => ({ verb: 'ping' as const, judging: judgingOf(judging, 'check') }),
})

const answersVerb = verb({
  name: 'answers',
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'From here on it answers by itself (auto), or only what the scenario sends (by-hand).',
  example: 'subscriber.answers: by-hand',
  value: answers,
  body: answers => ({ verb: 'answers' as const, answers }),
})

const frames = verb({
  name: 'frames',
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: `On a WebSocket, how what it writes from here on lies in frames. ${framingsInWords()}. A case with it is skipped over anything else.`,
  example: 'publisher.frames: byte-by-byte',
  value: value(word('way to frame', Object.keys(framings))),
  body: framing => ({ verb: 'frames' as const, framing }),
})

function framingsInWords(): string {
  return Object.entries(framings)
    .map(([name, says]) => `${name}: ${says[0]?.toLowerCase()}${says.slice(1)}`)
    .join('; ')
}

const bytesByVersion = withNumericKeys(
  recordOf(
    Object.fromEntries(
      versions.map(version => [version, may(hexBytes(), `The bytes in MQTT ${version}.`)]),
    ),
    'bytes for each version',
  ),
)

const bytes = verb({
  name: 'bytes',
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'Sends raw bytes: the same in every version, or those of each.',
  example:
    'publisher.bytes: { 3.1.1: "82 06 00 07 00 01 66 03", 5.0: "82 07 00 07 00 00 01 66 03" }',
  value: byShape<Uint8Array | { [V in Version]?: Uint8Array }>({
    scalar: hexBytes(),
    map: bytesByVersion,
  }),
  body: bytes => ({ verb: 'bytes' as const, bytes }),
})

const lose = verb({
  name: 'lose',
  actors: ['client', 'broker'],
  kind: 'check',
  about: 'As expect, and then we act as if the packet had not come.',
  example: 'publisher.lose: { PUBREC: { id: 7 } }',
  value: expectedPacket,
  body: ({ packet, judging }) => ({
    verb: 'lose' as const,
    packet,
    judging: judgingOf(judging, 'check'),
  }),
})

const refusals = byShape<{ times: Value } | { ms: Value }>({
  scalar: mapped(value(integer(1, 65_535)), times => ({ times })),
  map: record(
    { ms: must(value(integer(1, 60_000, 'ms')), 'All that open within so many ms.') },
    '{ ms: … }',
  ),
  empty: mapped(none, () => ({ times: 1 })),
})
const refuse = verb({
  name: 'refuse',
  actors: ['broker'],
  kind: 'stimulus',
  about:
    'The next TCP connections are closed as soon as they open: so many of them, or all for so long.',
  example: 'broker.refuse: { ms: 200 }',
  value: refusals,
  body: how => ({ verb: 'refuse' as const, ...how }),
})
const refuseAtProxy = verb({
  name: 'refuse',
  actors: ['proxy'],
  kind: 'stimulus',
  about:
    'The next TCP connections of the client are closed as soon as they open: so many of them, or all for so long.',
  example: 'proxy.refuse: 2',
  value: refusals,
  body: how => ({ verb: 'refuse' as const, ...how }),
})

/** Its answer, if the step asks something of it. */
const answerTo = ({ expect }: Answered) => present(expect)

export const conversationKinds: StepKinds<ConversationBodies> = {
  connect: {
    written: [connect],
    values: ({ fields }) => Object.values(fields),
    matches: answerTo,
    connection: 'opens',
    checks: judged,
    setsOff: never,
    needs: ({ auth }) => (auth === undefined ? [] : ['enhanced-auth']),
  },
  open: {
    written: [open],
    values: nothing,
    matches: nothing,
    connection: 'opens',
    checks: never,
    setsOff: never,
  },
  accept: {
    written: [accept],
    values: ({ fields }) => Object.values(fields),
    matches: answerTo,
    connection: 'opens',
    checks: judged,
    setsOff: never,
  },
  reauthenticate: {
    written: [reauthenticate],
    values: ({ properties }) => Object.values(properties),
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
    needs: () => ['enhanced-auth'],
  },
  disconnect: {
    written: [disconnect],
    values: ({ fields }) => Object.values(fields),
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  subscribe: {
    written: [subscribe],
    values: ({ subscriptions, fields }) => [...subscriptions, ...Object.values(fields)],
    matches: answerTo,
    connection: 'needs',
    checks: judged,
    setsOff: never,
  },
  unsubscribe: {
    written: [unsubscribe],
    values: ({ filters, fields }) => [...filters, ...Object.values(fields)],
    matches: answerTo,
    connection: 'needs',
    checks: judged,
    setsOff: never,
  },
  publish: {
    written: [publish],
    values: ({ packet }) => valuesOf(packet),
    matches: nothing,
    connection: 'needs',
    checks: judged,
    setsOff: () => true,
  },
  receive: {
    written: [receive],
    values: nothing,
    matches: ({ packet }) => [one(packet)],
    connection: 'needs',
    checks: judged,
    setsOff: never,
    expects: ({ packet, judging }) => ({
      kind: 'next',
      expected: one(packet),
      judging,
      lose: false,
    }),
  },
  send: {
    written: [send],
    values: ({ packets }) => packets.flatMap(valuesOf),
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: ({ packets }) => packets.some(delivers),
  },
  bytes: {
    written: [bytes],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  expect: {
    written: [expect, awaits],
    values: nothing,
    matches: ({ expected }) => [expected],
    connection: 'needs',
    checks: judged,
    setsOff: never,
    expects: ({ expected, judging }) => ({ kind: 'next', expected, judging, lose: false }),
  },
  lose: {
    written: [lose],
    values: nothing,
    matches: ({ packet }) => [one(packet)],
    connection: 'needs',
    checks: judged,
    setsOff: never,
    expects: ({ packet, judging }) => ({
      kind: 'next',
      expected: one(packet),
      judging,
      lose: true,
    }),
  },
  ping: {
    written: [ping],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: judged,
    setsOff: never,
  },
  frames: {
    written: [frames],
    values: ({ framing }) => [framing],
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  answers: {
    written: [answersVerb],
    values: nothing,
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
  refuse: {
    written: [refuse, refuseAtProxy],
    values: body => ['times' in body ? body.times : body.ms],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
  },
}
