import t from 'tap'
import { waitUntilReady } from './ready.ts'

/** Tries to reach a broker whose connections end so, and counts the attempts. */
async function attempts(code: string) {
  let count = 0
  const problem = await waitUntilReady({
    dial: () => {
      count += 1
      return Promise.reject(Object.assign(new Error(code), { code }))
    },
    version: '3.1.1',
    credentials: {},
    budgetMs: 100,
    gaveUp: () => undefined,
  })
  return { count, problem }
}

t.test('a broker that does not listen yet is tried again', async t => {
  const { count, problem } = await attempts('ECONNREFUSED')
  t.ok(count > 1)
  t.match(problem, /ECONNREFUSED, after 100 ms of trying/)
})

t.test('where the system lets us open no connection, nothing is tried again', async t => {
  for (const code of ['EACCES', 'EMFILE']) {
    t.same(await attempts(code), { count: 1, problem: `no connection can be opened: ${code}` })
  }
})
