import fc from 'fast-check'
import t from 'tap'
import { hex } from '../model/text/hex.ts'
import { Writer, writeVarint } from './codec/writer.ts'
import { readVarint } from './varint.ts'

t.test('a Variable Byte Integer ends where its bytes say', async t => {
  t.same(readVarint(hex`00`, 0), { kind: 'value', value: 0, next: 1, padded: false })
  t.same(readVarint(hex`ff 80 01`, 1), { kind: 'value', value: 128, next: 3, padded: false })
  t.same(readVarint(hex`80 80 01`, 0, 2), { kind: 'cut off' })
  t.same(readVarint(hex`80 00`, 0), { kind: 'value', value: 0, next: 2, padded: true })
  t.same(readVarint(hex`ff ff ff 7f`, 0), {
    kind: 'value',
    value: 268_435_455,
    next: 4,
    padded: false,
  })
  t.same(readVarint(hex`80 80 80 80 01`, 0), { kind: 'too long' })
})

t.test('what was written is read again', async t => {
  const writer = new Writer()
  fc.assert(
    fc.property(fc.nat(268_435_455), value => {
      writer.begin()
      writeVarint(writer, value)
      const packet = writer.finish(0)
      const read = readVarint(packet, 2)
      return (
        read.kind === 'value' && read.value === value && read.next === packet.length && !read.padded
      )
    }),
  )
  t.pass('any value')
})
