import type { FaultKindOf } from './fault.ts'

export type Restart = { kind: 'restart'; how: 'term' | 'kill' }

export const restart = {
  kind: 'restart',
  title: 'The target is stopped by TERM or KILL and started again',
  facts: { how: 'stop' },
  text: ({ how }) => `the target is stopped by ${how.toUpperCase()}`,
  toldAt: 'the restart',
} as const satisfies FaultKindOf<Restart>
