import t from 'tap'
import { caseOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { createReporter } from './index.ts'

const { end } = await createReporter('html')

t.test('the page shows the verdict, every case, its ladder and the statements', async t => {
  const report = failingReport()
  const text = end(report)
  t.match(text, /<p class="verdict">2 failures, 1 cause; 1 MUST is broken<\/p>/)
  t.equal(text.match(/<details class="case /g)!.length, report.results.length)
  t.match(text, /<span class="finding">.* &#60;&#60;&#60;<\/span>/)
  t.match(text, /<span class="fault">.*lost: we act as if it had not come; id 7<\/span>/)
  t.equal(text.match(/<tr class="(met|broken|untested)">/g)!.length, report.statements.length)
})

t.test(
  'each outcome that occurs has its filter, and what passed is hidden beside failures',
  async t => {
    const text = end(failingReport())
    const boxes = [...text.matchAll(/<input type="checkbox" id="show-(\w+)"( checked)?>/g)]
    t.same(
      boxes.map(([, outcome, checked]) => `${outcome}${checked ?? ''}`),
      ['fail checked', 'inconclusive checked', 'warn checked', 'known checked', 'pass', 'skipped'],
    )
    t.match(end(reportOf([caseOf('a/b:5.0')])), /id="show-pass" checked/)
  },
)

t.test('hostile text makes no element and no attribute', async t => {
  const text = end(hostileReport())
  const shapes = new Set([...text.matchAll(/<([a-z]+)(?=[ >])/g)].map(match => match[1]))
  t.notOk(['script', 'img', 'iframe', 'a', 'link', 'b'].some(name => shapes.has(name)))
  t.notMatch(text, /<[^>]*\son\w+=/)
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
  t.ok(text.length < 1_000_000, `${text.length} characters`)
  for (const tag of shapes) {
    if (['meta', 'input'].includes(tag!)) continue
    const opened = text.match(new RegExp(`<${tag}[ >]`, 'g'))!.length
    t.equal(text.split(`</${tag}>`).length - 1, opened, `every <${tag}> is closed`)
  }
})

t.test('the page asks nothing of the network and allows no script', async t => {
  const text = end(failingReport())
  t.match(text, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/)
  t.notMatch(text, /<[^>]*\s(src|href)=|url\(|@import/)
})

t.test('thousands of passing cases do not make a page nobody can open', async t => {
  const cases = Array.from({ length: 1300 }, (_, index) =>
    caseOf(`many/case-${index}:5.0`, { trace: everyEvent() }),
  )
  const text = end(reportOf(cases))
  t.ok(text.length < 10_000_000, `${text.length} characters`)
  t.ok(text.includes('Not drawn: the page would grow too large'))
})
