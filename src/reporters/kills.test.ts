import t from 'tap'
import { caseOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { createReporter, type ReporterName } from './index.ts'
import { parseReport } from './reading/parse-report.ts'

const report = reportOf([
  caseOf('a/proved:5.0', { kills: 12 }),
  caseOf('a/barren:5.0', { kills: 0 }),
  caseOf('a/unknown:5.0'),
])

async function rendered(name: ReporterName): Promise<string> {
  const reporter = await createReporter(name, { verbose: true })
  return reporter.end(report)
}

t.test('beside a pass stands how many flaws it has caught', async t => {
  const pretty = await rendered('pretty')
  t.match(pretty, /^ {2}✓ proved:5\.0 {2}caught 12 flaws$/m)
  t.match(pretty, /^ {2}✓ barren:5\.0$/m)
  t.match(await rendered('markdown'), /1 pass by cases that caught flaws when they were proved/)
})

t.test('the number is kept in the file', async t => {
  const read = parseReport(await rendered('json'))
  t.same(
    read.results.map(({ kills }) => kills),
    [12, 0, undefined],
  )
})
