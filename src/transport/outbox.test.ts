import { Writable } from 'node:stream'
import t from 'tap'
import { post, send } from './outbox.ts'

function sink(name: string, written: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      written.push(`${name}${String(chunk)}`)
      done()
    },
  })
}

t.test('writes of one turn go out at its end, in their order over all connections', async t => {
  const written: string[] = []
  const [a, b] = [sink('a', written), sink('b', written)]
  post(a, Buffer.from('1'))
  post(b, Buffer.from('2'))
  post(a, Buffer.from('3'))
  t.same(written, [])
  await new Promise(resolve => setImmediate(resolve))
  t.same(written, ['a1', 'b2', 'a3'])
})

t.test('what follows for the same connection is one write', async t => {
  const written: string[] = []
  const [a, b] = [sink('a', written), sink('b', written)]
  for (const [stream, text] of [
    [a, '1'],
    [a, '2'],
    [b, '3'],
    [a, '4'],
    [a, '5'],
    [a, '6'],
  ] as const)
    post(stream, Buffer.from(text))
  await new Promise(resolve => setImmediate(resolve))
  t.same(written, ['a12', 'b3', 'a456'])
})

t.test('send writes at once, and nothing twice', async t => {
  const written: string[] = []
  post(sink('a', written), Buffer.from('1'))
  send()
  t.same(written, ['a1'])
  await new Promise(resolve => setImmediate(resolve))
  t.same(written, ['a1'])
})

t.test('an answer from within a write goes behind what waited before', async t => {
  const written: string[] = []
  const b = sink('b', written)
  const a = new Writable({
    write(chunk, _encoding, done) {
      written.push(`a${String(chunk)}`)
      // As a broker in this process does: its answer is heard, and answered at once, before the write returns.
      post(b, Buffer.from('3'))
      send()
      done()
    },
  })
  post(a, Buffer.from('1'))
  post(b, Buffer.from('2'))
  await new Promise(resolve => setImmediate(resolve))
  t.same(written.join(' '), 'a1 b23')
  await new Promise(resolve => setImmediate(resolve))
  t.same(written.join(' '), 'a1 b23', 'and nothing twice')
})
