import t from 'tap'
import { html, lines, short } from './markup.ts'

t.test('text in a hole is escaped, pieces are not escaped again', async t => {
  const name = `<script>"'&\``
  const piece = html`<b title="${name}">${name}</b>`
  t.notMatch(piece.text, /<script>/)
  t.match(piece.text, /^<b title="&#60;script>?/)
  t.equal(html`<p>${piece}${3}</p>`.text, `<p>${piece.text}3</p>`)
  t.equal(
    html`<ul>${['a', 'b'].map(one => html`<li>${one}</li>`)}</ul>`.text,
    '<ul><li>a</li>\n<li>b</li></ul>',
  )
})

t.test('what is long is cut, and what is not there leaves no line', async t => {
  t.match(short('x'.repeat(50), 10).text, /^x{10}[^x]/)
  t.equal(short('<', 10).text, '&#60;')
  t.equal(lines(html`<p>`, undefined, html``, html`</p>`).text, '<p>\n</p>')
})
