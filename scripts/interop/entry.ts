import type { Level, StatementRef } from '../../src/model/finding.ts'
import type { CaseResult, RunReport, StatementOutcome, Verdict } from '../../src/model/report.ts'
import { causesIn } from '../../src/reporters/counting/groups.ts'
import { drawRuns } from '../../src/reporters/counting/runs.ts'

/**
 * What one run of one target came to, small enough to be kept for every version of it: no trace, but a ladder for each statement that
 * was broken.
 */
export type Entry = {
  name: string
  role: 'broker' | 'client'
  version: string
  /** The day of the run. */
  date: string
  mqttspec: string
  mqtt: string[]
  command: string
  /** The time of the run was over before all cases had their turn. */
  outOfTime: boolean
  summary: Record<Verdict, number>
  /** Legal choices, which are shown and not judged. */
  choices: RunReport['target']['fingerprint']
  /** By the first part of their names. */
  groups: { [group: string]: Partial<Record<Verdict, number>> }
  /** Missing where only what failed was kept of a run. */
  met?: StatementRef[]
  broken: Broken[]
  causes: { says: string; verdict: 'fail' | 'warn'; cases: number; fix?: string }[]
}

export type Broken = {
  statement: StatementRef
  level: Level
  /** How many cases broke it, and the one that shows it. */
  cases: number
  case: string
  title: string
  says: string
  ladder: string[]
}

const ladderRows = 26

export function entryOf(
  report: RunReport,
  about: Pick<Entry, 'name' | 'role' | 'version' | 'date' | 'command' | 'outOfTime'>,
): Entry {
  const { target, results, statements, summary } = report
  const met = statements.filter(({ outcome }) => outcome === 'met').map(({ id }) => id)
  return {
    ...about,
    mqttspec: report.mqttspec,
    mqtt: target.versions,
    summary,
    choices: target.fingerprint,
    groups: groupsOf(results),
    met,
    broken: statements
      .filter(({ outcome }) => outcome === 'broken')
      .flatMap(one => brokenOf(one, report)),
    causes: causesIn(report).map(({ says, verdict, cases, fix }) => ({
      says,
      verdict,
      cases: cases.length,
      ...(fix === undefined ? {} : { fix }),
    })),
  }
}

function groupsOf(results: CaseResult[]): Entry['groups'] {
  const groups: Entry['groups'] = {}
  for (const { suite, verdict } of results) {
    const name = suite.split('/').slice(0, 2).join('/')
    const group = groups[name] ?? {}
    group[verdict] = (group[verdict] ?? 0) + 1
    groups[name] = group
  }
  return Object.fromEntries(Object.entries(groups).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of the cases that broke a statement, the one with the shortest trace shows it. */
function brokenOf({ id, level }: StatementOutcome, { results, target }: RunReport): Broken[] {
  const cases = results.filter(
    ({ findings, verdict }) => verdict !== 'error' && findings.some(one => one.statement === id),
  )
  const [shown] = cases
    .filter(({ trace }) => trace.length > 0)
    .sort((a, b) => a.trace.length - b.trace.length || (a.id < b.id ? -1 : 1))
  const one = shown ?? cases[0]
  if (!one) return []
  const finding = one.findings.find(({ statement }) => statement === id)
  const options = { columns: 110, ascii: false, target: target.name, rowsMax: ladderRows }
  const ladder = drawRuns(one, options).map(({ text }) => unique(text))
  const { id: name, title } = one
  return [
    {
      statement: id,
      level,
      cases: cases.length,
      case: name,
      title,
      says: unique(finding?.message ?? one.reason),
      ladder,
    },
  ]
}

/** Without the names that a run takes by chance. */
function unique(text: string): string {
  return text.replace(/\bm[0-9a-z]{8}([A-Za-z0-9]*)/g, 'm…$1')
}

/** Where an entry is kept: one for each version of a target, the newest run of it. */
export function fileOf({ name, version }: Pick<Entry, 'name' | 'version'>): string {
  return `${name}-${version.replace(/[^\w.+-]/g, '_')}.json`
}
