import { entryOf, type Node } from '../../model/schema/node.ts'
import type { Span } from '../../model/schema/problem.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import type { RecordOf } from '../../model/schema/shapes.ts'
import { type Version, versions } from '../../model/version.ts'
import type { Case } from '../ast.ts'
import { checkBindings } from '../checking/bindings.ts'
import { lint } from '../checking/lint.ts'
import { checkLoneVariables } from '../checking/lone-variables.ts'
import {
  type Matrix,
  type scenarioFields,
  scenarioSchema,
  type suiteFields,
} from '../schema/suite.ts'
import { verifySchema } from '../verify.ts'
import { bindingsOf, type Combination, caseId, choicesOf } from './cases.ts'
import { commentAbove } from './comments.ts'
import type { Fragment } from './fragments.ts'
import type { Script } from './script.ts'
import { type ReadItems, readSteps, stepsMax } from './steps.ts'
import { substitute } from './substitute.ts'

/** What a scenario is read in. */
export type Surroundings = {
  suite: RecordOf<typeof suiteFields>
  /** The lines of the file, for the comment above the scenario. */
  lines: readonly string[]
  fragments: ReadonlyMap<string, Fragment>
  /** Takes the id, or reports that it is taken. */
  claim(id: string, at: Span): void
}

type ReadScenario = RecordOf<typeof scenarioFields>

/** The cases of a scenario: one for each version and each choice of its matrix. */
export function readScenario(node: Node, context: Context, around: Surroundings): Case[] {
  const read = scenarioSchema.read(node, context)
  if (!read) return []
  const { suite } = around
  around.claim(read.id.text, read.id.span)
  const matrix = read.matrix ?? suite.matrix
  const covers = coversOf(node, read)
  const { versions: wanted, combinations } = choicesOf(matrix, covers, read.id.span, context)
  const used = new Set<string>()
  const readItems: ReadItems = new Map()
  const scripts = combinations.map(values =>
    readScript(values, read, context, { ...around, used, readItems, versions: wanted }),
  )
  if (combinations.length > 0) reportUnused(matrix, read, used, context)
  const shared = sharedParts(read, node, around)
  return wanted.flatMap(version =>
    combinations.flatMap((values, i): Case[] => {
      const script = scripts[i]
      if (!script) return []
      const id = caseId(suite.suite.text, read.id.text, version, values)
      return [{ ...shared, ...script, id, version, covers: read.covers?.[version] ?? [] }]
    }),
  )
}

/** A version whose statements are mistaken is spoken of all the same. */
function coversOf(node: Node, { covers }: ReadScenario): NonNullable<ReadScenario['covers']> {
  const written = entryOf(node, 'covers')?.value
  const spoken = versions.filter(version => written && entryOf(written, version))
  return { ...Object.fromEntries(spoken.map(version => [version, []])), ...covers }
}

/** What is the same in every case of a scenario. */
function sharedParts(read: ReadScenario, node: Node, { suite, lines }: Surroundings) {
  const { file, line, column } = read.id.span
  return {
    suite: suite.suite.text,
    scenario: read.id.text,
    title: read.title,
    about: read.about ?? commentAbove(lines, node.span.line),
    bugs: read.bugs ?? [],
    tags: [...new Set([...(suite.tags ?? []), ...(read.tags ?? [])])],
    requires: [...(suite.requires ?? []), ...(read.requires ?? [])],
    place: { file, line, column },
  }
}

function readScript(
  combination: Combination,
  read: ReadScenario,
  context: Context,
  around: Surroundings & {
    used: Set<string>
    readItems: ReadItems
    versions: readonly Version[]
  },
): Script | undefined {
  const { role } = around.suite
  const values = new Map([...combination].map(([name, { node }]) => [name, node]))
  const stepsNode = substitute(read.steps, values, around.used)
  const verifyNode = read.verify && substitute(read.verify, values, around.used)
  const { fragments, readItems, versions } = around
  const budget = { steps: stepsMax }
  const inside = { role, fragments, open: [], budget, readItems, versions }
  const steps = readSteps(stepsNode, context, inside)
  const verify = verifyNode ? verifySchema.read(verifyNode, context) : []
  if (!steps || !verify) {
    checkLoneVariables([stepsNode, ...(verifyNode ? [verifyNode] : [])], values.keys(), context)
    return undefined
  }
  const script: Script = { role, bindings: bindingsOf(combination), steps, verify }
  const limits = checkBindings(script, versions, context)
  lint(script, read.id.span, context)
  return limits.length > 0 ? { ...script, limits } : script
}

function reportUnused(
  matrix: Matrix | undefined,
  { id, matrix: own }: ReadScenario,
  used: ReadonlySet<string>,
  context: Context,
): void {
  for (const { name, span } of matrix?.variables ?? []) {
    if (used.has(name)) continue
    const message = `the matrix variable "${name}" is never used`
    if (own) report(context, 'UNUSED', message, span)
    else {
      const hint = { hint: 'give the scenario a matrix of its own' }
      report(context, 'UNUSED', `${message} in this scenario`, id.span, hint)
    }
  }
}
