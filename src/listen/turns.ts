/** The least time between two turns. */
const gapMinMs = 5

type Waiting = { resume: () => void; tookMs: number }

/**
 * Clients that send more than can be taken at once are read one after the other, and as long as reading one of them took nobody else of
 * them is read: half of the time is left for those who knock and for those who say little.
 */
export class Turns {
  private readonly waiting: Waiting[] = []
  private timer: NodeJS.Timeout | undefined

  /** @param tookMs What was read of it just now. */
  wait(tookMs: number, resume: () => void): void {
    this.waiting.push({ resume, tookMs })
    this.timer ??= setTimeout(() => this.next(), gapOf(tookMs))
  }

  close(): void {
    clearTimeout(this.timer)
    this.waiting.length = 0
  }

  private next(): void {
    this.timer = undefined
    const first = this.waiting.shift()
    if (!first) return
    // It will take as long as the last time, and as long is left for the others.
    this.timer = setTimeout(() => this.next(), 2 * gapOf(first.tookMs))
    first.resume()
  }
}

function gapOf(tookMs: number): number {
  return Math.max(gapMinMs, tookMs)
}
