/*
 * How a client paces its attempts to connect, seen from the pauses between them in ms. Clocks and machines shake every pause a little.
 */

/** What may be asked of the pauses of a client that comes back by itself. */
export const pacings = {
  'back-off': 'The pauses grow: a broker that is down is not hammered.',
  jitter: 'The pauses are not all alike: a fleet does not come back in step.',
  pause: 'The first attempt does not come at once.',
} as const

export type Pacing = keyof typeof pacings

/** Pauses below are as good as none. */
const atOnceMs = 50
/** By so much a pause differs because of the machine: a share of it, or so many ms. */
const shake = 0.05
const shakeMs = 30

/** Why the pauses are not so paced; undefined where they are. */
export function pacingProblem(pacing: Pacing, pausesMs: readonly number[]): string | undefined {
  const [first = 0] = pausesMs
  switch (pacing) {
    case 'back-off':
      return Math.max(...pausesMs) >= Math.max(first, atOnceMs) * 1.5
        ? undefined
        : 'the pauses do not grow'
    case 'jitter':
      return isRegular(pausesMs) ? 'the pauses are regular' : undefined
    case 'pause':
      return first >= atOnceMs ? undefined : 'it came back at once'
  }
}

/** All alike, or each a whole or half multiple of the one before, as a doubling back-off with a ceiling makes them. */
function isRegular(pausesMs: readonly number[]): boolean {
  if (pausesMs.every(pause => pause < atOnceMs)) return true
  return pausesMs.slice(1).every((pause, index) =>
    [1, 1.5, 2, 3, 4, 10].some(law => {
      const due = law * (pausesMs[index] ?? 0)
      return Math.abs(pause - due) <= Math.max(shake * due, shakeMs)
    }),
  )
}
