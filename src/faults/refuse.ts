import type { FaultKindOf } from './fault.ts'

export type Refuse = { kind: 'refuse' }

export const refuse = {
  kind: 'refuse',
  title: 'The next TCP connection is closed as soon as it opens',
  facts: {},
  text: () => 'the next connection is closed as it opens',
  toldAt: 'itself',
} as const satisfies FaultKindOf<Refuse>
