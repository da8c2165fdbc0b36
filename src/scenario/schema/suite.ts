import { features } from '../../model/features.ts'
import { didYouMean } from '../../model/schema/near.ts'
import { isEmpty, type MapNode, type Node, type ScalarNode } from '../../model/schema/node.ts'
import type { Span } from '../../model/schema/problem.ts'
import { integer, text, textLike, word } from '../../model/schema/scalars.ts'
import {
  type Context,
  Defs,
  mapped,
  named,
  report,
  type Schema,
  wrongType,
} from '../../model/schema/schema.ts'
import { asMap, byShape, listOf, may, must, oneOrMany, record } from '../../model/schema/shapes.ts'
import { type Version, versions } from '../../model/version.ts'
import { bugClasses } from '../../standard/bug-classes.ts'
import { limitVariables } from '../limits.ts'
import { fragmentsSchema } from '../loading/fragments.ts'
import type { Condition } from '../step-parts.ts'
import { plainScalar, stepsNode } from '../verbs/scene.ts'
import { verifySchema } from '../verify.ts'
import { covers } from './statements.ts'

const located = (schema: Schema<string>): Schema<{ text: string; span: Span }> =>
  mapped(schema, (value, { span }) => ({ text: value, span }))

const suiteId = located(
  textLike(
    'an id such as qos2/broker-receives',
    /^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*)*$/,
    'BAD_ID',
  ),
)
const scenarioId = located(
  textLike('an id of small letters, digits and "-"', /^[a-z0-9]+(-[a-z0-9]+)*$/, 'BAD_ID'),
)

const title = textLike('a sentence', /\S/)
const tag = textLike('a tag of small letters, digits and "-"', /^[a-z0-9]+(-[a-z0-9]+)*$/, 'BAD_ID')

export type Matrix = {
  versions?: Version[]
  variables: { name: string; span: Span; values: MatrixValue[] }[]
}

/** `called` is what ids of cases say: the value as it is written, or the name that stands before it. */
export type MatrixValue = { called: string; node: ScalarNode }

/** `matrix: { version: [3.1.1, 5.0], close: [fin, rst], bytes: { no-topic: "34 00" } }` */
const matrix: Schema<Matrix> = named('matrix', {
  title: 'a map from variable to its values',
  read(node, context) {
    const map = asMap(node)
    if (!map) return wrongType(context, 'a map from variable to its values', node)
    const read: Matrix = { variables: [] }
    let complete = true
    for (const { key, keySpan, value } of map.entries) {
      if (key === 'version') {
        const some = versionList.read(value, context)
        if (some) read.versions = some
        else complete = false
        continue
      }
      const values = readValues(key, keySpan, value, context)
      if (values) read.variables.push({ name: key, span: keySpan, values })
      else complete = false
    }
    return complete ? read : undefined
  },
  json: defs => ({
    type: 'object',
    properties: { version: versionList.json(defs) },
    additionalProperties: {
      anyOf: [
        { type: 'array', minItems: 1, items: scalarNode.json(defs) },
        { type: 'object', minProperties: 1, additionalProperties: scalarNode.json(defs) },
      ],
    },
  }),
})

const versionWord = word('version of MQTT', versions, 'UNKNOWN_VERSION')
/** An editor that reads plain YAML sees `5.0` as the number 5. */
const plainVersion: Schema<Version> = {
  ...versionWord,
  json: () => ({ enum: [...versions, ...versions.map(Number).filter(one => !Number.isNaN(one))] }),
}
const versionList = listOf(plainVersion, { min: 1 })

const reserved = ['topic', 'client', '_', ...limitVariables.keys()]

