/** Where a power cut can hurt: at each operation of a socket, each commit to flash, each line that the application prints. */
export type PointKind = 'socket-op' | 'commit' | 'line'

/** Operations of a boot, by kind. */
export type PointCounts = { socketOps: number; commits: number; lines: number }

/**
 * The power fails right before or right after one operation, or in the middle of a write to flash: `torn` leaves half of the file's new
 * content in the place of the old, which is more than a sound littlefs lets happen. `index` counts from 0 since the board booted.
 * A socket operation is a connect, a close, a write, or a read that got something; polling without result is none.
 */
export type CutPoint = { kind: PointKind; index: number; when: 'before' | 'after' | 'torn' }

/** Every point of a run that had so many operations. */
export function everyCutPoint(counts: PointCounts): CutPoint[] {
  return [
    ...pointsOf('socket-op', counts.socketOps),
    ...pointsOf('commit', counts.commits),
    ...pointsOf('line', counts.lines),
  ]
}

export function describeCutPoint({ kind, index, when }: CutPoint): string {
  return `${when} ${kind} ${index}`
}

function pointsOf(kind: PointKind, count: number): CutPoint[] {
  return Array.from({ length: count }, (_, index): CutPoint[] => [
    { kind, index, when: 'before' },
    ...(kind === 'commit' ? [{ kind, index, when: 'torn' } as const] : []),
    { kind, index, when: 'after' },
  ]).flat()
}
