/**
 * In what order, and how many side by side, the cases are tried that were running when the target was lost: one first, the likeliest, then
 * groups that grow as long as nothing happens. A group that loses the target again is halved, down to the one case that does it alone.
 */
export class RetryOrder<T> {
  private queue: T[]
  private size = 1
  private max: number

  /** @param suspects The likeliest first. */
  constructor(suspects: T[]) {
    this.queue = [...suspects]
    this.max = halfOf(suspects.length)
  }

  /** So many at once are fewer than have ever been seen to lose it together. */
  get harmless(): number {
    return this.max
  }

  /** The next to try on a target that serves; empty when all were tried. */
  next(): T[] {
    return this.queue.splice(0, this.size)
  }

  /** The last ones did not lose it. */
  cleared(): void {
    this.size = Math.min(this.size * 2, this.max)
  }

  /** A group of so many lost it again; these of them were not yet done, the likeliest first. */
  lostBy(size: number, suspects: T[]): void {
    this.max = Math.min(this.max, halfOf(size))
    this.queue.unshift(...suspects)
    this.size = 1
  }

  /** Those that were not tried. */
  rest(): T[] {
    return this.queue.splice(0)
  }
}

function halfOf(size: number): number {
  return Math.max(1, Math.floor(size / 2))
}
