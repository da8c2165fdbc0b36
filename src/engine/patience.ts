/** Ms counted at a time. */
const sliceMs = 50

/**
 * A timer for budgets: calls `spent` when `budgetMs` of waiting are over, and returns what stops it and tells how many ms are left.
 *
 * Time in which this process did not get to run does not count: after a pause of any length Node fires its timers before it reads
 * its sockets, and an answer that came in time would be found late. So the budget is counted in slices; a slice that took longer
 * than it should counts as little more than one, and between two of them the sockets are read.
 */
export function patience(budgetMs: number, spent: () => void): () => number {
  let leftMs = budgetMs
  let stopped = false
  let timer: NodeJS.Timeout
  let sliceBegan = performance.now()
  const slice = () => {
    if (stopped) return
    if (leftMs < 1) return spent()
    const lengthMs = Math.min(sliceMs, leftMs)
    sliceBegan = performance.now()
    timer = setTimeout(() => {
      leftMs -= Math.min(performance.now() - sliceBegan, 1.2 * lengthMs)
      setImmediate(slice)
    }, lengthMs)
  }
  slice()
  return () => {
    stopped = true
    clearTimeout(timer)
    const inSliceMs = Math.min(performance.now() - sliceBegan, sliceMs, leftMs)
    return Math.max(0, leftMs - inSliceMs)
  }
}
