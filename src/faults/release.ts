import type { FaultKindOf, Whose } from './fault.ts'
import { whose } from './words.ts'

export type Release = Whose & { kind: 'release' }

/** The end of `hold`. Verbs of their own do it. */
export const release = {
  kind: 'release',
  title: 'What was held goes out, in its order',
  facts: { packet: 'packet', 'from?': 'side' },
  text: fault => `${whose(fault)} is released`,
  toldAt: 'itself',
} as const satisfies FaultKindOf<Release>
