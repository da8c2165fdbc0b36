/** Where a power cut can hurt: at each operation of a socket and at each commit to flash. */
export type PointKind = 'socket-op' | 'commit'

/**
 * The power fails right before or right after one operation. `index` counts from 0 since the board booted.
 * A socket operation is a connect, a close, a write, or a read that got something; polling without result is none.
 */
export type CutPoint = { kind: PointKind; index: number; when: 'before' | 'after' }

/** Every point of a run that had so many operations. */
export function everyCutPoint(counts: { socketOps: number; commits: number }): CutPoint[] {
  return [...pointsOf('socket-op', counts.socketOps), ...pointsOf('commit', counts.commits)]
}

export function describeCutPoint({ kind, index, when }: CutPoint): string {
  return `${when} ${kind} ${index}`
}

function pointsOf(kind: PointKind, count: number): CutPoint[] {
  return Array.from({ length: count }, (_, index): CutPoint[] => [
    { kind, index, when: 'before' },
    { kind, index, when: 'after' },
  ]).flat()
}
