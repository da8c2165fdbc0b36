import type { CaseResult, ScenarioInFile, SuiteInFile } from '../../model/report.ts'

/** Where the id of a case stands in the command that runs any case again. */
const caseWord = '$case'

/** What of a result its scenario says, or its place in the file. */
const told = new Set<string>([
  'id',
  'suite',
  'title',
  'about',
  'version',
  'verdict',
  'reason',
  'durationMs',
  'sleptMs',
  'covers',
  'bugs',
  'findings',
  'replay',
  'place',
  'trace',
  'kills',
  'transport',
  'judges',
] satisfies (keyof CaseResult)[])

/** The command that runs a case again, with `$case` in place of its id, as the first case has it. */
export function replayRule(results: readonly CaseResult[]): string | undefined {
  const first = results.find(({ id, verdict }) => verdict === 'pass' && id !== '')
  return first?.replay.replaceAll(first.id, () => caseWord)
}

/** Whether all there is to say of a case is what its scenario says and how long it took. */
export function isSaidByScenario(result: CaseResult, replay: string | undefined): boolean {
  const { id, version, verdict, reason, durationMs, sleptMs, covers, findings } = result
  const { suite, name } = namesOf(result)
  return (
    (verdict === 'pass' ? reason === '' : verdict === 'skipped' && durationMs === 0) &&
    suite !== '' &&
    sleptMs === 0 &&
    findings.length === 0 &&
    (name === `:${version}` || name.startsWith(`:${version}:`)) &&
    covers.every(ref => ref.startsWith(`${version}:`)) &&
    replay?.replaceAll(caseWord, () => id) === result.replay &&
    // What is not asked for by name: a trace may have to be read first.
    Object.keys(result).every(key => told.has(key))
  )
}

/** All cases by suite and scenario, in order; those of `whole` stand elsewhere. */
export function suitesInFile(
  results: readonly CaseResult[],
  whole: ReadonlySet<CaseResult>,
): SuiteInFile[] {
  const suites: SuiteInFile[] = []
  for (const result of results) {
    const { verdict } = result
    const { suite, scenario, name } = namesOf(result)
    const { file } = result.place
    let last = suites.at(-1)
    if (last?.suite !== suite || last.file !== file) {
      last = { suite, file, scenarios: [] }
      suites.push(last)
    }
    const own = scenarioOf(result, scenario)
    const known = last.scenarios.at(-1)
    const fits = known && !Object.hasOwn(known.cases, name) && joined(known, own, whole.has(result))
    if (!fits) last.scenarios.push(own)
    const { cases } = fits ? known : own
    cases[name] = whole.has(result)
      ? { verdict }
      : verdict === 'pass'
        ? result.durationMs
        : result.reason
  }
  return suites
}

/** Whether a case can stand under `known`. The statements of a version are known when its first case has come. */
function joined(known: ScenarioInFile, own: ScenarioInFile, isWhole: boolean): boolean {
  if (known.id !== own.id) return false
  if (isWhole) return true
  const { covers, cases: _, ...rest } = known
  const { covers: more, cases: __, ...ownRest } = own
  if (JSON.stringify(rest) !== JSON.stringify(ownRest)) return false
  const all = { ...covers, ...more }
  const same = Object.entries(more).every(
    ([version, refs]) => String(covers[version as keyof typeof covers] ?? refs) === String(refs),
  )
  if (same) known.covers = all
  return same
}

function scenarioOf(result: CaseResult, scenario: string): ScenarioInFile {
  const { title, about, version, place, covers, bugs, kills, transport, judges } = result
  return {
    id: scenario,
    title,
    ...(about === undefined ? {} : { about }),
    at: `${place.line}:${place.column}`,
    covers: { [version]: covers.map(ref => ref.slice(version.length + 1)) },
    ...(bugs.length === 0 ? {} : { bugs }),
    ...(kills === undefined ? {} : { kills }),
    ...(transport === undefined ? {} : { transport }),
    ...(judges === undefined ? {} : { judges }),
    cases: {},
  }
}

/** `a/b:5.0:qos=2` is the case `:5.0:qos=2` of `b` in the suite `a`. */
function namesOf({ id, suite }: CaseResult): { suite: string; scenario: string; name: string } {
  const at = id.indexOf(':')
  const end = at === -1 ? id.length : at
  const isOfSuite = suite !== '' && id.startsWith(`${suite}/`) && suite.length < end
  return {
    suite: isOfSuite ? suite : '',
    scenario: id.slice(isOfSuite ? suite.length + 1 : 0, end),
    name: id.slice(end),
  }
}
