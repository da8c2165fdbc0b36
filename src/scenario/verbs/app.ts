import type { Feature } from '../../model/features.ts'
import { flag, integer } from '../../model/schema/scalars.ts'
import { may, must, record, recordAnd, recordOf, tagged } from '../../model/schema/shapes.ts'
import { isToldEvent, toldBy } from '../../model/told.ts'
import { type FieldSpecs, matcherFields, templateFields } from '../schema/fields.ts'
import { judgingFields, judgingOf } from '../schema/judging.ts'
import { subscriptionOptions, will } from '../schema/packets.ts'
import { flagSpec, numberSpec, properties, textSpec } from '../schema/properties.ts'
import { bytesValue } from '../schema/values.ts'
import type { FieldValue, Judging, Matcher } from '../step-parts.ts'
import { session } from './conversation.ts'
import { judged, never, nothing, type StepKinds, verb } from './step-kind.ts'

type Fields = { [name: string]: FieldValue }

/** What the application on a client under test can be told and asked (roles broker and proxy, actors `app`, `app2`, …). */
export type AppBodies = {
  'app.connect': { fields: Fields; wait: boolean; judging: Judging }
  'app.publish': { fields: Fields }
  'app.subscribe': { fields: Fields }
  'app.unsubscribe': { fields: Fields }
  'app.disconnect': { fields: Fields }
  'app.reauthenticate': { fields: Fields }
  /** Connects as before, where the library does not do so by itself. */
  'app.reconnect': object
  'app.ping': object
  'app.expect': { event: string; fields: { [name: string]: Matcher }; judging: Judging }
}

const app = ['app'] as const
const none = record({}, 'nothing')
const tag = textSpec('The name by which `expect` knows its outcome.')

const answers: FieldSpecs[string] = {
  shape: 'list',
  item: textSpec('Authentication Data of an answer.'),
  about:
    'What answers the AUTHs that ask for more, one after the other. Where none is left, the application fails the authentication.',
}

const connectFields: FieldSpecs = {
  clientId: textSpec('Client Identifier. Default: unique to the case.'),
  keepAliveS: numberSpec(65_535, 'Keep Alive in s.'),
  username: textSpec('User Name.'),
  password: textSpec('Password.'),
  will,
  sessionExpiryS: {
    shape: 'scalar',
    scalar: integer(0, 4_294_967_295),
    about: 'Session expiry in s.',
  },
  receiveMaximum: numberSpec(65_535, 'Receive Maximum.'),
  maximumPacketSize: {
    shape: 'scalar',
    scalar: integer(0, 4_294_967_295),
    about: 'Maximum Packet Size in bytes.',
  },
  topicAliasMaximum: numberSpec(65_535, 'Topic Alias Maximum.'),
  auth: {
    shape: 'fields',
    name: 'authentication',
    about: 'Enhanced authentication of 5.0, and what the application says in it.',
    fields: {
      method: textSpec('Authentication Method.'),
      data: textSpec('Authentication Data of CONNECT.'),
      answers,
    },
  },
  properties,
}

const connect = verb({
  name: 'connect',
  actors: app,
  kind: 'stimulus; with `wait` a precondition',
  about: 'Tells the application to connect to our fake broker.',
  example: 'app.connect: { session: kept, keepAliveS: 30 }',
  value: recordAnd(
    {
      session: may(session, 'kept or fresh. Default fresh.'),
      wait: may(flag(), 'true: waits until the application says that it is connected.'),
      ...judgingFields,
    },
    templateFields(connectFields),
  ),
  body: ({ own: { session = 'fresh', wait = false, ...judging }, rest: fields }) => ({
    verb: 'app.connect' as const,
    fields: { session, ...fields },
    wait,
    judging: judgingOf(judging, 'given'),
  }),
})

const publish = verb({
  name: 'publish',
  actors: app,
  kind: 'stimulus',
  about: 'Tells the application to publish. Its completion is an event that `expect` can wait for.',
  example: 'app.publish: { topic: $topic, qos: 2, payload: once, tag: m1 }',
  value: recordAnd(
    { topic: must(bytesValue, 'Topic Name.') },
    templateFields({
      qos: numberSpec(2, 'QoS.'),
      payload: textSpec('Payload: text, { hex } or { size }.'),
      retain: flagSpec('RETAIN.'),
      tag,
      properties,
    }),
  ),
  body: ({ own, rest }) => ({ verb: 'app.publish' as const, fields: { ...own, ...rest } }),
})

const subscribe = verb({
  name: 'subscribe',
  actors: app,
  kind: 'stimulus',
  about: 'Tells the application to subscribe.',
  example: 'app.subscribe: { filter: $topic, qos: 2, tag: s1 }',
  value: recordAnd(
    { filter: must(bytesValue, 'Topic Filter.') },
    templateFields({ ...subscriptionOptions, qos: numberSpec(2, 'QoS.'), tag, properties }),
  ),
  body: ({ own, rest }) => ({ verb: 'app.subscribe' as const, fields: { ...own, ...rest } }),
})

const unsubscribe = verb({
  name: 'unsubscribe',
  actors: app,
  kind: 'stimulus',
  about: 'Tells the application to unsubscribe.',
  example: 'app.unsubscribe: { filter: $topic, tag: u1 }',
  value: recordAnd(
    { filter: must(bytesValue, 'Topic Filter.') },
    templateFields({ tag, properties }),
  ),
  body: ({ own, rest }) => ({ verb: 'app.unsubscribe' as const, fields: { ...own, ...rest } }),
})

