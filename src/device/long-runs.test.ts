import t from 'tap'
import { longRuns } from './long-runs.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

/** Boards side by side: most of what they do is wait. */
const sideBySide = { jobs: 4, timeout: limitMs }

t.test('the firmware as it ships stands every long run', sideBySide, async t => {
  for (const longRun of longRuns) {
    t.test(longRun.name, { buffered: true, timeout: limitMs }, async t => {
      const { seen, problems } = await longRun.run()
      t.same(problems, [])
      t.comment(seen)
    })
  }
})
