import type { Defect } from '../../explore/defect.ts'
import { caseIdOf, type Setup } from '../../explore/setup.ts'
import { anyCanary, type CanaryName, canaryNote } from '../../explorer/canary/canaries.ts'
import type { Explored } from '../../explorer/explorer.ts'
import type { CaseResult } from '../../model/report.ts'
import { nearest } from '../../model/schema/near.ts'
import type { Trouble } from '../report/make-report.ts'
import { UsageError } from '../usage-error.ts'
import { common, flowResult } from './explored.ts'

/** Throws UsageError for a name that is none. */
export function canaryNamed(text: string): CanaryName {
  const names = Object.keys(anyCanary)
  const found = names.find((name): name is CanaryName => name === text)
  if (found) return found
  const near = nearest(text, names)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  throw new UsageError(`no canary is called "${text}"${hint}\none of: ${names.join(', ')}`)
}

/** It failed again alone, the canary did something in it, and what was broken is what the canary breaks. */
export function isOfCanary({ stable, trace, breach }: Defect, canary: CanaryName): boolean {
  const note = `${canaryNote}${canary}`
  const acted = trace.some(event => event.kind === 'note' && event.text === note)
  return stable && acted && anyCanary[canary].shownBy(breach)
}

/** Whether the search found the flaw that was put upon the target. What the target gets wrong by itself is only counted. */
export function judgeCanary(
  canary: CanaryName,
  explored: Explored,
  setups: readonly Setup[],
): { results: CaseResult[]; trouble?: Trouble } {
  const ids = new Map(setups.map(setup => [caseIdOf(setup), setup]))
  const flows = [...ids].map(([id, setup]) => flowResult(id, setup, explored))
  const found = explored.defects.find(defect => isOfCanary(defect, canary))
  const own = explored.defects.filter(one => one.stable && !isOfCanary(one, canary)).length
  const said = `the canary ${canary} was ${found ? 'found' : 'not found'} in ${explored.schedules} schedules`
  const first = setups.find(({ index }) => index === found?.schedule.setup) ?? setups[0]
  if (!first) return { results: flows }
  const result: CaseResult = {
    ...common(`canary/${canary}`, first),
    suite: 'explore/canary',
    title: anyCanary[canary].title,
    verdict: found ? 'pass' : 'inconclusive',
    reason: found ? '' : said,
    notes: [
      ...(found ? [`${said}, by ${how(found)}: ${found.statement} ${found.breach.message}`] : []),
      ...(own > 0 ? [`${own} defects that are no canary's; a search without it tells them`] : []),
    ],
    findings: [],
    replay: '',
    trace: found?.trace ?? [],
  }
  return {
    results: [...flows, result],
    ...(found ? {} : { trouble: { says: said, exitCode: 4 as const } }),
  }
}

function how({ atoms, replay }: Defect): string {
  return `${replay} (${atoms.length === 0 ? 'no fault at all' : atoms.join(', then ')})`
}
