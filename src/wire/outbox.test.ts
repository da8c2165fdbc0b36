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

t.test('send writes at once, and nothing twice', async t => {
  const written: string[] = []
  post(sink('a', written), Buffer.from('1'))
  send()
  t.same(written, ['a1'])
  await new Promise(resolve => setImmediate(resolve))
  t.same(written, ['a1'])
})
