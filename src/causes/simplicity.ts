import type { CaseResult } from '../model/report.ts'

/** How much there is to read in a case until it fails, to compare with others: one without faults and on fewer connections goes first. */
export function byEffort(one: CaseResult, other: CaseResult): number {
  const [a, b] = [effortOf(one), effortOf(other)]
  const differs = a.findIndex((value, index) => value !== b[index])
  if (differs >= 0) return a[differs]! - b[differs]!
  return one.id < other.id ? -1 : 1
}

function effortOf({ trace, id, verdict, known }: CaseResult): number[] {
  const count = (kind: string) => trace.filter(event => event.kind === kind).length
  return [
    verdict === 'fail' ? 0 : 1,
    known === undefined ? 0 : 1,
    // Nothing to look at.
    trace.length === 0 ? 1 : 0,
    count('fault') + count('restart'),
    count('open'),
    count('packet') + count('bytes'),
    id.length,
  ]
}
