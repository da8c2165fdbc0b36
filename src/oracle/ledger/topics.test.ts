import t from 'tap'
import { matches, parseFilter } from './topics.ts'

const rows: [filter: string, topic: string, matches: boolean][] = [
  ['a/b', 'a/b', true],
  ['a/b', 'a/B', false],
  ['a/b', 'a/b/', false],
  ['a/b', '/a/b', false],
  ['#', 'a/b', true],
  ['#', '/', true],
  ['a/#', 'a', true],
  ['a/#', 'a/', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['+', 'a', true],
  ['+', '/a', false],
  ['/+', '/a', true],
  ['+/+', '/a', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a/b/d', false],
  ['+/b/#', 'a/b', true],
  ['#', '$SYS/x', false],
  ['+/x', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['$SYS/+', '$SYS/x', true],
  ['a/#', 'a/$b', true],
  ['$share/g/a/+', 'a/b', true],
  ['$share/g/#', '$SYS/x', false],
]

for (const [filter, topic, expected] of rows) {
  t.test(`${filter} ${expected ? 'matches' : 'does not match'} ${topic}`, async t => {
    t.equal(matches(parseFilter(filter, true), topic), expected)
  })
}

t.test('only 5.0 knows shares', async t => {
  t.equal(parseFilter('$share/g/a', true).share, 'g')
  t.equal(parseFilter('$share/g/a', false).share, undefined)
  t.equal(matches(parseFilter('$share/g/a', false), '$share/g/a'), true)
})
