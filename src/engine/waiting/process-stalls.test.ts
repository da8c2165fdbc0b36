import t from 'tap'
import { ProcessStalls } from './process-stalls.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

t.test(
  'time in which we did not run is counted, time in which nothing was to do is not',
  async t => {
    const stalls = new ProcessStalls()
    stalls.start()
    t.teardown(() => stalls.stop())
    block(400)
    const afterBlock = stalls.totalMs()
    t.ok(afterBlock >= 330 && afterBlock <= 1000, `${afterBlock} ms`)
    await new Promise(resolve => setTimeout(resolve, 300))
    t.ok(stalls.totalMs() >= afterBlock)
    t.ok(stalls.totalMs() - afterBlock < 250, 'a wait is no stall')
  },
)
