import type { CaseResult } from '../../model/report.ts'

/** A failure that might have been the doing of others, and did not come again alone. */
export function failedInCompany(
  first: CaseResult,
  again: CaseResult,
  beside: readonly string[],
): CaseResult {
  return {
    ...unstable(first, again, beside),
    reason: `it failed beside ${othersText(beside)}, and run again alone ${cameText(again)}; at first: ${first.reason}`,
    replay: `${again.replay} # takes company: alone it did not fail again`,
  }
}

/** A breach that the bytes of the target prove, and that came in so many plays and then no more. */
export function cameNoMore(
  first: CaseResult,
  again: CaseResult,
  beside: readonly string[],
  times: number,
): CaseResult {
  const result = unstable(first, again, beside)
  return {
    ...result,
    reason: `it failed in ${times} of ${times + 1} plays, which what the target sent proves; in the last ${cameText(again)}; at first: ${first.reason}`,
    first: { ...result.first, proven: true },
    replay: `${again.replay} # a race: it may take several plays`,
  }
}

/** One that did one thing in a play and another in the next, side by side with others as it was. */
export function cameAndWent(worse: CaseResult, milder: CaseResult, plays: number): CaseResult {
  const result = unstable(worse, milder, [])
  return {
    ...result,
    reason: `it comes and goes: of ${plays} plays ${plays === 2 ? 'one' : 'some'} broke a rule, and in another ${cameText(milder)}; it broke: ${worse.reason}`,
    first: { ...result.first, proven: true },
    replay: `${milder.replay} # a race: it may take several plays`,
  }
}

function unstable(first: CaseResult, again: CaseResult, beside: readonly string[]) {
  const { verdict, reason, durationMs, findings, trace } = first
  return {
    ...again,
    verdict: 'unstable',
    findings: [],
    first: {
      verdict: verdict === 'warn' ? 'warn' : 'fail',
      reason,
      durationMs,
      findings,
      trace,
      beside: [...beside],
    },
  } satisfies CaseResult
}

function othersText({ length }: readonly string[]): string {
  return length === 1 ? '1 other case' : `${length} other cases`
}

function cameText({ verdict, reason }: CaseResult): string {
  return verdict === 'pass' ? 'it passed' : `it was ${verdict}: ${reason}`
}
