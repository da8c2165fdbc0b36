/**
 * fast-check generates schedules and shrinks those that fail. It is loaded only where a search comes to chance, so it is handed in.
 */
export type Chance = typeof import('fast-check')

const atOnce = 64

/** Lists of different atoms, two to `most` of them, in an order of their own. */
export function randomAtoms(
  fc: Chance,
  { seed, atoms, most }: { seed: number; atoms: number; most: number },
): number[][] {
  if (atoms < 2) return []
  const list = fc.uniqueArray(fc.integer({ min: 0, max: atoms - 1 }), {
    minLength: Math.min(2, most),
    maxLength: Math.min(most, atoms),
  })
  return fc.sample(list, { seed, numRuns: atOnce })
}
