import { Defs, type JsonSchema } from '../../model/schema/schema.ts'
import { versions } from '../../model/version.ts'
import { useSchema } from '../loading/fragments.ts'
import { verbs } from '../verbs/index.ts'
import type { Verb } from '../verbs/step-kind.ts'
import { breaks } from './statements.ts'
import { librarySchema, suiteSchema } from './suite.ts'

/** The JSON Schema by which editors complete and check suites and files of fragments, made of what the parser checks. */
export function suiteJsonSchema(): JsonSchema {
  const defs = new Defs()
  defs.ref('steps', () => ({ type: 'array', items: { $ref: '#/$defs/step' } }))
  defs.ref('step', () => stepJson(defs))
  const suite = defs.ref('suite', () => suiteSchema.json(defs))
  const library = defs.ref('library', () => librarySchema.json(defs))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://mqttspec.dev/schema/suite.json',
    title: 'A suite of mqttspec, or a file of fragments',
    if: { required: ['suite'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: suite,
    else: library,
    $defs: sorted(
      mapValues(defs.all, (def, name) => (plainDefs.has(name) ? def : withVariables(def))),
    ),
  }
}

/** Parts of a suite outside its steps: there a variable means nothing. */
const plainDefs = new Set(['suite', 'library'])

/** A matrix variable may stand for any single value: what is a word, a number or true and false may be `$name` too. */
function withVariables(schema: JsonSchema): JsonSchema {
  const inner = mapValues(schema, value => {
    if (Array.isArray(value)) return value.map(one => (isSchema(one) ? withVariables(one) : one))
    return isSchema(value) ? withVariables(value) : value
  })
  const word = 'enum' in inner || (inner.type === 'string' && 'pattern' in inner)
  const single = word || ['integer', 'number', 'boolean'].includes(String(inner.type))
  if (!single || String(inner.pattern).includes('\\$')) return inner
  const { description, ...rest } = inner
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [rest, { type: 'string', pattern: '^\\$[A-Za-z]' }],
  }
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapValues<A, B>(
  all: { [name: string]: A },
  map: (value: A, name: string) => B,
): { [name: string]: B } {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, map(value, name)]))
}

const actorKinds = ['client', 'broker', 'proxy', 'app', 'target'] as const

/** Names that most scenarios use. Any other does as well. */
const usualActors: { [K in (typeof actorKinds)[number]]: string[] } = {
  client: ['publisher', 'subscriber', 'client', 'intruder'],
  broker: ['broker'],
  proxy: ['proxy'],
  app: ['app'],
  target: ['target'],
}

const breaksAbout = 'The statements that the harness breaks by this step on purpose.'

/** One key and perhaps `breaks`: a verb of the scene, `use`, or `actor.verb`, where the actor may be a parameter (`$who.send`). */
function stepJson(defs: Defs): JsonSchema {
  const scene = Object.entries(verbs.scene).map(([name, verb]) => [name, described(verb, defs)])
  const byName = new Map<string, Set<Verb>>()
  for (const kind of actorKinds) {
    for (const [name, verb] of Object.entries(verbs[kind])) {
      byName.set(name, (byName.get(name) ?? new Set()).add(verb))
    }
  }
  const verbJson = (name: string) =>
    defs.ref(`verb-${name}`, () =>
      oneOrAny([...byName.get(name)!].map(verb => described(verb, defs))),
    )
  const acted = [...byName.keys()].map(name => [
    `^(\\$?[A-Za-z][A-Za-z0-9_]*)\\.${name}$`,
    verbJson(name),
  ])
  // An editor completes keys that have a name, and none that has a pattern.
  const usual = actorKinds.flatMap(kind =>
    Object.keys(verbs[kind]).flatMap(name =>
      usualActors[kind].map(actor => [`${actor}.${name}`, verbJson(name)]),
    ),
  )
  const use = { description: 'The steps of a fragment.', ...useSchema.json(defs) }
  return {
    anyOf: [
      {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: {
          ...Object.fromEntries(usual),
          ...Object.fromEntries(scene),
          use,
          breaks: { description: breaksAbout, ...breaks(versions).json(defs) },
        },
        patternProperties: Object.fromEntries(acted),
        if: { required: ['breaks'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { minProperties: 2, maxProperties: 2 },
        else: { maxProperties: 1 },
      },
      { type: 'string', pattern: '^[a-z][A-Za-z0-9]*\\.[a-z]+$' },
    ],
  }
}

function described({ about, schema }: Verb, defs: Defs): JsonSchema {
  return { description: about, ...schema.json(defs) }
}

function oneOrAny(schemas: JsonSchema[]): JsonSchema {
  return schemas.length === 1 ? schemas[0]! : { anyOf: schemas }
}

function sorted(defs: { [name: string]: JsonSchema }): { [name: string]: JsonSchema } {
  return Object.fromEntries(Object.entries(defs).sort(([a], [b]) => (a < b ? -1 : 1)))
}
