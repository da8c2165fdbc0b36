/**
 * Where a power cut can hurt: at each operation of a socket, each commit to flash, each line that the application prints. Where the flash chip
 * itself is emulated, at each erase and each program of it instead of at commits.
 */
export type PointKind = 'socket-op' | 'commit' | 'erase' | 'program' | 'line'

/** Operations of a boot, by kind. */
export type PointCounts = {
  socketOps: number
  commits: number
  erases: number
  programs: number
  lines: number
}

export const noPoints: PointCounts = {
  socketOps: 0,
  commits: 0,
  erases: 0,
  programs: 0,
  lines: 0,
}

/**
 * The power fails right before or right after one operation, or in the middle of a write to flash: `torn` leaves half of the file's new
 * content in the place of the old, which is more than a sound littlefs lets happen, half a sector erased or half a page programmed.
 * `index` counts from 0 since the board booted. A socket operation is a connect, a close, a write, or a read that got something; polling
 * without result is none.
 */
export type CutPoint = { kind: PointKind; index: number; when: 'before' | 'after' | 'torn' }

/** Every point of a run that had so many operations. */
export function everyCutPoint(counts: PointCounts): CutPoint[] {
  return [
    ...pointsOf('socket-op', counts.socketOps),
    ...pointsOf('commit', counts.commits),
    ...pointsOf('erase', counts.erases),
    ...pointsOf('program', counts.programs),
    ...pointsOf('line', counts.lines),
  ]
}

export function describeCutPoint({ kind, index, when }: CutPoint): string {
  return `${when} ${kind} ${index}`
}

/** Whether half of it can be done. */
const divisible: { [K in PointKind]: boolean } = {
  'socket-op': false,
  commit: true,
  erase: true,
  program: true,
  line: false,
}

function pointsOf(kind: PointKind, count: number): CutPoint[] {
  return Array.from({ length: count }, (_, index): CutPoint[] => [
    { kind, index, when: 'before' },
    ...(divisible[kind] ? [{ kind, index, when: 'torn' } as const] : []),
    { kind, index, when: 'after' },
  ]).flat()
}
