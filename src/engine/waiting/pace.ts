/** So many cases are begun at first. */
const first = 4
/** An answer that takes less than this share of its budget is quick. */
const quickShare = 0.06
/** From this share on the target has too much to do. */
const slowShare = 0.2

/**
 * How many cases side by side do a target good: few at first, one more for each that ends with quick answers, half of them when answers
 * take long. So a broker that writes every message to a slow disk is not drowned in what it would get done one after the other.
 */
export class Pace {
  readonly max: number
  private now: number
  private slow = false
  /** Cases that still have to end before it is halved again: they were begun before. */
  private settling = 0
  private onMore: (() => void)[] = []

  /** @param max What the user allows. */
  constructor(max: number) {
    this.max = max
    this.now = Math.min(first, max)
  }

  get limit(): number {
    return this.now
  }

  /** Answers take so long that further cases would only make them longer. */
  get isSlow(): boolean {
    return this.slow
  }

  /** @param share The largest share of a budget that an answer took in the case that ended. */
  ended(share: number): void {
    if (share >= slowShare) this.slow = true
    else if (share <= quickShare) this.slow = false
    if (this.settling > 0) this.settling -= 1
    else if (this.slow) {
      this.now = Math.max(1, Math.floor(this.now / 2))
      this.settling = this.now
    } else if (share <= quickShare && this.now < this.max) this.now += 1
    const waiting = this.onMore
    this.onMore = []
    for (const go of waiting) go()
  }

  /** Resolves when the limit may have changed. */
  changed(): Promise<void> {
    return new Promise(resolve => this.onMore.push(resolve))
  }
}
