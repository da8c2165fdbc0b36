import type { CaseResult } from '../../model/report.ts'
import { countOutcomes, neverBegan, outcomeOf } from '../counting/counts.ts'
import { shortId } from '../counting/groups.ts'
import type { ReporterOptions } from '../reporter.ts'
import { fit, wrap } from '../text/columns.ts'
import { visible } from '../text/visible.ts'
import { count } from '../text/words.ts'
import { type Paper, sign } from './paper.ts'

/** A suite in one line, and under it a line for each case that asks for attention. */
export function suiteLines(
  suite: string,
  results: readonly CaseResult[],
  page: Paper,
  { verbose }: Pick<ReporterOptions, 'verbose'>,
): string[] {
  const listed = results.filter(result => verbose || asksForAttention(result))
  return [
    suiteLine(suite, results, page),
    ...listed.flatMap(result => caseLines(result, suite, page)),
  ]
}

function asksForAttention(result: CaseResult): boolean {
  if (neverBegan(result)) return false
  const notable = result.notes !== undefined && result.notes.length > 0
  return (
    notable || ['warn', 'fail', 'unstable', 'inconclusive', 'error'].includes(outcomeOf(result))
  )
}

function suiteLine(suite: string, results: readonly CaseResult[], page: Paper): string {
  const counts = countOutcomes(results)
  const told = [...counts].map(([outcome, n]) => `${n} ${outcome}`).join(', ')
  const name = fit(visible(suite, 300), Math.max(20, page.columns - told.length - 4), page.more)
  const worst = [...counts.keys()][0] ?? 'skipped'
  return `${sign(worst, page)} ${page.paint.bold(name)}  ${told}`
}

function caseLines(result: CaseResult, suite: string, page: Paper): string[] {
  const outcome = outcomeOf(result)
  const name = visible(shortId(result.id, suite), 300)
  const reason = outcome === 'known' ? visible(result.known?.ticket ?? '', 200) : result.reason
  const told = [reason, ...(result.notes ?? [])].filter(text => text !== '').join('; ')
  const wrapped = wrap(visible(told, 400), page.columns - 6, 2)
  const caught = outcome === 'pass' && result.kills ? `  caught ${count(result.kills, 'flaw')}` : ''
  const shown = fit(name, page.columns - 4 - caught.length, page.more)
  const first = `  ${sign(outcome, page)} ${shown}${page.paint.dim(caught)}`
  return told === '' ? [first] : [first, ...wrapped.map(line => `      ${page.paint.dim(line)}`)]
}
