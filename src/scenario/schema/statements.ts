import type { Level, StatementRef } from '../../model/finding.ts'
import { didYouMean } from '../../model/schema/near.ts'
import { isEmpty, type Node } from '../../model/schema/node.ts'
import { text, word } from '../../model/schema/scalars.ts'
import {
  type Context,
  type JsonSchema,
  named,
  report,
  type Schema,
  wrongType,
} from '../../model/schema/schema.ts'
import { asMap, listOf, may, oneOrMany, recordOf } from '../../model/schema/shapes.ts'
import { type Version, versions } from '../../model/version.ts'
import { statements } from '../../standard/statements.ts'
import type { Breaks } from '../step-parts.ts'

/** The ids of each version, for "did you mean". */
const idsOf = Object.fromEntries(versions.map(version => [version, new Set<string>()])) as Record<
  Version,
  Set<string>
>
for (const { version, id } of statements.values()) idsOf[version].add(id)

/** A section where the standard numbers no statement: `§4.3`, `§3.1.2.11`. */
const section = /^§[1-9][0-9]?(\.[1-9][0-9]?){0,4}$/

function exists(version: Version, id: string): boolean {
  return section.test(id) || idsOf[version].has(id)
}

const title = 'a statement such as MQTT-4.3.3-10, or a section such as §4.3'

/** A statement of one version. */
function statementOf(version: Version): Schema<StatementRef> {
  return {
    title,
    read(node, context) {
      if (node.kind !== 'scalar' || isEmpty(node)) return wrongType(context, title, node)
      if (exists(version, node.text)) return `${version}:${node.text}`
      return unknown(context, node.text, `MQTT ${version}`, idsOf[version], node)
    },
    json: () => ({ type: 'string', pattern: '^(MQTT-\\d+\\.\\d+\\.\\d+-\\d+|§\\d+(\\.\\d+)*)$' }),
  }
}

function unknown(
  context: Context,
  id: string,
  where: string,
  known: Iterable<string>,
  node: Node,
): undefined {
  const ids = [...known]
  const near = didYouMean(id, ids)
  const sections = ids.length === 0 ? { hint: 'it numbers none: cite a section, such as §4.3' } : {}
  const message = `${where} has no statement ${JSON.stringify(id.slice(0, 60))}`
  report(context, 'UNKNOWN_STATEMENT', message, node.span, { ...sections, ...near })
}

/**
 * An editor that reads plain YAML sees the keys `3.1` and `5.0` as the numbers 3.1 and 5, and yaml-language-server compares a number with
 * a pattern, and never with a name.
 */
export function withNumericKeys<T>(schema: Schema<T>): Schema<T> {
  return {
    ...schema,
    json(defs) {
      const json = schema.json(defs)
      const properties = json.properties as { [key: string]: JsonSchema }
      const numeric = Object.entries(properties).flatMap(([key, of]) => {
        const read = Number(key)
        return Number.isNaN(read) ? [] : [[`^${String(read).replace('.', '\\.')}$`, of] as const]
      })
      return { ...json, patternProperties: Object.fromEntries(numeric) }
    },
  }
}

/** `covers: { 3.1.1: [MQTT-4.3.3-2], 5.0: [MQTT-4.3.3-10] }` */
export const covers: Schema<{ [V in Version]?: StatementRef[] }> = named(
  'covers',
  withNumericKeys(
    recordOf(
      Object.fromEntries(
        versions.map(version => [
          version,
          may(listOf(statementOf(version), { min: 1 }), `Statements of MQTT ${version}.`),
        ]),
      ),
      'a map from version to statements',
    ),
  ) as Schema<{ [V in Version]?: StatementRef[] }>,
)

export type Cite = { [V in Version]?: StatementRef }

const citeByVersion = withNumericKeys(
  recordOf(
    Object.fromEntries(
      versions.map(version => [
        version,
        may(statementOf(version), `The statement of MQTT ${version}.`),
      ]),
    ),
    title,
  ),
) as Schema<Cite>

/** One id for every version that has it, or one for each version. */
export const cite: Schema<Cite> = named('cite', {
  title: `${title}, or one for each version`,
  read(node, context) {
    if (asMap(node)) return citeByVersion.read(node, context)
    const id = text().read(node, context)
    if (id === undefined) return undefined
    const having = versions.filter(version => exists(version, id))
    if (having.length > 0) {
      return Object.fromEntries(having.map(version => [version, `${version}:${id}`])) as Cite
    }
    const all = new Set([...idsOf['3.1.1'], ...idsOf['5.0']])
    return unknown(context, id, 'no version of MQTT', all, node)
  },
  json: defs => ({ anyOf: [statementOf('5.0').json(defs), citeByVersion.json(defs)] }),
})

/**
 * What a step breaks on purpose: one id or several, which every version that the scenario runs in must have, or for each version its own.
 * 3.1 numbers no statements: what is broken there is not said.
 */
export function breaks(runsIn: readonly Version[]): Schema<Breaks> {
  const one = (version: Version) => oneOrMany(statementOf(version))
  const byVersion = withNumericKeys(
    recordOf(
      Object.fromEntries(
        versions.map(version => [version, may(one(version), `Statements of MQTT ${version}.`)]),
      ),
      breaksTitle,
    ),
  ) as Schema<Breaks>
  return named('breaks', {
    title: breaksTitle,
    read(node, context) {
      if (node.kind === 'map') return byVersion.read(node, context)
      const read: Breaks = {}
      for (const version of runsIn.filter(version => version !== '3.1')) {
        const statements = one(version).read(node, withVersionHint(context))
        if (!statements) return undefined
        read[version] = statements
      }
      return read
    },
    json: defs => ({ anyOf: [one('5.0').json(defs), byVersion.json(defs)] }),
  })
}
const breaksTitle = 'a statement such as MQTT-3.3.1-1, a list of them, or these for each version'

function withVersionHint(context: Context): Context {
  const hint = 'where the numbers differ write { 3.1.1: …, 5.0: … }'
  return {
    ...context,
    report: problem =>
      context.report({ ...problem, hint: [problem.hint, hint].filter(Boolean).join('; ') }),
  }
}

const levels = { must: 'MUST', should: 'SHOULD', may: 'MAY' } as const

export const level: Schema<Level> = {
  ...word('level', ['must', 'should', 'may']),
  read(node, context) {
    const read = word('level', ['must', 'should', 'may']).read(node, context)
    return read && levels[read]
  },
}
