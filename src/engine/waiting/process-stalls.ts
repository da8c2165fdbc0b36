/** How often we look whether we got to run, in ms. */
const tickMs = 50
/** A timer may come so much late without anybody having stood still. */
const lateMs = 10

/** The time, in ms, in which a process did not get to run. */
export type Stalls = Pick<ProcessStalls, 'start' | 'stop' | 'totalMs'>

/**
 * Adds up the time in which this process did not get to run: on a machine with too much to do, or in a long computation of our own.
 * What a rule about time says of the target cannot be told from what such a time does to us.
 */
export class ProcessStalls {
  private readonly nowMs: () => number
  private timer: NodeJS.Timeout | undefined
  private lastMs = 0
  private soFarMs = 0

  constructor(nowMs = () => performance.now()) {
    this.nowMs = nowMs
  }

  start(): void {
    this.lastMs = this.nowMs()
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
    const now = this.nowMs()
    this.soFarMs += Math.max(0, now - this.lastMs - tickMs - lateMs)
    this.lastMs = now
  }
}

/**
 * Ms in which this process stood still while a rule about time counted in one case: from the beginning to the first wait for the target
 * after each time that was let pass. What we did late by then, or did not do in time, was our doing; from then on the target has the word.
 */
export class TimedStalls {
  private readonly inAllMs: () => number
  private readonly beforeMs: number
  private counting = false
  /** Up to the last of those waits. */
  ms = 0

  constructor(inAllMs: () => number) {
    this.inAllMs = inAllMs
    this.beforeMs = inAllMs()
  }

  timePassed(): void {
    this.take()
    this.counting = true
  }

  targetHasTheWord(): void {
    if (!this.counting) return
    this.take()
    this.counting = false
  }

  private take(): void {
    this.ms = this.inAllMs() - this.beforeMs
  }
}
