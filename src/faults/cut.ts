import type { FaultKindOf } from './fault.ts'
import { towards } from './words.ts'

/** At a proxy, one of its sides or `both`. */
export type Cut = { kind: 'cut'; how: 'fin' | 'rst'; side?: 'client' | 'broker' | 'both' }

/** It ends a connection, which is more than bytes: verbs of their own do it. */
export const cut = {
  kind: 'cut',
  title: 'The connection ends without DISCONNECT, by FIN or RST',
  facts: { how: 'cut', 'side?': 'sides' },
  text: ({ how, side }) => `cut by ${how.toUpperCase()}${towards(side)}`,
  toldAt: 'the close',
} as const satisfies FaultKindOf<Cut>
