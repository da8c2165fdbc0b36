import type { FaultKindOf } from './fault.ts'
import { towards } from './words.ts'

/** At a proxy, the side from which nothing is read. */
export type Stall = { kind: 'stall'; from?: 'client' | 'broker' }

export const stall = {
  kind: 'stall',
  title: 'We stop reading from the socket',
  facts: { 'from?': 'side' },
  text: ({ from }) => `we stop reading${towards(from)}`,
  toldAt: 'itself',
} as const satisfies FaultKindOf<Stall>
