import fc from 'fast-check'
import t from 'tap'
import { hostileTexts } from '../../../fixtures/testing/reports/hostile.ts'
import { fit, textWidth, wrap } from './columns.ts'
import { visible, visibleLines } from './visible.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map(codes => String.fromCharCode(...codes)),
  fc.constantFrom(...Object.values(hostileTexts)),
)

t.test('what steers a terminal is shown as an escape', async t => {
  t.equal(visible('\u001b[31mred\n'), '\\x1b[31mred\\n')
  t.equal(visible('\u202eabc\u0000\ud800'), '\\u202eabc\\x00\\ud800')
  t.equal(visible('plain, ünï, 日本語 👩'), 'plain, ünï, 日本語 👩')
  t.equal(visibleLines('a\r\nb\u0007'), 'a\nb\\x07')
})

t.test('no control, half surrogate or invisible sign is left of any text', async () => {
  const unsafe = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\ufffe\uffff]/u
  fc.assert(fc.property(anyText, text => !unsafe.test(visible(text))))
})

t.test('long text is cut, between characters, and says by how much', async t => {
  t.equal(visible('abcdef', 4), 'abcd... (2 more characters)')
  t.equal(visible('abc👩def', 4), 'abc... (5 more characters)')
})

t.test('text fits and wraps within its columns, and wrapping loses nothing', async t => {
  const unspaced = (text: string) => text.replaceAll(' ', '')
  fc.assert(
    fc.property(anyText, fc.integer({ min: 8, max: 80 }), (raw, columns) => {
      const text = visible(raw)
      const lines = wrap(text, columns, 10_000)
      const isWithin = [fit(text, columns), ...lines].every(line => textWidth(line) <= columns)
      return isWithin && unspaced(lines.join('')) === unspaced(text)
    }),
  )
  t.equal(fit('日本語', 5), '日本…')
  t.same(wrap('one two three four', 8, 2), ['one two', 'three...'])
})
