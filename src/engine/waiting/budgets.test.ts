import t from 'tap'
import { budgetsAgain, defaultBudgets, scaled } from './budgets.ts'
import { Wakeups } from './wakeups.ts'

t.test('a budget scaled to almost nothing is still one that can be waited for', async t => {
  const tiny = scaled({}, 0.0001)
  t.same(tiny, { replyMs: 1, connectMs: 1, reconnectMs: 1, quietMs: 0, caseMs: 6, startMs: 2 })
  t.equal(await new Wakeups().until(() => undefined, tiny.replyMs), undefined)
  t.same(scaled({ replyMs: 100 }, 2), {
    ...scaled(defaultBudgets, 2),
    replyMs: 200,
  })
})

t.test('what is run again has less time, unless it is about time', async t => {
  t.same(budgetsAgain(defaultBudgets, false), { ...defaultBudgets, replyMs: 2000 })
  t.same(budgetsAgain(defaultBudgets, true), defaultBudgets)
})
