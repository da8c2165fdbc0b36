import type { FaultKindOf } from './fault.ts'
import { towards } from './words.ts'

/** The end of `stall`. */
export type Resume = { kind: 'resume'; from?: 'client' | 'broker' }

export const resume = {
  kind: 'resume',
  title: 'We read from the socket again',
  facts: { 'from?': 'side' },
  text: ({ from }) => `we read again${towards(from)}`,
  toldAt: 'itself',
} as const satisfies FaultKindOf<Resume>
