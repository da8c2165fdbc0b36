/** So many packets may still turn out to be lost; no scenario loses one that came longer ago. */
const keptByDefault = 1024

export type LostPackets<Done> = {
  /**
   * What the packet of that event did. A value and no function: a function keeps all that stands around it, the packet with its payload
   * among it.
   */
  remember(seq: number, done: Done): void
  /** The packet was lost: what it did, once. */
  takeBack(seq: number): Done | undefined
}

/**
 * What a judge can take back when a scenario says that a packet did not come; bounded.
 *
 * @param kept So many packets; the oldest are forgotten.
 */
export function createLostPackets<Done>(kept = keptByDefault): LostPackets<Done> {
  const known = new Map<number, Done>()
  return {
    remember(seq, done) {
      known.set(seq, done)
      if (known.size <= kept) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        return
      }
    },
    takeBack(seq) {
      const done = known.get(seq)
      known.delete(seq)
      return done
    },
  }
}
