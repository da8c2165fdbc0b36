import { once } from 'node:events'
import t from 'tap'
import { limitCase } from './case-limit.ts'

t.test('a case in which nothing happens is ended after its limit', async t => {
  const began = performance.now()
  const limit = limitCase(new AbortController().signal, 30, () => -1)
  await once(limit.signal, 'abort')
  limit.release()
  t.ok(performance.now() - began < 30 * 5)
})

t.test('a case that goes on has more time, and an end', async t => {
  let count = 0
  const limit = limitCase(new AbortController().signal, 10, () => ++count)
  await once(limit.signal, 'abort')
  limit.release()
  t.equal(count, 10)
})

t.test('a run that is interrupted ends its cases, also those that begin after', async t => {
  const outer = new AbortController()
  const limit = limitCase(outer.signal, 60_000, () => 1)
  t.notOk(limit.signal.aborted)
  outer.abort()
  t.ok(limit.signal.aborted)
  limit.release()
  const late = limitCase(outer.signal, 60_000, () => 1)
  t.ok(late.signal.aborted)
  late.release()
})
