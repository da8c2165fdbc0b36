import t from 'tap'
import { Turns } from './turns.ts'

t.test(
  'whoever waits is resumed once, in its turn, and time is left between two turns',
  async t => {
    const turns = new Turns()
    t.teardown(() => turns.close())
    const began = performance.now()
    const resumed: { name: string; atMs: number }[] = []
    await new Promise<void>(resolve => {
      for (const name of ['a', 'b', 'c']) {
        turns.wait(20, () => {
          resumed.push({ name, atMs: performance.now() - began })
          if (name === 'c') resolve()
        })
      }
    })
    t.same(
      resumed.map(({ name }) => name),
      ['a', 'b', 'c'],
    )
    t.ok((resumed[0]?.atMs ?? 0) >= 19, 'the others come first')
    t.ok((resumed[2]?.atMs ?? 0) >= 98, 'as long as two more took, twice')
    await new Promise<void>(resolve => turns.wait(0, resolve))
  },
)

t.test('nobody is resumed after the end', async t => {
  const turns = new Turns()
  let resumed = false
  turns.wait(0, () => {
    resumed = true
  })
  turns.close()
  await new Promise(resolve => setTimeout(resolve, 30))
  t.notOk(resumed)
})
