import t from 'tap'
import { longRuns } from './long-runs.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

for (const longRun of longRuns) {
  t.test(`the firmware as it ships stands: ${longRun.name}`, async t => {
    t.setTimeout(limitMs)
    const { seen, problems } = await longRun.run()
    t.same(problems, [])
    t.comment(seen)
  })
}
