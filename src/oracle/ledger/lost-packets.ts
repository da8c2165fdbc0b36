/** So many packets of the target may still turn out to be lost; no scenario loses one that came longer ago. */
const kept = 1024

export type LostPackets = {
  /** How to take back what the packet of that event did. */
  remember(seq: number, how: () => void): void
  /** Takes it back, once: the packet was lost. */
  takeBack(seq: number): void
}

/** What a ledger can take back when a scenario says that a packet did not come; bounded. */
export function createLostPackets(): LostPackets {
  const ways = new Map<number, () => void>()
  return {
    remember(seq, how) {
      ways.set(seq, how)
      const [oldest] = ways.keys()
      if (ways.size > kept && oldest !== undefined) ways.delete(oldest)
    },
    takeBack(seq) {
      ways.get(seq)?.()
      ways.delete(seq)
    },
  }
}
