import type { Row } from './row.ts'

/** A run of rows left out. */
export type Gap = { kind: 'gap'; rows: Row[] }

/**
 * At most `rowsMax` rows and gaps: those near findings first, then near faults, then the beginning and the end.
 * `cost` says how many lines a row takes.
 */
export function elide(
  rows: readonly Row[],
  rowsMax: number,
  cost: (row: Row) => number,
): (Row | Gap)[] {
  const costs = new Map(rows.map(row => [row, cost(row)]))
  const linesOf = (parts: readonly (Row | Gap)[]) =>
    parts.reduce((sum, part) => sum + ('kind' in part ? 1 : costs.get(part)!), 0)
  if (linesOf(rows) <= rowsMax) return [...rows]
  const ranked = rankedIndices(rows)
  for (let keep = Math.min(rows.length, rowsMax); keep > 1; keep--) {
    const kept = withGaps(rows, new Set(ranked.slice(0, keep)))
    if (linesOf(kept) <= rowsMax) return kept
  }
  return withGaps(rows, new Set(ranked.slice(0, 1)))
}

/** The most telling row first. */
function rankedIndices(rows: readonly Row[]): number[] {
  const toFinding = distances(rows, row => row.findings.length > 0)
  const toFault = distances(rows, row => row.tone === 'fault')
  const last = rows.length - 1
  const rank = (index: number) =>
    Math.min(toFinding[index]!, 2 + 2 * toFault[index]!, 3 + 2 * index, 3 + 2 * (last - index))
  const ranks = rows.map((_, index) => rank(index))
  return rows.map((_, index) => index).sort((a, b) => ranks[a]! - ranks[b]! || a - b)
}

/** Rows between each row and the nearest that `isIt`; what leads to it counts half as far as what follows. */
function distances(rows: readonly Row[], isIt: (row: Row) => boolean): number[] {
  const found = rows.map(row => (isIt(row) ? 0 : Number.POSITIVE_INFINITY))
  for (let i = 1; i < found.length; i++) found[i] = Math.min(found[i]!, found[i - 1]! + 1)
  for (let i = found.length - 2; i >= 0; i--) found[i] = Math.min(found[i]!, found[i + 1]! + 0.5)
  return found
}

function withGaps(rows: readonly Row[], keep: ReadonlySet<number>): (Row | Gap)[] {
  const parts: (Row | Gap)[] = []
  for (const [index, row] of rows.entries()) {
    const last = parts.at(-1)
    if (keep.has(index)) parts.push(row)
    else if (last !== undefined && 'kind' in last) last.rows.push(row)
    else parts.push({ kind: 'gap', rows: [row] })
  }
  // A gap of one row takes the line that the row itself would.
  return parts.map(part =>
    'kind' in part && part.rows.length === 1 && part.rows[0]!.findings.length === 0
      ? part.rows[0]!
      : part,
  )
}
