import type { StatementRef } from '../../model/finding.ts'
import type {
  CaseResult,
  ReportFile,
  RunReport,
  ScenarioInFile,
  SuiteInFile,
} from '../../model/report.ts'
import type { Version } from '../../model/version.ts'

/** The report of what stands in a file: every case whole and in its order. Text where its parts do not fit each other. */
export function wholeReport({ replay, suites, ...file }: ReportFile): RunReport | string {
  const whole = new Map<string, CaseResult[]>()
  for (const result of file.results) {
    const same = whole.get(result.id)
    if (same) same.push(result)
    else whole.set(result.id, [result])
  }
  const results: CaseResult[] = []
  for (const suite of suites) {
    for (const scenario of suite.scenarios) {
      for (const [name, became] of Object.entries(scenario.cases)) {
        const id = `${suite.suite === '' ? '' : `${suite.suite}/`}${scenario.id}${name}`
        const result =
          typeof became === 'object'
            ? whole.get(id)?.shift()
            : quietResult({ id, name, became, suite, scenario, replay })
        if (result === undefined) return `results holds no ${id}`
        results.push(result)
      }
    }
  }
  // What no scenario names was put there by somebody else: it is seen all the same.
  results.push(...[...whole.values()].flat())
  const covering = casesByStatement(results)
  const statements = file.statements.map(one => ({
    ...one,
    cases: one.cases ?? covering.get(one.id) ?? [],
  }))
  return { ...file, results, statements }
}

/** The ids of the cases that cover each statement. */
export function casesByStatement(results: readonly CaseResult[]): Map<StatementRef, string[]> {
  const covering = new Map<StatementRef, string[]>()
  for (const { id, covers } of results) {
    for (const ref of covers) {
      const ids = covering.get(ref)
      if (ids) ids.push(id)
      else covering.set(ref, [id])
    }
  }
  return covering
}

type Quiet = {
  id: string
  name: string
  /** In how many ms it passed, or why it was skipped. */
  became: number | string
  suite: SuiteInFile
  scenario: ScenarioInFile
  replay: string | undefined
}

function quietResult({ id, name, became, suite, scenario, replay }: Quiet): CaseResult {
  const { title, about, at, covers, bugs, kills, transport, judges } = scenario
  const version = name.split(':')[1] as Version
  const [line = 0, column = 0] = at.split(':').map(Number)
  return {
    id,
    suite: suite.suite,
    title,
    ...(transport === undefined ? {} : { transport }),
    ...(about === undefined ? {} : { about }),
    version,
    verdict: typeof became === 'number' ? 'pass' : 'skipped',
    reason: typeof became === 'number' ? '' : became,
    durationMs: typeof became === 'number' ? became : 0,
    sleptMs: 0,
    covers: (covers[version] ?? []).map(ref => `${version}:${ref}` as const),
    ...(judges === undefined ? {} : { judges }),
    bugs: bugs ?? [],
    findings: [],
    replay: replay?.replaceAll('$case', () => id) ?? '',
    ...(kills === undefined ? {} : { kills }),
    place: { file: suite.file, line, column },
    trace: [],
  }
}
