/** Ms counted at a time. */
const sliceMs = 50

/**
 * A timer for budgets: calls `spent` when `budgetMs` of waiting are over.
 *
 * Time in which this process did not get to run does not count: after a pause of any length Node fires its timers before it reads
 * its sockets, and an answer that came in time would be found late. So the budget is counted in slices; a slice that took longer
 * than it should counts as little more than one, and between two of them the sockets are read.
 */
export class BudgetTimer {
  private leftMs: number
  private stopped = false
  private timer: NodeJS.Timeout | undefined
  private sliceBegan = performance.now()
  private readonly spent: () => void

  constructor(budgetMs: number, spent: () => void) {
    this.leftMs = budgetMs
    this.spent = spent
    BudgetTimer.slice(this)
  }

  /** Ends it, and tells how many ms are left. */
  stop(): number {
    this.stopped = true
    clearTimeout(this.timer)
    const inSliceMs = Math.min(performance.now() - this.sliceBegan, sliceMs, this.leftMs)
    return Math.max(0, this.leftMs - inSliceMs)
  }

  // Static, and given to the timers as they are: there is a wait for every packet.
  private static slice(self: BudgetTimer): void {
    if (self.stopped) return
    if (self.leftMs < 1) {
      self.spent()
      return
    }
    const lengthMs = Math.min(sliceMs, self.leftMs)
    self.sliceBegan = performance.now()
    self.timer = setTimeout(BudgetTimer.count, lengthMs, self, lengthMs)
  }

  private static count(self: BudgetTimer, lengthMs: number): void {
    self.leftMs -= Math.min(performance.now() - self.sliceBegan, 1.2 * lengthMs)
    setImmediate(BudgetTimer.slice, self)
  }
}
