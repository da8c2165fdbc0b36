/** Chance that replays from its seed. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number in [min, max], both included. */
  int(min: number, max: number): number
}

/** A small generator (mulberry32); the same seed gives the same sequence everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, int: (min, max) => min + Math.floor(next() * (max - min + 1)) }
}
