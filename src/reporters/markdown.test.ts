import t from 'tap'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { createReporter } from './index.ts'

const { end } = await createReporter('markdown')

t.test('the verdict comes first, then tables, then a folded ladder per failure', async t => {
  const text = end(failingReport())
  t.match(text, /^## ❌ mosquitto: 2 failures, 1 cause; 1 MUST is broken\n/)
  t.match(
    text,
    /^\| 2 \| MUST <code>.*MQTT-4\.3\.3-10<\/code> \| the message .* reached sub twice \| <code>.*pubrec-lost/m,
  )
  t.match(text, /^\| .*three-copies.* \| <https:\/\/github\.com\/.*> \| fails as expected \|$/m)
  t.equal(text.match(/<details>/g)!.length, 1)
  t.match(text, / &#60;&#60;&#60;$/m)
})

t.test('hostile text makes no table cell, tag, link, mention or fence', async t => {
  const text = end(hostileReport())
  const prose = text.replace(/<pre>[^<]*<\/pre>/g, '')
  const tags = new Set([...text.matchAll(/<\/?[^>]*>/g)].map(match => match[0]))
  t.same([...tags].sort(), [
    '</code>',
    '</details>',
    '</pre>',
    '</summary>',
    '<code>',
    '<details>',
    '<pre>',
    '<summary>',
  ])
  t.notMatch(prose, /```|\*\*|@|\]\(|\\/)
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
  const rows = prose.split('\n').filter(line => line.startsWith('|'))
  const widths = new Set(rows.map(line => line.split('|').length))
  t.same([...widths].sort(), [4, 5, 6], 'tables of two, three and four columns')
  for (const tag of ['details', 'summary', 'pre', 'code']) {
    t.equal(text.split(`<${tag}>`).length, text.split(`</${tag}>`).length, tag)
  }
})

t.test('a page that would be too large for GitHub ends between two rows and says so', async t => {
  const cases = Array.from({ length: 3000 }, (_, index) =>
    caseOf(`huge/case-${String.fromCharCode(97 + (index % 26))}${index.toString(36)}:5.0`, {
      verdict: 'fail',
      trace: everyEvent(),
      findings: [
        findingOf({
          message: `case ${index.toString(2).replaceAll('0', 'o').replaceAll('1', 'i')} ${'x'.repeat(300)}`,
        }),
      ],
    }),
  )
  const text = end(reportOf(cases))
  t.ok(Buffer.byteLength(text) < 900_000)
  t.ok(Buffer.byteLength(text) > 800_000)
  t.match(text, /\nThis page is full: \d+ more rows and ladders in the other reports\.\n$/)
})
