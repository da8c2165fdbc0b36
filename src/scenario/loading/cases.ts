import type { StatementRef } from '../../model/finding.ts'
import type { Span } from '../../model/schema/problem.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import { type Version, versions } from '../../model/version.ts'
import type { Scalar } from '../ast.ts'
import type { Matrix, MatrixValue } from '../schema/suite.ts'
import { plainScalar } from '../verbs/scene.ts'

/** One value of each variable of a matrix, in the order they are written. */
export type Combination = ReadonlyMap<string, MatrixValue>

const casesMax = 1000

/** The versions in which a scenario runs, and every combination of the variables of its matrix. */
export function choicesOf(
  matrix: Matrix | undefined,
  covers: { [V in Version]?: StatementRef[] },
  span: Span,
  context: Context,
): { versions: Version[]; combinations: Combination[] } {
  const covered = versions.filter(version => covers[version])
  const chosen = matrix?.versions ?? (covered.length > 0 ? covered : (['3.1.1', '5.0'] as const))
  for (const version of new Set(chosen)) {
    if (covered.length === 0 || covered.includes(version)) continue
    const message = `the scenario runs in ${version}, where it covers no statement`
    const hint = { hint: 'add it to "covers", or leave it out of "matrix"' }
    report(context, 'NO_COVERS', message, span, hint)
  }
  const variables = matrix?.variables ?? []
  const count = variables.reduce((product, { values }) => product * values.length, 1)
  if (count > casesMax) {
    const message = `the matrix has ${count} combinations; at most ${casesMax} are allowed`
    report(context, 'OUT_OF_RANGE', message, span)
    return { versions: [], combinations: [] }
  }
  return { versions: [...new Set(chosen)], combinations: combinationsOf(variables) }
}

function combinationsOf(variables: Matrix['variables']): Combination[] {
  let all: Combination[] = [new Map()]
  for (const { name, values } of variables) {
    all = all.flatMap(before => values.map(value => new Map([...before, [name, value]])))
  }
  return all
}

/** `suite/scenario:version:key=value`, a value that has a name by its name. Characters that would confuse a selection are written as %XX. */
export function caseId(
  suite: string,
  scenario: string,
  version: Version,
  values: Combination,
): string {
  const variables = [...values].map(([name, { called }]) => `:${name}=${escapeValue(called)}`)
  return `${suite}/${scenario}:${version}${variables.join('')}`
}

function escapeValue(text: string): string {
  return text.replace(/[^A-Za-z0-9._+\-/#$@]/gu, character =>
    [...new TextEncoder().encode(character)]
      .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}

export function bindingsOf(values: Combination): { [name: string]: Scalar } {
  return Object.fromEntries([...values].map(([name, { node }]) => [name, plainScalar(node.text)]))
}
