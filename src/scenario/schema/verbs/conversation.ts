import type { Place } from '../../../model/finding.ts'
import type { PacketType } from '../../../model/packet.ts'
import { flag, word } from '../../../model/schema/scalars.ts'
import { mapped, type Schema } from '../../../model/schema/schema.ts'
import { listOf, may, must, record, recordAnd, recordOf } from '../../../model/schema/shapes.ts'
import type { FieldValue, Matcher } from '../../ast.ts'
import { expectation } from '../expected.ts'
import { matcherFields, templateFields, templateOf } from '../fields.ts'
import { judgingFields, judgingOf, type ReadJudging } from '../judging.ts'
import { packetFields, subscription, subscriptionOptions, templates } from '../packets.ts'
import { numberSpec, properties } from '../properties.ts'
import { bytesValue } from '../values.ts'
import { type Verb, verb } from '../verb.ts'

export const session = word('session', ['kept', 'fresh'])
const answers = word('way to answer', ['auto', 'by-hand'])
const none = record({}, 'nothing')

/** `expect: { … }` within a verb: fields of its answer with the keys of judgement among them. */
function answerFields(type: PacketType): Schema<{ fields: Fields; judging: ReadJudging }> {
  return mapped(
    recordAnd(judgingFields, matcherFields(packetFields[type]), `what ${type} must say`),
    ({ own: judging, rest: fields }) => ({ fields, judging }),
  )
}
type Fields = { [name: string]: Matcher }

/** The expectation of a verb that sends a request; without it, a good answer is a precondition. */
function answerOf(
  type: PacketType,
  read: { fields: Fields; judging: ReadJudging } | undefined,
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
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about:
    'Opens a connection, sends CONNECT and takes CONNACK. Keys named as fields of CONNECT replace its defaults.',
  example: 'pub.connect: { session: kept, answers: by-hand, expect: { sessionPresent: true } }',
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
      expect: may(answerFields('CONNACK'), 'What CONNACK must say; else code 0 is a precondition.'),
    },
    templateFields(packetFields.CONNECT),
  ),
  body: ({ own: { session = 'fresh', answers = 'auto', expect }, rest: fields }, { place }) => ({
    verb: 'connect',
    session,
    answers,
    fields,
    ...answerOf('CONNACK', expect, place),
  }),
})

const open = verb({
  actors: ['client'],
  kind: 'precondition',
  about: 'Opens a connection and sends nothing: what follows is up to send and bytes.',
  example: 'pub.open:',
  value: none,
  body: () => ({ verb: 'open' }),
})

const accept = verb({
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
    verb: 'accept',
    answers,
    silent,
    fields,
    ...answerOf('CONNECT', expect, place),
  }),
})

const disconnect = verb({
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'Sends DISCONNECT and closes the connection.',
  example: 'pub.disconnect: { code: 4 }',
  value: recordOf(templateFields(packetFields.DISCONNECT)),
  body: fields => ({ verb: 'disconnect', fields }),
})

const requestFields = {
  id: may(templateOf(numberSpec(65_535, 'Packet Identifier.')), 'Packet Identifier.'),
  properties: may(templateOf(properties), 'Properties of 5.0.'),
}

const subscribe = verb({
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about: 'Sends SUBSCRIBE and takes SUBACK: one filter with its options, or several in `filters`.',
  example: 'sub.subscribe: { filter: $topic, qos: 2, expect: { codes: [2] } }',
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
    return { verb: 'subscribe', subscriptions, fields, ...answerOf('SUBACK', expect, place) }
  },
})

const unsubscribe = verb({
  actors: ['client'],
  kind: 'precondition; with `expect` a check',
  about: 'Sends UNSUBSCRIBE and takes UNSUBACK.',
  example: 'sub.unsubscribe: { filter: $topic }',
  value: record({
    filter: may(bytesValue, 'A single Topic Filter.'),
    filters: may(listOf(bytesValue), 'Several Topic Filters.'),
    ...requestFields,
    expect: may(answerFields('UNSUBACK'), 'What UNSUBACK must say.'),
  }),
  body({ filter, filters, expect, ...fields }, { place, context }) {
    const all = oneOfBoth(filter === undefined ? undefined : [filter], filters)
    if (!all) return missingFilter(context, place)
    return { verb: 'unsubscribe', filters: all, fields, ...answerOf('UNSUBACK', expect, place) }
  },
})