function readValues(
  name: string,
  span: Span,
  node: Node,
  context: Context,
): Matrix['variables'][number]['values'] | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || reserved.includes(name)) {
    const why = reserved.includes(name) ? 'is taken' : 'is no name of a variable'
    return report(context, 'BAD_ID', `${JSON.stringify(name)} ${why}`, span)
  }
  const values =
    node.kind === 'map'
      ? readCalled(node, context)
      : listOf(scalarNode, { min: 1, max: 100 })
          .read(node, context)
          ?.map(one => ({ called: one.text, node: one }))
  const texts = values?.map(({ node: { text } }) => text) ?? []
  const twice = values?.find(({ node: { text } }, i) => texts.indexOf(text) < i)
  if (!twice) return values
  const message = `the value ${JSON.stringify(twice.node.text)} stands here twice`
  return report(context, 'DUPLICATE_ID', message, twice.node.span)
}

/** Values of which ids of cases are to say what they are: `{ no-topic: "34 00" }`. That a key stands twice, YAML says. */
function readCalled(node: MapNode, context: Context): MatrixValue[] | undefined {
  const map = asMap(node)
  if (map === undefined || map.entries.length === 0) {
    return wrongType(context, 'a list of values, or a map from names to values', node)
  }
  const values = map.entries.map(({ key, keySpan, value }) => {
    if (!/^[\w.+\-/#$@]+$/.test(key)) {
      const message = `${JSON.stringify(key)} cannot stand in the id of a case`
      const hint = { hint: 'use letters, digits and any of . _ + - / # $ @' }
      return report(context, 'BAD_ID', message, keySpan, hint)
    }
    const node = scalarNode.read(value, context)
    return node && { called: key, node }
  })
  return values.every(one => one !== undefined) ? values : undefined
}

const scalarNode: Schema<ScalarNode> = {
  title: 'a scalar',
  read: (node, context) =>
    node.kind === 'scalar' ? node : wrongType(context, 'a number, a word or text', node),
  json: () => ({ type: ['string', 'number', 'boolean'] }),
}

const bug: Schema<string> = {
  title: 'the id of a bug class, such as R01',
  read(node, context) {
    const id = text().read(node, context)
    if (id === undefined || bugClasses.has(id)) return id
    const message = `no bug class is called ${JSON.stringify(id)}`
    return report(context, 'UNKNOWN_BUG', message, node.span, didYouMean(id, bugClasses.keys()))
  },
  json: () => ({ enum: [...bugClasses.keys()] }),
}

/**
 * A feature by its name; `{ not: … }`, `{ all: […] }`, `{ any: […] }`; a legal choice: `{ delivers: at-pubrel }`; or the range of a limit that
 * the target announces: `{ maximumPacketSize: { max: 100000 } }`.
 */
const condition: Schema<Condition> = named('condition', {
  title: 'a feature, { not }, { all }, { any }, or a choice such as { delivers: at-pubrel }',
  read: readCondition,
  json: defs => ({
    anyOf: [
      { enum: Object.keys(features) },
      {
        type: 'object',
        minProperties: 1,
        maxProperties: 1,
        properties: {
          not: condition.json(defs),
          all: conditionList.json(defs),
          any: conditionList.json(defs),
        },
        additionalProperties: {
          anyOf: [{ type: ['string', 'number', 'boolean'] }, range.json(defs)],
        },
      },
    ],
  }),
})
const range = record(
  {
    min: may(integer(0, 4_294_967_295), 'At least.'),
    max: may(integer(0, 4_294_967_295), 'At most.'),
  },
  'the range of a limit: min, max',
)
const conditionList = listOf(condition, { min: 1 })

function readCondition(node: Node, context: Context): Condition | undefined {
  const { file, line, column } = node.span
  const place = { file, line, column }
  if (node.kind === 'scalar' && !isEmpty(node)) {
    if (Object.hasOwn(features, node.text)) return { kind: 'feature', name: node.text, place }
    const message = `no feature is called ${JSON.stringify(node.text)}`
    const near = didYouMean(node.text, Object.keys(features))
    return report(context, 'UNKNOWN_FEATURE', message, node.span, near)
  }
  if (node.kind !== 'map' || node.entries.length !== 1) {
    return wrongType(context, condition.title, node)
  }
  const { key, value } = node.entries[0]!
  if (key === 'not') {
    const inner = readCondition(value, context)
    return inner && { kind: 'not', condition: inner }
  }
  if (key === 'all' || key === 'any') {
    const conditions = conditionList.read(value, context)
    return conditions && { kind: key, conditions }
  }
  if (value.kind === 'map') {
    const limits = range.read(value, context)
    return limits && { kind: 'limit', name: key, ...limits, place }
  }
  const choice = text('the value of a choice').read(value, context)
  if (choice === undefined) return undefined
  return { kind: 'choice', name: key, value: plainScalar(choice), place }
}

const about = text('text')
const requires: Schema<Condition[]> = {
  ...byShape<Condition[]>({
    scalar: mapped(condition, one => [one]),
    map: mapped(condition, one => [one]),
    list: listOf(condition),
  }),
  title: 'a condition, or a list of them',
}

/** Read once the matrix has been put in its place. */
const verifyNode: Schema<Node> = { ...verifySchema, read: node => node }

export const scenarioFields = {
  id: must(scenarioId, 'Permanent; with the id of the suite it selects the scenario.'),
  title: must(title, 'One sentence that the scenario proves.'),
  about: may(about, 'The story. By default the comment above the scenario.'),
  covers: may(covers, 'The statements the scenario tests, by version.'),
  bugs: may(oneOrMany(bug), 'Classes of known bugs that it detects.'),
  matrix: may(matrix, 'Variables and their values; the scenario runs once for each combination.'),
  requires: may(requires, 'What the target must be able to do; else the case is skipped.'),
  tags: may(oneOrMany(tag), 'Words for --tag.'),
  steps: must(stepsNode, 'What happens, from top to bottom.'),
  verify: may(verifyNode, 'Judgements over all messages at the end.'),
}

export const scenarioSchema = named('scenario', record(scenarioFields, 'a scenario'))

const anyNode: Schema<Node> = {
  title: 'a scenario',
  read: node => node,
  json: defs => scenarioSchema.json(defs),
}

const roleWord = word('role', ['client', 'broker', 'proxy'], 'UNKNOWN_ROLE')
const roleAbouts = [
  'We are clients, and a broker is tested. Actors are our connections to it: publisher, subscriber, …',
  'We are a broker, and a client is tested. Actors are `broker`, which is we, and `app`, the application on the client.',
  'We stand between a client, which is tested, and a broker. Actors are `proxy`, which is we, and `app`, the application on the client.',
]

export const suiteFields = {
  suite: must(suiteId, 'The id of the suite, permanent; may contain slashes.'),
  title: must(title, 'What the suite is about.'),
  about: may(about, 'The story. By default the comment at the top of the file.'),
  role: must(
    { ...roleWord, json: () => ({ ...roleWord.json(new Defs()), enumDescriptions: roleAbouts }) },
    'What the harness plays: client (tests brokers), broker (tests clients) or proxy.',
  ),
  requires: may(requires, 'As in a scenario, for all of them.'),
  tags: may(oneOrMany(tag), 'Words for --tag, for all scenarios.'),
  matrix: may(matrix, 'The matrix of every scenario that has none of its own.'),
  fragments: may(fragmentsSchema, 'Lists of steps for `use`, for this file.'),
  includes: may(
    listOf(text('a folder or file beside this one'), { min: 1 }),
    'Suites that run as well where this one is asked for: folders or files, from here.',
  ),
  scenarios: may(listOf(anyNode, { min: 1 }), 'The scenarios; may be left out beside `includes`.'),
}

export const suiteSchema = record(suiteFields, 'a suite')

/** A file of fragments for all suites. */
const libraryFields = {
  about: may(about, 'What the fragments are for.'),
  fragments: must(fragmentsSchema, 'Lists of steps for `use`.'),
}
export const librarySchema = record(libraryFields, 'a file of fragments')
