import t from 'tap'
import { Room } from './room.ts'

t.test('what has no room waits for what came before it', async t => {
  const room = new Room(100)
  const inside: string[] = []
  const enter = async (name: string, bytes: number) => {
    const leave = await room.take(bytes)
    inside.push(name)
    return leave
  }
  const [a, b, c] = [enter('a', 60), enter('b', 60), enter('c', 10)]
  const leave = await a
  await new Promise(setImmediate)
  t.same(inside, ['a'], 'nobody passes one who waits')
  leave()
  const both = await Promise.all([b, c])
  t.same(inside, ['a', 'b', 'c'])
  for (const one of both) one()
  const all = await enter('more than there is', 1000)
  t.equal(inside.at(-1), 'more than there is')
  all()
})