function oneOfBoth<T>(one: T[] | undefined, other: T[] | undefined): T[] | undefined {
  return one && other ? undefined : (one ?? other)
}

function missingFilter(context: Parameters<Verb['read']>[1], place: Place): undefined {
  context.report({
    code: 'MISSING_KEY',
    message: 'expected either "filter" or "filters"',
    span: { ...place, length: 1 },
  })
}

const publish = verb({
  actors: ['client', 'broker'],
  kind: 'precondition',
  about:
    'Sends PUBLISH and follows its exchange to the end by itself; the step ends with the last acknowledgement.',
  example: 'pub.publish: { topic: $topic, qos: 2, payload: once }',
  value: recordAnd(
    { topic: must(bytesValue, 'Topic Name.'), ...judgingFields },
    templateFields(packetFields.PUBLISH),
  ),
  body: ({ own: { topic, ...judging }, rest: fields }, { place }) => ({
    verb: 'publish',
    packet: { type: 'PUBLISH', fields: { topic, ...fields }, place },
    judging: judgingOf(judging, 'given'),
  }),
})

const receive = verb({
  actors: ['client', 'broker'],
  kind: 'check',
  about: 'Waits for a PUBLISH that matches and completes its exchange.',
  example: 'sub.receive: { payload: once }',
  value: answerFields('PUBLISH'),
  body: ({ fields, judging }, { place }) => ({
    verb: 'receive',
    packet: { type: 'PUBLISH', fields, place },
    judging: judgingOf(judging, 'check'),
  }),
})

const send = verb({
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'Sends one packet, or several in their order. Any field may be wrong on purpose.',
  example: 'pub.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, dup: true, payload: once } }',
  value: templates,
  body: packets => ({ verb: 'send', packets }),
})

const expect = verb({
  actors: ['client', 'broker'],
  kind: 'check',
  about:
    'The next relevant packet must be this one, or the connection must be closed. `oneOf` allows several.',
  example: 'pub.expect: { oneOf: [{ PUBREC: { id: 7 } }, closed], level: should }',
  value: expectation,
  body: ({ expected, judging }) => ({
    verb: 'expect',
    expected,
    judging: judgingOf(judging, 'check'),
  }),
})

const awaits = verb({
  actors: ['client', 'broker'],
  kind: 'precondition',
  about: 'As expect, but a miss makes the case inconclusive.',
  example: 'sub.await: { PUBLISH: { id: $id, payload: once } }',
  value: expectation,
  body: ({ expected, judging }) => ({
    verb: 'expect',
    expected,
    judging: judgingOf(judging, 'given'),
  }),
})

const ping = verb({
  actors: ['client'],
  kind: 'check',
  about: 'Sends PINGREQ and takes PINGRESP: the target has read all we sent before.',
  example: 'pub.ping:',
  value: record(judgingFields),
  body: judging => ({ verb: 'ping', judging: judgingOf(judging, 'check') }),
})

const answersVerb = verb({
  actors: ['client', 'broker'],
  kind: 'stimulus',
  about: 'From here on it answers by itself (auto), or only what the scenario sends (by-hand).',
  example: 'sub.answers: by-hand',
  value: answers,
  body: answers => ({ verb: 'answers', answers }),
})

/** What a fake client or fake broker can do when nothing is lost. */
export const conversationVerbs: { [name: string]: Verb } = {
  connect,
  open,
  accept,
  disconnect,
  subscribe,
  unsubscribe,
  publish,
  receive,
  send,
  expect,
  await: awaits,
  ping,
  answers: answersVerb,
}