const disconnect = verb({
  name: 'disconnect',
  actors: app,
  kind: 'stimulus',
  about: 'Tells the application to disconnect and to stay so.',
  example: 'app.disconnect: { properties: { sessionExpiryInterval: 0 } }',
  value: recordOf(
    templateFields({ code: numberSpec(255, 'Reason code of 5.0.'), properties }),
    'nothing, or code and properties',
  ),
  body: fields => ({ verb: 'app.disconnect' as const, fields }),
})

const reauthenticate = verb({
  name: 'reauthenticate',
  actors: app,
  kind: 'stimulus',
  about:
    'Tells the application to begin a re-authentication of 5.0: AUTH with the method of its CONNECT.',
  example: 'app.reauthenticate: { properties: { authenticationData: again } }',
  value: recordOf(templateFields({ properties, answers }), 'nothing, or properties and answers'),
  body: fields => ({ verb: 'app.reauthenticate' as const, fields }),
})

const reconnect = verb({
  name: 'reconnect',
  actors: app,
  kind: 'stimulus',
  about:
    'After a cut: the application connects again as it did before. Nothing to do where the library reconnects by itself.',
  example: 'app.reconnect:',
  value: none,
  body: () => ({ verb: 'app.reconnect' as const }),
})

const ping = verb({
  name: 'ping',
  actors: app,
  kind: 'precondition',
  about: 'The adapter echoes a nonce: it has told all that happened before.',
  example: 'app.ping:',
  value: none,
  body: () => ({ verb: 'app.ping' as const }),
})

const codes: FieldSpecs[string] = {
  shape: 'list',
  item: numberSpec(255, 'A code.'),
  about: 'One code per filter.',
}
const code = numberSpec(255, 'Return code or reason code.')
const error = textSpec('What went wrong, in the words of the library.')

/** What an application can say, with the fields that each event carries. */
export const appEvents: { [event: string]: FieldSpecs } = {
  connected: { sessionPresent: flagSpec('Session Present, as the application sees it.'), code },
  delivered: {
    topic: textSpec('Topic Name.'),
    payload: textSpec('Payload.'),
    qos: numberSpec(2, 'QoS.'),
    retain: flagSpec('RETAIN.'),
    dup: flagSpec('DUP.'),
    properties,
  },
  published: { tag, id: numberSpec(65_535, 'Packet Identifier.'), code, error },
  subscribed: { tag, codes, error },
  unsubscribed: { tag, codes, error },
  'connect-failed': { error },
  disconnected: { code, error },
}

const events = Object.fromEntries(
  Object.entries(appEvents).map(([event, fields]) => [
    event,
    recordOf(matcherFields(fields), `matchers of the fields of ${event}`),
  ]),
)

const eventWithJudging = tagged({
  what: 'event',
  title: 'an event of the application, such as delivered',
  code: 'UNKNOWN_WORD',
  choices: events,
  extras: judgingFields,
})

const expecting = (as: 'check' | 'given') =>
  verb({
    name: as === 'check' ? 'expect' : 'await',
    actors: app,
    kind: as === 'check' ? 'check' : 'precondition',
    about:
      as === 'check'
        ? 'The next event of this kind from the application must match.'
        : 'As expect, but a miss makes the case inconclusive.',
    example: `app.${as === 'check' ? 'expect' : 'await'}: { delivered: { payload: once } }`,
    value: eventWithJudging,
    body: ({ tag: event, value: fields, extras }) => ({
      verb: 'app.expect' as const,
      event,
      fields,
      judging: judgingOf(extras, as),
    }),
  })

const values = ({ fields }: { fields: Fields }) => Object.values(fields)

const optionsOf5 = Object.keys(subscriptionOptions).filter(name => name !== 'qos')

function needsFor(fields: Fields, names: readonly string[], feature: Feature): Feature[] {
  return names.some(name => name in fields) ? [feature] : []
}

export const appKinds: StepKinds<AppBodies> = {
  'app.connect': {
    written: [connect],
    values,
    matches: nothing,
    connection: 'opens',
    checks: judged,
    setsOff: never,
    needs: ({ fields }) => needsFor(fields, ['auth'], 'can-enhanced-auth'),
  },
  'app.publish': {
    written: [publish],
    values,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: () => true,
    // A variable may be true.
    needs: ({ fields: { retain = false } }) => (retain === false ? [] : ['can-retain']),
  },
  'app.subscribe': {
    written: [subscribe],
    values,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
    needs: ({ fields }) => [
      ...needsFor(fields, optionsOf5, 'can-subscribe-options'),
      ...needsFor(fields, ['properties'], 'can-subscribe-properties'),
    ],
  },
  'app.unsubscribe': {
    written: [unsubscribe],
    values,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
    needs: ({ fields }) => needsFor(fields, ['properties'], 'can-subscribe-properties'),
  },
  'app.disconnect': {
    written: [disconnect],
    values,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
    needs: ({ fields }) => needsFor(fields, ['code', 'properties'], 'can-disconnect-properties'),
  },
  'app.reauthenticate': {
    written: [reauthenticate],
    values,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
    needs: () => ['can-reauthenticate'],
  },
  'app.reconnect': {
    written: [reconnect],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  'app.ping': {
    written: [ping],
    values: nothing,
    matches: nothing,
    connection: 'needs',
    checks: never,
    setsOff: never,
  },
  'app.expect': {
    written: [expecting('check'), expecting('given')],
    values: nothing,
    matches: ({ fields }) => [{ kind: 'fields', fields }],
    connection: 'needs',
    checks: judged,
    setsOff: never,
    expects: () => ({ kind: 'event' }),
    // That it was told at all is passed over where the adapter cannot tell; what it was told is what the case is about.
    needs: ({ event, fields }) =>
      isToldEvent(event) && Object.keys(fields).some(name => name !== 'tag' && name !== 'id')
        ? [toldBy[event]]
        : [],
  },
}
