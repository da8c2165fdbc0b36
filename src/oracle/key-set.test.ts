import t from 'tap'
import { createKeySet } from './key-set.ts'
import { contentKey } from './ledger/content.ts'

const key = (text: string) => contentKey('t', new TextEncoder().encode(text))

t.test('a key set holds what was added, and nothing else', async t => {
  const keys = createKeySet()
  for (let index = 0; index < 5000; index++) keys.add(key(`m-${index}`))
  keys.add(key('m-7'))
  t.equal(keys.size, 5000)
  for (let index = 0; index < 5000; index += 37) t.ok(keys.has(key(`m-${index}`)))
  for (let index = 5000; index < 9000; index += 37) t.notOk(keys.has(key(`m-${index}`)))
})

t.test('a hundred thousand messages have a hundred thousand keys', async t => {
  const keys = createKeySet()
  for (let index = 0; index < 100_000; index++) keys.add(key(`m-${index}`))
  t.equal(keys.size, 100_000)
})
