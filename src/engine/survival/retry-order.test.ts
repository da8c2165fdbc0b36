import t from 'tap'
import { RetryOrder } from './retry-order.ts'

/** Plays a line-up of cases 1 to `count`; tells who is named, and in what groups all were tried. */
function play(count: number, loses: (group: number[]) => boolean) {
  const lineup = new RetryOrder(Array.from({ length: count }, (_, index) => index + 1))
  const groups: number[] = []
  for (let group = lineup.next(); group.length > 0; group = lineup.next()) {
    groups.push(group.length)
    if (!loses(group)) lineup.cleared()
    else if (group.length === 1) return { named: group[0], groups, rest: lineup.rest() }
    else lineup.lostBy(group.length, group)
  }
  return { named: undefined, groups, harmless: lineup.harmless }
}

t.test('the likeliest is tried alone, and the others are left', t => {
  t.same(
    play(5, () => true),
    { named: 1, groups: [1], rest: [2, 3, 4, 5] },
  )
  t.end()
})

t.test('whichever does it alone is named, after few tries', t => {
  const plays = Array.from({ length: 100 }, (_, index) => play(100, has(index + 1)))
  t.same(
    plays.map(({ named }) => named),
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  t.equal(Math.max(...plays.map(({ groups }) => groups.length)), 23)
  t.same(plays[9]?.groups, [1, 2, 4, 8, 1, 2, 1, 1])
  t.end()
})

function has(guilty: number) {
  return (group: number[]) => group.includes(guilty)
}

t.test('where only a crowd does it nobody is named, and the crowd is known', t => {
  const { named, groups, harmless } = play(100, group => group.length > 10)
  t.equal(named, undefined)
  t.same(groups.slice(0, 10), [1, 2, 4, 8, 16, 1, 2, 4, 8, 8])
  t.equal(harmless, 8)
  t.same(
    play(1, () => false),
    { named: undefined, groups: [1], harmless: 1 },
  )
  t.end()
})
