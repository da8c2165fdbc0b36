import type { Node } from '../../model/schema/node.ts'
import { integer, number, textLike, word } from '../../model/schema/scalars.ts'
import { mapped, type Schema, wrongType } from '../../model/schema/schema.ts'
import { byShape, listOf, may, must, oneOrMany, record } from '../../model/schema/shapes.ts'
import { judgingFields, judgingOf, type ReadJudging } from '../schema/judging.ts'
import { bytesValue, textValue, value } from '../schema/values.ts'
import type { FieldValue, Judging, TimeRule, Value } from '../step-parts.ts'
import {
  type InnerStep,
  judged,
  never,
  nothing,
  present,
  type StepKinds,
  verb,
} from './step-kind.ts'

/** What is done with the whole scene. Steps inside are of kind `S`. */
export type SceneBodies<S> = {
  fence: { actors: string[]; topic?: Value; qos?: Value }
  /** Every expectation inside must be met, in any order. */
  together: { steps: S[] }
  /** The first branch whose first step, an expectation, is met by the next packet. */
  oneOf: { branches: S[][]; judging: Judging }
  each: { as: string; values: FieldValue[]; steps: S[] }
  repeat: { as?: string; from: number; times: Value; steps: S[] }
  /** Waits because a rule about time says so; `rule` names it. */
  elapse: { rule: TimeRule; s: Value }
}

const scene = ['scene'] as const

export const actorName = textLike('the name of an actor', /^[a-z][A-Za-z0-9]*$/, 'BAD_ID')
export const variableName = textLike(
  'the name of a variable, without "$"',
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'BAD_ID',
)

/** Steps inside a step stay nodes until the reader of steps takes them. */
export const stepsNode: Schema<Node> = {
  title: 'a list of steps',
  read: (node, context) =>
    node.kind === 'list' ? node : wrongType(context, 'a list of steps', node),
  json: () => ({ $ref: '#/$defs/steps' }),
}

type Fence = SceneBodies<never>['fence']
const actors = oneOrMany(actorName)

const fence = verb({
  name: 'fence',
  actors: scene,
  kind: 'check',
  about:
    'Waits until everything owed to these actors must have been seen: a sentinel message, a PINGREQ, a nonce. Names who waits; never a time.',
  example: 'fence: [publisher, subscriber]',
  value: byShape<Fence>({
    scalar: mapped(actors, actors => ({ actors })),
    list: mapped(actors, actors => ({ actors })),
    map: record({
      actors: must(actors, 'Who waits.'),
      topic: may(bytesValue, 'The topic of the sentinel. Default $topic.'),
      qos: may(value(integer(0, 2)), 'The QoS of the sentinel. Default 2.'),
    }),
  }),
  body: fence => ({ verb: 'fence' as const, ...fence }),
})

const together = verb({
  name: 'together',
  actors: scene,
  kind: 'as its steps',
  about: 'Every expectation inside must be met, in any order.',
  example:
    'together: [{ subscriber.expect: { PUBREL: { id: 7 } } }, { publisher.expect: { PUBCOMP: { id: 7 } } }]',
  value: stepsNode,
  body(node, inner) {
    const read = inner.steps(node)
    return read && { verb: 'together' as const, steps: read }
  },
})

type OneOf = { branches: Node[]; judging: ReadJudging }
const branches = listOf(stepsNode, { min: 2 })

const oneOf = verb({
  name: 'oneOf',
  actors: scene,
  kind: 'check',
  about: 'The first branch whose first step, an expectation, is met by what comes next.',
  example: `oneOf:
  - [{ subscriber.expect: { PUBREL: { id: 7 } } }]
  - [{ subscriber.expect: { PUBLISH: { id: 7, dup: true } } }, { subscriber.send: { PUBREC: { id: 7 } } }]`,
  value: byShape<OneOf>({
    list: mapped(branches, branches => ({ branches, judging: {} })),
    map: mapped(
      record({ branches: must(branches, 'Lists of steps.'), ...judgingFields }),
      ({ branches, ...judging }) => ({ branches, judging }),
    ),
  }),
  body({ branches, judging }, inner) {
    const read = branches.map(branch => inner.steps(branch))
    if (!read.every(branch => branch !== undefined)) return undefined
    return { verb: 'oneOf' as const, branches: read, judging: judgingOf(judging, 'check') }
  },
})

