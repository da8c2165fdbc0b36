import t from 'tap'
import { Unfinished } from './unfinished.ts'

function counting() {
  const unfinished = new Unfinished<string>({ bytesMax: 100, addressBytesMax: 60 })
  const ended: string[] = []
  const note = (name: string, address: string, bytes: number, isNew = false) =>
    unfinished.note(name, { address, bytes, end: why => ended.push(`${name}: ${why}`) }, isNew)
  const names = () => ended.splice(0).map(text => text.split(':')[0])
  return { unfinished, note, names, ended }
}

t.test('the connection goes whose packet began first, and no more of them than it takes', t => {
  const { note, names } = counting()
  note('a', 'here', 20)
  note('b', 'here', 20)
  note('c', 'here', 20)
  t.same(names(), [], 'all that may be')
  note('b', 'here', 21)
  t.same(names(), ['a'], 'which another made too much')
  note('c', 'here', 60)
  t.same(names(), ['b'])
  t.end()
})

t.test('who is through with a packet and begins the next one is the last to go', t => {
  const { note, names } = counting()
  note('a', 'here', 20)
  note('b', 'here', 20)
  note('a', 'here', 20, true)
  note('c', 'here', 30)
  t.same(names(), ['b'])
  note('a', 'here', 0)
  note('c', 'here', 60)
  t.same(names(), [], 'nothing is left of what became whole')
  t.end()
})

t.test('an address that holds too much loses its own, and all together theirs', t => {
  const { note, names, ended, unfinished } = counting()
  note('other', 'there', 30)
  note('a', 'here', 40)
  note('b', 'here', 30)
  t.match(ended, [/^a: .* of here hold/])
  t.same(names(), ['a'])
  note('c', 'elsewhere', 41)
  t.match(ended, [/^other: .* of all connections hold/])
  t.same(names(), ['other'])
  unfinished.forget('c')
  note('d', 'somewhere', 60)
  t.same(names(), [], 'one that is over holds nothing')
  t.end()
})
