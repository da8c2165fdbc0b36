import type { StatementRef } from '../../model/finding.ts'
import { padEnd, textWidth } from '../../reporters/text/columns.ts'
import { count } from '../../reporters/text/words.ts'
import { UsageError } from '../../run/usage-error.ts'
import { statementsMeant } from '../../scenario/statement-word.ts'
import type { Io } from '../io.ts'

/** Lines of cells. */
type Rows = string[][]

const lists: { [what: string]: (words: readonly string[]) => Promise<Rows> } = {
  suites: listSuites,
  statements: listStatements,
  targets: listTargets,
  faults: listFaults,
  reporters: listReporters,
}

/** `mqttspec list WHAT`: plain lines, one entry each, in columns two spaces apart. */
export async function listCommand(
  what: string,
  words: readonly string[],
  { stdout }: Io,
): Promise<number> {
  const list = Object.hasOwn(lists, what) ? lists[what] : undefined
  if (!list) {
    throw new UsageError(
      `nothing to list is called "${what}": expected one of ${Object.keys(lists).join(', ')}`,
    )
  }
  stdout.write(`${inColumns(await list(words)).join('\n')}\n`)
  return 0
}

/** All cells but the last of a row as wide as the widest of their column. */
function inColumns(rows: Rows): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(cell))
    }
  }
  return rows.map(row =>
    row
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

async function listSuites(): Promise<Rows> {
  const { readSuites } = await import('../../run/choice/choose-suites.ts')
  const { suites } = await readSuites([])
  return suites.flatMap(suite => {
    const scenarios = new Map<string, number>()
    for (const kase of suite.cases)
      scenarios.set(kase.scenario, (scenarios.get(kase.scenario) ?? 0) + 1)
    return [
      [
        suite.id,
        `${suite.title} (${count(suite.cases.length, 'case')}, tests a ${suite.role === 'broker' ? 'client' : 'broker'})`,
      ],
      ...[...scenarios].map(([id, cases]) => {
        const title = suite.cases.find(kase => kase.scenario === id)?.title ?? ''
        return [`  ${suite.id}/${id}`, `${title} (${cases})`]
      }),
    ]
  })
}

/** All, in a line each; of those that words name (`4.3.3`) also the cases. */
async function listStatements(words: readonly string[]): Promise<Rows> {
  const { statements } = await import('../../standard/statements.ts')
  const { unseen } = await import('../../standard/statements/unseen.ts')
  const { readSuites } = await import('../../run/choice/choose-suites.ts')
  const { suites } = await readSuites([])
  const wanted = words.map(wordOfStatement)
  const covered = new Map<string, string[]>()
  for (const kase of suites.flatMap(suite => suite.cases)) {
    for (const ref of kase.covers) covered.set(ref, [...(covered.get(ref) ?? []), kase.id])
  }
  const chosen = [...statements.values()].filter(
    ({ ref }) => wanted.length === 0 || wanted.some(means => means(ref)),
  )
  if (chosen.length === 0) throw new UsageError(`no statement is called ${words.join(' ')}`)
  return chosen.flatMap(({ ref, level, says }): Rows => {
    const cases = covered.get(ref) ?? []
    const reason = unseen[ref]
    const accounted = cases.length === 0 && reason ? reason.reason : count(cases.length, 'case')
    const line = [ref, level, accounted]
    const why = cases.length === 0 && reason ? `${says} (${reason.why})` : says
    if (wanted.length === 0) return [[...line, why]]
    // A cell in the last column takes no width from the others.
    return [[...line, why], ...scenariosOf(cases).map(one => [`  ${one}`])]
  })
}

function wordOfStatement(word: string): (ref: StatementRef) => boolean {
  const means = statementsMeant(word)
  if (means) return means
  throw new UsageError(
    `"${word}" names no statement: expected a section such as 4.3.3, or MQTT-4.3.3-2`,
  )
}

/** Scenarios with their number of cases, or the case where there is one. */
function scenariosOf(ids: readonly string[]): string[] {
  const scenarios = new Map<string, string[]>()
  for (const id of ids) {
    const scenario = id.split(':', 1)[0] ?? id
    scenarios.set(scenario, [...(scenarios.get(scenario) ?? []), id])
  }
  return [...scenarios].map(([scenario, cases]) =>
    cases.length === 1 ? (cases[0] ?? scenario) : `${scenario} (${cases.length})`,
  )
}

async function listTargets(): Promise<Rows> {
  const { listProfiles } = await import('../../targets/index.ts')
  return (await listProfiles()).map(({ name, role, versions, about = '' }) => [
    name,
    role,
    versions.join(', '),
    about,
  ])
}

async function listFaults(): Promise<Rows> {
  const { faults } = await import('../../faults/index.ts')
  const { faultKinds } = await import('../../explore/fault.ts')
  return [
    ...Object.values(faults).map(({ kind, title }) => [kind, title]),
    ...Object.entries(faultKinds).map(([kind, title]) => [`explore: ${kind}`, title]),
  ]
}

async function listReporters(): Promise<Rows> {
  const { reporters } = await import('../../reporters/index.ts')
  return Object.entries(reporters).map(([name, entry]) => [name, entry.title])
}
