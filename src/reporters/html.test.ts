import { createHash } from 'node:crypto'
import t from 'tap'
import { caseOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { reportInside } from '../../fixtures/testing/reports/readable.ts'
import { emptyViewer } from './html.ts'
import { createReporter } from './index.ts'
import { parseReport } from './reading/parse-report.ts'

const { end } = await createReporter('html')

/** What the page holds outside of its script and style. */
function shell(page: string): string {
  return page.replace(/<script>.*?<\/script>/s, '').replace(/<style>.*?<\/style>/s, '')
}

const inside = (page: string) => reportInside(page) ?? ''

t.test('the page holds the whole report, and its verdict for those who run no script', async t => {
  const report = failingReport()
  const page = end(report)
  t.match(shell(page), /<p>.*1 MUST is broken<\/p>/)
  t.same(
    parseReport(inside(page)),
    parseReport((await createReporter('json', { traces: 'all' })).end(report)),
  )
  t.same(
    parseReport(inside(page)).results.map(({ id }) => id),
    report.results.map(({ id }) => id),
  )
})

t.test('hostile text makes no element and no attribute', async t => {
  const page = end(hostileReport())
  const text = shell(page)
  const shapes = [...text.matchAll(/<([a-z]+)(?=[ >])/g)].map(match => match[1])
  const wanted = [
    'html',
    'head',
    'meta',
    'meta',
    'meta',
    'title',
    'body',
    'div',
    'main',
    'p',
    'noscript',
    'script',
  ]
  t.same(shapes, wanted)
  t.notMatch(text, /<[^>]*\son\w+=/)
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
  t.ok(page.length < 1_000_000, `${page.length} characters`)
})

t.test('the page asks nothing of the network and runs no script but its own', async t => {
  const page = end(failingReport())
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? []
  const hash = createHash('sha256').update(script).digest('base64')
  t.match(page, `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`)
  t.notMatch(shell(page), /<[^>]*\s(src|href)=|url\(|@import/)
  t.ok(script.length > 10_000 && script.length < 250_000, `${script.length} characters of script`)
})

t.test('thousands of passing cases do not make a page nobody can open', async t => {
  const cases = Array.from({ length: 2000 }, (_, index) =>
    caseOf(`many/case-${index}:5.0`, { trace: everyEvent() }),
  )
  const page = end(reportOf(cases))
  t.ok(page.length < 3_000_000, `${page.length} characters`)
  const { results } = parseReport(inside(page))
  t.equal(results.length, 2000)
  t.ok(results[0]?.trace.length, 'the first have their traces')
  t.same(results.at(-1)?.trace, [], 'the last have none')
})

t.test('the viewer comes without a report, too', async t => {
  t.match(emptyViewer(), /<title>mqttspec: open a report<\/title>/)
  t.match(emptyViewer(), /id="report"><\/script>/)
})
