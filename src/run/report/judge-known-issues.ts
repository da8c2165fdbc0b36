import type { KnownIssue } from '../../model/known-issues.ts'
import type { CaseResult } from '../../model/report.ts'

/**
 * Marks results that a known-issues file speaks of. With `whole`, also what no longer holds: an accepted failure that passes, fails
 * otherwise, was skipped, has expired or fits no case fails the run.
 */
export function judgeKnownIssues(
  results: CaseResult[],
  entries: KnownIssue[],
  whole = false,
  today = new Date().toISOString().slice(0, 10),
): { expected: number; violations: string[] } {
  const violations: string[] = []
  let expected = 0
  const met = new Set<KnownIssue>()
  for (const result of results) {
    const fitting = entries.filter(one => fits(one.case, result.id))
    for (const one of fitting) met.add(one)
    const entry = speaking(result, fitting, today)
    if (!entry) continue
    const outcome = outcomeOf(result, entry, today)
    // A pass where a race allows a failure needs no excuse.
    if (result.verdict === 'pass' && outcome === 'expected') continue
    result.known = { ticket: entry.ticket, outcome }
    if (outcome === 'expected') expected++
    else violations.push(`${result.id}: ${complaint(outcome, result, entry)} (${entry.ticket})`)
  }
  if (whole) {
    for (const entry of entries) {
      if (!met.has(entry) && results.length > 0 && ranWhole(results, entry)) {
        violations.push(`${entry.case}: fits no case that was selected (${entry.ticket})`)
      }
    }
  }
  return { expected, violations }
}

/** Of the entries that fit a case: the one that accepts what it came to; the first if none does. A race excuses no listed failure that passes. */
function speaking(
  result: CaseResult,
  fitting: KnownIssue[],
  today: string,
): KnownIssue | undefined {
  if (result.verdict === 'pass') return fitting.find(one => !one.intermittent) ?? fitting[0]
  return fitting.find(one => outcomeOf(result, one, today) === 'expected') ?? fitting[0]
}

type Outcome = NonNullable<CaseResult['known']>['outcome']

function outcomeOf(result: CaseResult, entry: KnownIssue, today: string): Outcome {
  if (result.verdict === 'skipped') return 'skipped'
  if (entry.expires !== undefined && entry.expires < today) return 'expired'
  if (result.verdict === 'pass') return entry.intermittent ? 'expected' : 'passes'
  const findings = result.first?.findings ?? result.findings
  const cited = findings.some(finding => finding.statement === entry.statement)
  if (entry.statement !== undefined && !cited) return 'differs'
  return 'expected'
}

function complaint(outcome: Outcome, result: CaseResult, entry: KnownIssue): string {
  switch (outcome) {
    case 'expected':
      return ''
    case 'passes':
      return 'listed as a known failure, but it passes now'
    case 'differs':
      return `listed as breaking ${entry.statement}, but it fails otherwise: ${result.reason}`
    case 'skipped':
      return `listed as a known failure, but it was skipped: ${result.reason}`
    case 'expired':
      return `the entry expired on ${entry.expires}`
  }
}

/** Whether an entry speaks of the case. */
export function fitsKnownIssue(entry: Pick<KnownIssue, 'case'>, id: string): boolean {
  return fits(entry.case, id)
}

/** `*` stands for any text, colons included. */
function fits(pattern: string, id: string): boolean {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    const source = pattern
      .split('*')
      .map(text => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
    compiled = new RegExp(`^${source}$`)
    patterns.set(pattern, compiled)
  }
  return compiled.test(id)
}

/** Each entry is asked of each case. */
const patterns = new Map<string, RegExp>()

/** An entry can only be missed where its suite was selected at all. */
function ranWhole(results: CaseResult[], entry: KnownIssue): boolean {
  const suite = entry.case.split(/[:*]/)[0] ?? ''
  return results.some(result => suite.startsWith(result.suite) || result.suite.startsWith(suite))
}
