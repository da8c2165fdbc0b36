/** How often we look whether we got to run, in ms. */
const tickMs = 50
/** A timer may come so much late without anybody having stood still. */
const lateMs = 10

/**
 * Adds up the time in which this process did not get to run: on a machine with too much to do, or in a long computation of our own.
 * What a rule about time says of the target cannot be told from what such a time does to us.
 */
export class Stalls {
  private timer: NodeJS.Timeout | undefined
  private lastMs = 0
  private soFarMs = 0

  start(): void {
    this.lastMs = performance.now()
    this.timer = setInterval(() => this.look(), tickMs)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Ms in all, up to now. */
  totalMs(): number {
    this.look()
    return this.soFarMs
  }

  private look(): void {
    const now = performance.now()
    this.soFarMs += Math.max(0, now - this.lastMs - tickMs - lateMs)
    this.lastMs = now
  }
}
