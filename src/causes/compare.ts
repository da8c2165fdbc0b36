import type { CaseResult, RunReport } from '../model/report.ts'
import { primaryFinding } from './primary.ts'
import { shapeOf } from './shape.ts'

/** What became of a case between two runs. */
export type Change = {
  id: string
  before: CaseResult | undefined
  after: CaseResult | undefined
}

export type Comparison = {
  /** Failed before, and does not now. */
  fixed: Change[]
  /** Did not fail before, and does now. */
  broken: Change[]
  /** Fails, and was not run before. */
  new: Change[]
  /** Failed or warned before and does now, by another statement or in another way. */
  changed: Change[]
  /** Failed before, and was not run now. */
  gone: Change[]
  /** Fails in the same way as before. */
  still: number
}

/** Holds two runs against each other, case by case. Ports, packet ids, payloads and times make no difference. */
export function compareReports(
  before: Pick<RunReport, 'results'>,
  after: Pick<RunReport, 'results'>,
): Comparison {
  const comparison: Comparison = {
    fixed: [],
    broken: [],
    new: [],
    changed: [],
    gone: [],
    still: 0,
  }
  const old = new Map(before.results.map(result => [result.id, result]))
  for (const result of after.results) {
    const was = old.get(result.id)
    old.delete(result.id)
    const change = { id: result.id, before: was, after: result }
    if (was === undefined || notJudged(was)) {
      if (failed(result)) comparison[was === undefined ? 'new' : 'broken'].push(change)
    } else if (notJudged(result)) {
      if (failed(was)) comparison.gone.push(change)
    } else if (failed(was) !== failed(result)) {
      comparison[failed(was) ? 'fixed' : 'broken'].push(change)
    } else if (wayOf(was) !== wayOf(result)) {
      comparison.changed.push(change)
    } else if (failed(result)) comparison.still++
  }
  for (const [id, was] of old) {
    if (failed(was)) comparison.gone.push({ id, before: was, after: undefined })
  }
  return comparison
}

function failed({ verdict }: CaseResult): boolean {
  return verdict === 'fail' || verdict === 'error'
}

/** Nothing was said of the target. */
function notJudged({ verdict }: CaseResult): boolean {
  return verdict === 'skipped' || verdict === 'inconclusive' || verdict === 'unstable'
}

/** How a case failed or warned, without what differs from run to run. */
function wayOf(result: CaseResult): string {
  const { verdict } = result
  if (verdict === 'pass') return verdict
  const finding = primaryFinding(result)
  if (!finding)
    return verdict === 'error' ? verdict : `${verdict} ${shapeOf({ message: result.reason })}`
  // The closest time of a wait may be another, and the target another's name.
  return `${verdict} ${finding.statement} ${shapeOf(finding)}`
}
