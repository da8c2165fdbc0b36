import type { FactKind } from '../faults/fault.ts'
import { faults } from '../faults/index.ts'
import { packetTypes } from '../model/packet.ts'
import { verdicts } from '../model/report.ts'
import { versions } from '../model/version.ts'

/** The part of JSON Schema that the report needs, and that `check-schema.ts` knows how to check. */
export type Schema =
  | { $ref: string; description?: string }
  | { oneOf: readonly Schema[]; description?: string }
  | { const: string | number | boolean; description?: string }
  | { enum: readonly (string | number)[]; description?: string }
  | {
      type: 'string'
      pattern?: string
      format?: string
      description?: string
    }
  | { type: 'number' | 'integer'; minimum?: number; description?: string }
  | { type: 'boolean'; description?: string }
  | { type: 'array'; items: Schema; description?: string }
  | ObjectSchema

export type ObjectSchema = {
  type: 'object'
  properties?: { readonly [name: string]: Schema }
  required?: readonly string[]
  additionalProperties?: Schema
  description?: string
}

/** Number of the form this file describes. Fields may be added to it; a field that changes or goes makes it 2. */
export const schemaNumber = 1

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const index: Schema = { type: 'integer', minimum: 0 }
const ms: Schema = { type: 'number', minimum: 0 }
const texts: Schema = { type: 'array', items: text }
const numbers: Schema = { type: 'array', items: { type: 'number' } }
const anything: Schema = { type: 'object' }
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` })
const list = (items: Schema): Schema => ({ type: 'array', items })

/** An object: a name that ends in `?` may be absent. */
function object(fields: { [name: string]: Schema }, description?: string): ObjectSchema {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(entries.map(([name, is]) => [name.replace('?', ''), is])),
    required: entries.map(([name]) => name).filter(name => !name.endsWith('?')),
  }
}

/** One kind of a union, told apart by the field `by`. */
function variant(by: string, name: string, fields: { [name: string]: Schema }): ObjectSchema {
  return object({ [by]: { const: name }, ...fields })
}

const stamp = { seq: index, at: ms, 'leftOutBytes?': index }
const onConnection = { connection: index, actor: text }
const party: Schema = {
  enum: ['harness', 'target', 'upstream'],
  description: 'upstream: the broker behind a proxy, which is not the target.',
}
const side: Schema = { enum: ['client', 'broker'] }
const packetType: Schema = { enum: packetTypes }
const cut: Schema = { enum: ['fin', 'rst'] }
const stop: Schema = { enum: ['term', 'kill'] }
const event = (kind: string, fields: { [name: string]: Schema }) =>
  variant('kind', kind, { ...stamp, ...fields })
const packet = (type: string, fields: { [name: string]: Schema }) =>
  variant('type', type, { ...fields, properties: ref('properties') })
const acks = ['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'].map(type =>
  packet(type, { id: index, code: index }),
)
const subscription = object({
  filter: text,
  qos: index,
  noLocal: flag,
  retainAsPublished: flag,
  retainHandling: index,
})

const packets: Schema[] = [
  packet('CONNECT', {
    protocolName: text,
    protocolLevel: index,
    clientId: text,
    clean: flag,
    keepAliveS: index,
    'will?': object({
      topic: text,
      payload: ref('payload'),
      qos: index,
      retain: flag,
      properties: ref('properties'),
    }),
    'username?': text,
    'password?': ref('payload'),
  }),
  packet('CONNACK', { sessionPresent: flag, code: index }),
  packet('PUBLISH', {
    topic: text,
    qos: index,
    dup: flag,
    retain: flag,
    'id?': index,
    payload: ref('payload'),
  }),
  ...acks,
  packet('SUBSCRIBE', { id: index, subscriptions: list(subscription) }),
  packet('SUBACK', { id: index, codes: numbers }),
  packet('UNSUBSCRIBE', { id: index, filters: texts }),
  packet('UNSUBACK', { id: index, codes: numbers }),
  variant('type', 'PINGREQ', {}),
  variant('type', 'PINGRESP', {}),
  packet('DISCONNECT', { code: index }),
  packet('AUTH', { code: index }),
]

const facts: { [K in FactKind]: Schema } = {
  packet: packetType,
  packets: list(packetType),
  whole: index,
  ms,
  side: { ...side, description: 'At a proxy: the side whose packet it was.' },
  sides: { enum: ['client', 'broker', 'both'] },
  cut,
  stop,
}

/** Each fault says itself what its record holds. */
const faultRecords: Schema[] = Object.values(faults).map(({ kind, facts: held }) => {
  const fields = Object.entries(held).map(([name, is]: [string, FactKind]) => [name, facts[is]])
  return variant('kind', kind, Object.fromEntries(fields))
})

const appEvent = (name: string, fields: { [name: string]: Schema } = {}) =>
  variant('event', name, fields)
const told = { tag: text, 'error?': text }

const appEvents: Schema[] = [
  appEvent('ready'),
  appEvent('connected', { 'sessionPresent?': flag, 'code?': index }),
  appEvent('delivered', {
    topic: text,
    payload: ref('payload'),
    'qos?': index,
    'retain?': flag,
    'dup?': flag,
    'properties?': anything,
  }),
  appEvent('published', { ...told, 'id?': index, 'code?': index }),
  appEvent('subscribed', { ...told, 'codes?': numbers }),
  appEvent('unsubscribed', { ...told, 'codes?': numbers }),
  appEvent('disconnected', { 'code?': index, 'error?': text }),
  appEvent('connect-failed', { 'error?': text }),
  appEvent('log', { text }),
]

const command = object({
  do: {
    enum: [
      'connect',
      'publish',
      'subscribe',
      'unsubscribe',
      'disconnect',
      'reauthenticate',
      'ping',
      'stop',
    ],
  },
  'topic?': text,
  'filter?': text,
  'qos?': { type: 'number' },
  'payload?': ref('payload'),
  'tag?': text,
  ok: flag,
  'error?': text,
})

const events: Schema[] = [
  event('open', {
    ...onConnection,
    by: party,
    version: ref('version'),
    'leg?': { ...side, description: 'At a proxy: whom the connection leads to.' },
    'peer?': { type: 'string', description: 'At a proxy: the application or the broker behind.' },
    'upgrade?': object({
      offered: { type: 'array', items: text, description: 'Subprotocols of the one that dialled.' },
      'chosen?': { type: 'string', description: 'The one that the other selected.' },
    }),
  }),
  event('packet', {
    ...onConnection,
    from: party,
    packet: ref('packet'),
    bytes: ref('hex'),
    'auto?': { const: true, description: 'Sent by the automatic mode, not by a step.' },
  }),
  event('bytes', {
    ...onConnection,
    from: party,
    bytes: ref('hex'),
    why: { enum: ['partial', 'raw', 'garbage'] },
  }),
  event('close', { ...onConnection, by: party, how: cut, 'textFrame?': { const: true } }),
  event('fault', { actor: text, 'connection?': index, fault: ref('fault') }),
  event('restart', { phase: { enum: ['down', 'up'] }, how: stop }),
  event('command', { actor: text, command }),
  event('app', { actor: text, event: { oneOf: appEvents } }),
  event('step', {
    index,
    'actor?': text,
    text,
    place: ref('place'),
    'breaks?': list(ref('statement')),
  }),
  event('fence', { actors: texts, how: { enum: ['ping', 'sentinel', 'nonce', 'quiet'] } }),
  event('wait', { rule: text, ms }),
  event('finding', { finding: ref('finding') }),
  event('note', { text }),
]

const finding = object({
  statement: ref('statement'),
  level: ref('level'),
  message: text,
  expected: text,
  got: text,
  'nearestMiss?': { type: 'string', description: 'What came closest to what was expected.' },
  seq: { type: 'integer', description: 'The event of the trace it points at.' },
  judge: { enum: ['expectation', 'referee', 'ledger', 'audit', 'probe'] },
  'about?': { enum: ['durability', 'dispute'] },
  'absent?': { const: true, description: 'It rests on what did not come.' },
  'at?': ref('place'),
  atMs: ms,
})

const result = object({
  id: { type: 'string', description: 'Permanent; selects this case on the command line.' },
  suite: text,
  title: text,
  'transport?': { type: 'string', description: 'What carried the packets; left out for TCP.' },
  'about?': text,
  version: ref('version'),
  verdict: ref('verdict'),
  reason: { type: 'string', description: 'One sentence; empty for pass.' },
  durationMs: ms,
  sleptMs: ms,
  'budgetUsed?': {
    type: 'number',
    minimum: 0,
    description:
      'The largest share of a waiting budget that an answer took, 0.5 to 1; left out below.',
  },
  covers: list(ref('statement')),
  bugs: { type: 'array', items: text, description: 'Bug classes the scenario detects.' },
  findings: list(ref('finding')),
  'notes?': { type: 'array', items: text, description: 'What the case measured.' },
  'powerCuts?': { ...index, description: 'Times that the power of a board was cut.' },
  'confirmed?': {
    enum: ['alone', 'company'],
    description: 'How a failure that the trace alone does not prove came again.',
  },
  'first?': object(
    {
      verdict: { enum: ['fail', 'warn'] },
      reason: text,
      durationMs: ms,
      findings: list(ref('finding')),
      trace: list(ref('event')),
      beside: { type: 'array', items: text, description: 'Ids of the cases that ran beside it.' },
    },
    'Of an unstable case: what it came to at first, and did not again.',
  ),
  replay: { type: 'string', description: 'Command that runs this one case again.' },
  'kills?': {
    type: 'integer',
    minimum: 0,
    description: 'Flaws of reference peers that the scenario caught when it was proved.',
  },
  place: ref('place'),
  trace: list(ref('event')),
  'known?': object({
    ticket: text,
    outcome: { enum: ['expected', 'passes', 'differs', 'skipped', 'expired'] },
  }),
})

const target = object({
  name: text,
  role: { enum: ['broker', 'client'] },
  address: { type: 'string', description: 'Without credentials.' },
  versions: list(ref('version')),
  fingerprint: {
    type: 'object',
    description: 'Legal choices seen at the start.',
    additionalProperties: {
      oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
    },
  },
  'behind?': {
    ...object({ name: text, address: text }),
    description: 'The broker behind the proxies, which was not judged.',
  },
})

const report = object({
  mqttspec: { type: 'string', description: 'Version of mqttspec.' },
  schema: { const: schemaNumber },
  startedAt: { type: 'string', format: 'date-time' },
  durationMs: ms,
  sleptMs: {
    type: 'number',
    minimum: 0,
    description: 'Ms slept because a rule about time asks for it.',
  },
  seed: { type: 'integer' },
  exitCode: index,
  'shard?': object({ index, count: index }, 'Which part of a run that was split.'),
  'problem?': { type: 'string', description: 'What went wrong with the run as a whole.' },
  target,
  summary: object(Object.fromEntries(verdicts.map(verdict => [verdict, index]))),
  findings: { type: 'array', items: ref('finding'), description: 'About the target as a whole.' },
  results: list(ref('result')),
  statements: list(
    object({
      id: ref('statement'),
      level: ref('level'),
      outcome: { enum: ['met', 'broken', 'untested', 'untestable'] },
      cases: texts,
    }),
  ),
  'causes?': list(
    object(
      {
        name: text,
        verdict: { enum: ['fail', 'warn'] },
        level: ref('level'),
        statements: list(ref('statement')),
        says: text,
        'packet?': packetType,
        'fix?': text,
        'heldBack?': index,
        cases: texts,
      },
      'Cases that failed or warned in the same way, the simplest first; `heldBack` counts cases not run because of it.',
    ),
  ),
  'knownIssues?': object({ file: text, expected: index, violations: texts }),
  'explored?': object(
    {
      schedules: index,
      stages: { type: 'object', additionalProperties: index },
      points: index,
      lost: index,
      scenarios: list(object({ id: text, fails: flag, text })),
      machines: list(
        object({
          version: ref('version'),
          edges: list(
            object({
              role: { enum: ['sender', 'receiver'] },
              qos: index,
              from: text,
              event: text,
              to: text,
              times: index,
              broke: index,
              'why?': { type: 'string', description: 'Why it was never taken.' },
            }),
          ),
        }),
      ),
    },
    'What `mqttspec explore` tried, and which edges of the state machines the target was seen to take.',
  ),
})

/** The JSON report, written down once: `schema/report.json` is this, and `parseReport` checks by it. */
export const reportSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'mqttspec report',
  ...report,
  $defs: {
    version: { enum: versions },
    verdict: { enum: verdicts },
    level: { enum: ['MUST', 'SHOULD', 'MAY'] },
    statement: {
      type: 'string',
      pattern: '^(3\\.1|3\\.1\\.1|5\\.0):',
      description: 'A statement of the standard, `5.0:MQTT-4.3.3-10`, or a section, `3.1:§4.3`.',
    },
    place: object({ file: text, line: index, column: index }, 'Line and column count from 1.'),
    hex: { type: 'string', pattern: '^([0-9a-f]{2})*$', description: 'Bytes, two digits each.' },
    hexObject: object({ hex: ref('hex') }),
    payload: {
      description: 'Text where the bytes are printable UTF-8, else hex.',
      oneOf: [{ type: 'string' }, ref('hexObject')],
    },
    properties: {
      type: 'object',
      description: '5.0 properties by camelCase name; binary ones as hex.',
      additionalProperties: {
        oneOf: [
          { type: 'number' },
          { type: 'string' },
          ref('hexObject'),
          { type: 'array', items: { oneOf: [{ type: 'number' }, texts] } },
        ],
      },
    },
    packet: { oneOf: packets },
    fault: { oneOf: faultRecords },
    finding,
    event: { oneOf: events },
    result,
  } satisfies { [name: string]: Schema },
} as const
