import { type Feature, features } from '../model/features.ts'
import { didYouMean } from '../model/schema/near.ts'
import { type Entry, isEmpty, type Node } from '../model/schema/node.ts'
import type { Problem } from '../model/schema/problem.ts'
import { readYaml } from '../model/schema/read-yaml.ts'
import { flag, integer, text, textLike, word } from '../model/schema/scalars.ts'
import {
  type Context,
  Defs,
  type JsonSchema,
  report,
  type Schema,
  wrongType,
} from '../model/schema/schema.ts'
import { dictionary, listOf, may, must, own, record } from '../model/schema/shapes.ts'
import { type Version, versions } from '../model/version.ts'
import { type Flow, type Intent, messagesMax, messagesOf, type Peer } from './flow.ts'

/** Reads a flow; every mistake in it is a problem with its place and, where a word is near, a hint. */
export function parseFlow(path: string, source: string): { flow?: Flow; problems: Problem[] } {
  const { root, problems } = readYaml(path, source)
  if (!root) return { problems }
  const context: Context = { report: problem => problems.push(problem), locals: new Map() }
  const read = flowSchema.read(root, context)
  if (!read || problems.length > 0) return { problems }
  const labels = { next: 1 }
  const flow: Flow = {
    id: read.flow,
    title: read.title,
    role: read.role as Flow['role'],
    ...(read.versions ? { versions: read.versions } : {}),
    requires: (read.requires ?? []) as Feature[],
    peers: read.peers.map(
      ({ key, value }) => ({ ...value, name: key, session: value.session ?? 'kept' }) as Peer,
    ),
    begin: (read.begin ?? []).flatMap(step => intentsOf(step, labels)),
    steps: read.steps.flatMap(step => intentsOf(step, labels)),
  }
  const problem = wholeProblem(flow)
  if (problem) problems.push({ code: 'OUT_OF_RANGE', message: problem, span: root.span })
  return problems.length > 0 ? { problems } : { flow, problems }
}

function wholeProblem(flow: Flow): string | undefined {
  if (messagesOf(flow) > messagesMax) return `a flow has at most ${messagesMax} messages`
  const names = new Set(flow.peers.map(({ name }) => name))
  for (const intent of [...flow.begin, ...flow.steps]) {
    if (intent.kind !== 'rest' && !names.has(intent.peer))
      return `no peer is called "${intent.peer}"`
  }
  for (const { twinOf } of flow.peers) {
    if (twinOf !== undefined && !names.has(twinOf)) return `no peer is called "${twinOf}"`
  }
  return undefined
}

/** A step as it is written: one key, `peer.verb`, or the bare word `rest`. */
type Step = { peer: string; verb: Verb; fields: Fields }
type Verb = keyof typeof verbs
type Fields = {
  topic?: string
  qos?: number
  times?: number
  retain?: boolean
  expiryS?: number
  how?: string
  session?: string
  will?: boolean
}

const topic = may(textLike('a topic level', /^[a-z0-9]{1,12}$/), 'The topic, one level. Default t.')
const qos = may(integer(0, 2), 'QoS. Default 2.')

const verbs = {
  subscribe: { about: 'SUBSCRIBE, and again after a session is lost.', fields: { topic, qos } },
  unsubscribe: { about: 'UNSUBSCRIBE.', fields: { topic } },
  publish: {
    about: 'Publishes messages; several are in flight at once.',
    fields: {
      topic,
      qos,
      times: may(integer(1, messagesMax), 'How many messages. Default 1.'),
      retain: may(flag(), 'RETAIN.'),
      expiryS: may(integer(1, 86_400, 's'), 'Message Expiry Interval (5.0).'),
    },
  },
  leave: {
    about: 'DISCONNECT; the session stays.',
    fields: { will: may(flag(), 'true: by DISCONNECT 0x04, so that the will is published (5.0).') },
  },
  cut: {
    about: 'The connection ends without DISCONNECT.',
    fields: { how: may(word('way to end', ['fin', 'rst']), 'fin or rst. Default fin.') },
  },
  return: {
    about: 'Comes back.',
    fields: {
      session: may(
        word('session', ['same', 'new']),
        'same, or new: by a clean start, and it subscribes to nothing. Default same.',
      ),
      will: may(flag(), 'false: without the will it had. Default true.'),
    },
  },
  takeover: { about: 'A second connection of the same client id.', fields: {} },
  hold: {
    about: 'Acknowledges nothing from here on, over any number of connections.',
    fields: {},
  },
  release: { about: 'Sends what it held back, and acknowledges again.', fields: {} },
  rest: { about: 'Waits until nothing is under way. Stands alone, without a peer.', fields: {} },
} as const