const each = verb({
  name: 'each',
  actors: scene,
  kind: 'as its steps',
  about: 'The steps once for each value.',
  example:
    'each: { as: q, in: [0, 1, 2], do: [{ publisher.publish: { topic: $topic, qos: $q } }] }',
  value: record({
    as: must(variableName, 'The variable that takes the values, without "$".'),
    in: must(listOf(textValue, { min: 1, max: 1000 }), 'The values.'),
    do: must(stepsNode, 'The steps.'),
  }),
  body({ as, in: values, do: node }, inner) {
    const known = values.flatMap(each => (typeof each === 'object' ? [] : [String(each)]))
    const read = inner.steps(node, { [as]: [...new Set(known)] })
    return read && { verb: 'each' as const, as, values: values.map(typed), steps: read }
  },
})

/** A value of the author's choice: numbers and booleans as such, all else as text. */
function typed(value: Value): Value {
  return typeof value === 'string' ? plainScalar(value) : value
}

export function plainScalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^(0|-?[1-9][0-9]{0,14})$/.test(text) ? Number(text) : text
}

const repeat = verb({
  name: 'repeat',
  actors: scene,
  kind: 'as its steps',
  about: 'The steps several times; `as` counts.',
  example:
    'repeat: { times: 200, as: i, from: 1, do: [{ publisher.publish: { topic: $topic, payload: m-$i } }] }',
  value: record({
    times: must(value(integer(0, 100_000)), 'How often.'),
    as: may(variableName, 'The variable that counts, without "$".'),
    from: may(integer(0, 65_535), 'Where it begins to count. Default 1.'),
    do: must(stepsNode, 'The steps.'),
  }),
  body({ times, as, from = 1, do: node }, inner) {
    const last = typeof times === 'number' ? [String(from + Math.max(0, times - 1))] : []
    const read = inner.steps(node, as === undefined ? {} : { [as]: [String(from), ...last] })
    if (!read) return undefined
    return {
      verb: 'repeat' as const,
      times,
      from,
      ...(as === undefined ? {} : { as }),
      steps: read,
    }
  },
})

const timeRules: readonly TimeRule[] = [
  'keep-alive',
  'session-expiry',
  'message-expiry',
  'will-delay',
  'no-resend',
]

const elapse = verb({
  name: 'elapse',
  actors: scene,
  kind: 'stimulus',
  about: 'Waits because a rule about time says so, and names the rule. There is no other wait.',
  example: 'elapse: { rule: session-expiry, s: 2 }',
  value: record({
    rule: must(word('rule about time', timeRules), 'The rule.'),
    s: must(value(number(0, 300, 's')), 'How long, in s.'),
  }),
  body: ({ rule, s }) => ({ verb: 'elapse' as const, rule, s }),
})

/** Steps of the whole scene. `use` is not among them: it is replaced by the steps of its fragment. */
export const sceneKinds: StepKinds<SceneBodies<InnerStep>> = {
  fence: {
    written: [fence],
    values: ({ topic, qos }) => present(topic, qos),
    matches: nothing,
    connection: 'needs none',
    checks: () => true,
    setsOff: never,
  },
  together: {
    written: [together],
    values: nothing,
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
    inside: ({ steps }) => ({ kind: 'any order', steps }),
  },
  oneOf: {
    written: [oneOf],
    values: nothing,
    matches: nothing,
    connection: 'needs none',
    checks: judged,
    setsOff: never,
    inside: ({ branches }) => ({ kind: 'one of', branches }),
  },
  each: {
    written: [each],
    values: ({ values }) => values,
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
    inside: ({ as, values, steps }) => ({
      kind: 'rounds',
      counter: as,
      times: values.length,
      steps,
    }),
  },
  repeat: {
    written: [repeat],
    values: ({ times }) => [times],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
    inside: ({ as, times, steps }) => ({
      kind: 'rounds',
      ...(as === undefined ? {} : { counter: as }),
      times,
      steps,
    }),
  },
  elapse: {
    written: [elapse],
    values: ({ s }) => [s],
    matches: nothing,
    connection: 'needs none',
    checks: never,
    setsOff: never,
    // What only the run knows is a minute at most.
    lastsMs: ({ s }) => (typeof s === 'number' ? s * 1000 : 60_000),
  },
}
