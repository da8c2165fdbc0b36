import t from 'tap'
import { caseOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { hugeCases } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { readable } from '../../fixtures/testing/reports/readable.ts'
import { verdicts } from '../model/report.ts'
import { createReporter, isReporterName, reporterNames } from './index.ts'

t.test('names are known by themselves, and nothing inherited is a name', async t => {
  t.equal(reporterNames[0], 'pretty', 'which is meant where none is named')
  t.ok(reporterNames.every(isReporterName))
  t.ok(isReporterName('tap'))
  t.notOk(isReporterName('toString'))
})

/** Those that only count what needs no attention, and one that is a single line. */
const quiet: { [name: string]: readonly string[] } = {
  markdown: ['pass', 'skipped'],
  github: ['pass', 'unstable', 'inconclusive', 'skipped', 'error'],
  badge: verdicts,
}

t.test('every reporter tells every verdict by its end alone', async t => {
  const cases = verdicts.map(verdict =>
    caseOf(`all/${verdict}-case:5.0`, { verdict, reason: `why ${verdict}` }),
  )
  for (const name of reporterNames) {
    const text = readable((await createReporter(name, { verbose: true })).end(reportOf(cases)))
    const missing = verdicts.filter(verdict => !text.includes(`${verdict}-case`))
    t.same(missing, quiet[name] ?? [], name)
  }
})

t.test('a megabyte of payload, id and reason makes no report long', async t => {
  for (const name of reporterNames) {
    // json is whole, by its contract; the page is too, packed, beside its script.
    if (name === 'json') continue
    const text = (await createReporter(name)).end(reportOf(hugeCases()))
    t.ok(text.length < (name === 'html' ? 400_000 : 60_000), `${name}: ${text.length} characters`)
  }
})

t.test('a reporter leaves the report as it was', async t => {
  const report = frozen(failingReport())
  for (const name of reporterNames) {
    const reporter = await createReporter(name)
    t.doesNotThrow(() => reporter.end(report), name)
  }
})

/** Writing to it throws. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const own of Object.values(value)) frozen(own)
  return Object.freeze(value)
}
