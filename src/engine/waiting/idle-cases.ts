/** A case in which nothing has happened for so long waits, perhaps in vain, and costs hardly anything. */
const idleMs = 500

type Watched = { progress: () => number; last: number; sinceMs: number }

/** Tells how many of the cases under way are waiting. */
export class IdleCases {
  private readonly watched = new Map<number, Watched>()

  /** `progress` is a number that changes with all that happens in the case. */
  watch(index: number, progress: () => number): void {
    this.watched.set(index, { progress, last: -1, sinceMs: performance.now() })
  }

  forget(index: number): void {
    this.watched.delete(index)
  }

  /** Has to be asked again and again: it compares with what it saw before. */
  count(now = performance.now()): number {
    let idle = 0
    for (const one of this.watched.values()) {
      const progress = one.progress()
      if (progress !== one.last) {
        one.last = progress
        one.sinceMs = now
      } else if (now - one.sinceMs >= idleMs) idle++
    }
    return idle
  }
}
