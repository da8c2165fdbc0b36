import t from 'tap'
import { hex } from './hex.ts'
import { wireText } from './wire-text.ts'

t.test('UTF-8 becomes its characters, a byte order mark included', async t => {
  t.equal(wireText(Buffer.from('a/ü/😀')), 'a/ü/😀')
  t.equal(wireText(hex`ef bb bf 61`), '\ufeffa')
})

t.test('other bytes become lone surrogates, one for each', async t => {
  t.equal(wireText(hex`61 c0 80`), 'a\udcc0\udc80')
  t.equal(wireText(hex`c3 bc ff`), '\udcc3\udcbc\udcff')
})
