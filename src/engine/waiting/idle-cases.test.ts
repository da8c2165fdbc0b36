import t from 'tap'
import { IdleCases } from './idle-cases.ts'

t.test('a case in which nothing happens counts as idle, one that goes on does not', async t => {
  let count = 0
  const idle = new IdleCases()
  idle.watch(1, () => 7)
  idle.watch(2, () => ++count)
  t.equal(idle.count(1000), 0, 'both have only begun')
  t.equal(idle.count(1499), 0)
  t.equal(idle.count(1500), 1)
  idle.forget(1)
  t.equal(idle.count(2500), 0)
})
