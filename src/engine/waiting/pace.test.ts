import t from 'tap'
import { Pace } from './pace.ts'

function after(shares: number[], max = 16): Pace {
  const pace = new Pace(max)
  for (const share of shares) pace.ended(share)
  return pace
}

t.test('few cases are begun at first, and one more for each that was answered quickly', async t => {
  t.equal(after([]).limit, 4)
  t.equal(after([0, 0.01, 0.05]).limit, 7)
  t.equal(after(Array(100).fill(0)).limit, 16, 'never more than the user allows')
  t.equal(after([], 1).limit, 1)
  t.equal(after([0.1, 0.15]).limit, 4, 'neither quick nor slow changes nothing')
})

t.test('slow answers halve the number, once for the cases that are under way', async t => {
  const pace = after(Array(12).fill(0))
  t.equal(pace.limit, 16)
  pace.ended(0.5)
  t.equal(pace.limit, 8)
  t.ok(pace.isSlow)
  for (let i = 0; i < 8; i++) pace.ended(0.5)
  t.equal(pace.limit, 8, 'those were begun before')
  pace.ended(0.5)
  t.equal(pace.limit, 4)
  for (let i = 0; i < 30; i++) pace.ended(0.9)
  t.equal(pace.limit, 1, 'one is always left')
  for (let i = 0; i < 4; i++) pace.ended(0)
  t.notOk(pace.isSlow)
  t.ok(pace.limit > 1, 'and it grows again')
})

t.test('whoever waits for room is told when a case has ended', async t => {
  const pace = new Pace(2)
  let told = 0
  const waiting = pace.changed().then(() => told++)
  t.equal(told, 0)
  pace.ended(0)
  await waiting
  t.equal(told, 1)
})
