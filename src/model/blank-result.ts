import type { CaseResult } from './report.ts'

/** What a result is of, and how it comes again. */
export type ResultOf = Pick<CaseResult, 'id' | 'suite' | 'title' | 'version' | 'replay' | 'place'>

/** A result in which nothing has happened yet; whoever makes it says the rest. */
export function blankResult({ id, suite, title, version, replay, place }: ResultOf): CaseResult {
  return {
    id,
    suite,
    title,
    version,
    verdict: 'pass',
    reason: '',
    durationMs: 0,
    sleptMs: 0,
    covers: [],
    bugs: [],
    findings: [],
    replay,
    place,
    trace: [],
  }
}