const step: Schema<Step> = {
  title: 'a step such as pub.publish: { qos: 2 }, or rest',
  read(node, context) {
    const entry = entryOf(node)
    if (!entry) return wrongType(context, step.title, node)
    const dot = entry.key.indexOf('.')
    const peer = entry.key.slice(0, Math.max(0, dot))
    const name = entry.key.slice(dot + 1)
    const verb = own(verbs, name)
    if (!verb || (peer === '') !== (name === 'rest')) {
      const near = didYouMean(name, Object.keys(verbs))
      return report(
        context,
        'UNKNOWN_VERB',
        `no step of a flow is called "${entry.key}"`,
        entry.keySpan,
        near,
      )
    }
    const fields = record(verb.fields).read(entry.value, context)
    return fields && { peer, verb: name as Verb, fields: fields as Fields }
  },
  json(defs) {
    const verbJson = (name: Verb) =>
      defs.ref(`verb-${name}`, () => {
        const { about, fields } = verbs[name]
        return { description: about, ...record(fields).json(defs) }
      })
    return {
      anyOf: [
        { enum: ['rest'] },
        // A step without fields may stand as a word.
        {
          type: 'string',
          pattern: `^[a-z][a-z0-9]*\\.(${peerVerbs.join('|')})$`,
        },
        {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          // An editor completes keys that have a name, and none that has a pattern.
          properties: Object.fromEntries(
            usualPeers.flatMap(peer => peerVerbs.map(name => [`${peer}.${name}`, verbJson(name)])),
          ),
          patternProperties: Object.fromEntries(
            peerVerbs.map(name => [`^[a-z][a-z0-9]*\\.${name}$`, verbJson(name)]),
          ),
          additionalProperties: false,
        },
      ],
    }
  },
}

/** What a peer does; `rest` is nobody's. */
const peerVerbs = (Object.keys(verbs) as Verb[]).filter(name => name !== 'rest')

const usualPeers = ['publisher', 'subscriber', 'client', 'app']

function entryOf(node: Node): Entry | undefined {
  if (node.kind === 'scalar' && !isEmpty(node)) {
    return { key: node.text, keySpan: node.span, value: { ...node, text: '', quoted: false } }
  }
  return node.kind === 'map' && node.entries.length === 1 ? node.entries[0] : undefined
}

const peer = record(
  {
    session: may(word('kind of session', ['kept', 'fresh']), 'kept or fresh. Default kept.'),
    receiveMaximum: may(integer(1, 65_535), 'Receive Maximum (5.0).'),
    expiryS: may(
      integer(1, 86_400, 's'),
      'How long a kept session of 5.0 outlives its connection.',
    ),
    will: may(
      record({
        qos: must(integer(0, 2), 'QoS of the will.'),
        retain: must(flag(), 'RETAIN of the will.'),
      }),
      'A will message, on the topic `will`.',
    ),
    twinOf: may(
      textLike('a name of small letters', /^[a-z][a-z0-9]{0,11}$/),
      'Its client identifier is that of this peer in capital letters.',
    ),
  },
  'a peer: session, receiveMaximum, expiryS, will, twinOf',
)

const steps = listOf(step, { min: 1, max: 100 })

const flowSchema = record(
  {
    flow: must(
      textLike('an id of small letters, digits and "-"', /^[a-z][a-z0-9-]*$/, 'BAD_ID'),
      'Unique.',
    ),
    title: must(text('a sentence'), 'What is meant to happen.'),
    role: must(
      word('role', ['client', 'broker'], 'UNKNOWN_ROLE'),
      'What the harness plays: client explores a broker.',
    ),
    versions: may(
      listOf(word('version of MQTT', versions, 'UNKNOWN_VERSION') as Schema<Version>, { min: 1 }),
      'Only these versions.',
    ),
    requires: may(
      listOf(word('feature', Object.keys(features), 'UNKNOWN_FEATURE')),
      'What the target must be able to do.',
    ),
    peers: must(
      dictionary(
        textLike('a name of small letters', /^[a-z][a-z0-9]{0,11}$/),
        peer,
        'a map from name to peer',
      ),
      'Who takes part; with role broker, app is the application on the client and broker is ours.',
    ),
    begin: may(steps, 'What comes before anything is disturbed.'),
    steps: must(steps, 'What is meant to happen.'),
  },
  'a flow',
)

/** For editors: schema/flow.json. */
export function flowJsonSchema(): JsonSchema {
  const defs = new Defs()
  const json = flowSchema.json(defs)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A flow of mqttspec explore',
    ...json,
    ...(Object.keys(defs.all).length > 0 ? { $defs: defs.all } : {}),
  }
}

function intentsOf({ peer: name, verb, fields }: Step, labels: { next: number }): Intent[] {
  const topicOf = fields.topic ?? 't'
  const qosOf = fields.qos ?? 2
  switch (verb) {
    case 'subscribe':
      return [{ kind: 'subscribe', peer: name, topic: topicOf, qos: qosOf }]
    case 'unsubscribe':
      return [{ kind: 'unsubscribe', peer: name, topic: topicOf }]
    case 'publish':
      return Array.from({ length: fields.times ?? 1 }, () => ({
        kind: 'publish' as const,
        peer: name,
        topic: topicOf,
        qos: qosOf,
        retain: fields.retain ?? false,
        label: `m${labels.next++}`,
        ...(fields.expiryS === undefined ? {} : { expiryS: fields.expiryS }),
      }))
    case 'cut':
      return [{ kind: 'cut', peer: name, how: fields.how === 'rst' ? 'rst' : 'fin' }]
    case 'leave':
      return [{ kind: 'leave', peer: name, withWill: fields.will ?? false }]
    case 'return':
      return [
        {
          kind: 'return',
          peer: name,
          anew: fields.session === 'new',
          withoutWill: fields.will === false,
        },
      ]
    case 'takeover':
    case 'hold':
    case 'release':
      return [{ kind: verb, peer: name }]
    case 'rest':
      return [{ kind: 'rest' }]
  }
}
