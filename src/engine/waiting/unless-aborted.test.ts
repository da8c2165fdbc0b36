import t from 'tap'
import { Interrupted } from '../early-end.ts'
import { unlessAborted } from './unless-aborted.ts'

t.test('work that is not interrupted settles as it does', async t => {
  const { signal } = new AbortController()
  t.equal(await unlessAborted(Promise.resolve(7), signal), 7)
  await t.rejects(unlessAborted(Promise.reject(new RangeError('no')), signal), RangeError)
})

t.test('an interrupt does not wait, and what comes late is put away', async t => {
  const interrupt = new AbortController()
  let bring: (value: string) => void = () => undefined
  const work = new Promise<string>(resolve => {
    bring = resolve
  })
  const late: string[] = []
  const waiting = unlessAborted(work, interrupt.signal, value => late.push(value)).catch(e => e)
  interrupt.abort()
  t.ok((await waiting) instanceof Interrupted)
  bring('a broker')
  await work
  await Promise.resolve()
  t.same(late, ['a broker'])
  const tooLate = await unlessAborted(Promise.resolve(), interrupt.signal).catch(e => e)
  t.ok(tooLate instanceof Interrupted, 'also where it was interrupted before')
})
