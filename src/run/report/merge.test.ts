import t from 'tap'
import { caseOf, reportOf } from '../../../fixtures/testing/reports/build.ts'
import type { RunReport } from '../../model/report.ts'
import { mergeReports } from './merge.ts'

/** The exit code of a run in two parts. */
function merged(first: Partial<RunReport>, second: Partial<RunReport> = {}): number | string {
  const passing = [caseOf('a/b:5.0')]
  const parts = [first, second].map((more, i) =>
    reportOf(more.results ?? passing, { ...more, shard: { index: i + 1, count: 2 } }),
  )
  const report = mergeReports(parts)
  return typeof report === 'string' ? report : report.exitCode
}

t.test('what fails one part fails the whole', async t => {
  t.equal(merged({}), 0)
  t.equal(merged({ exitCode: 1 }), 1, 'such as a SHOULD under --strict')
  t.equal(merged({ exitCode: 3, problem: 'the target is dead at the end' }), 3)
  t.equal(merged({ exitCode: 3, problem: 'unreachable', results: [] }), 3)
  t.equal(merged({ exitCode: 1 }, { exitCode: 3, problem: 'dead' }), 3)
  const cut = caseOf('a/c:5.0', { verdict: 'inconclusive' })
  t.equal(merged({ exitCode: 4, problem: 'interrupted', results: [cut] }), 4)
})

t.test('a part without cases of its own is no failure where others have some', async t => {
  t.equal(merged({ exitCode: 4, problem: 'nothing was selected', results: [] }), 0)
  t.equal(merged({ exitCode: 4, results: [caseOf('a/c:5.0', { verdict: 'skipped' })] }), 0)
})

t.test('cases of a scenario stand together again, whichever part had them', async t => {
  const at = (line: number) => ({ file: 'suites/a.yaml', line, column: 5 })
  const one = (id: string, line: number) => caseOf(id, { place: at(line) })
  const parts = [
    [one('a/x:3.1.1', 3), one('a/y:5.0', 9)],
    [one('a/x:5.0', 3), one('a/y:3.1.1', 9)],
  ].map((results, i) => reportOf(results, { shard: { index: i + 1, count: 2 } }))
  const report = mergeReports(parts) as RunReport
  t.same(
    report.results.map(({ id }) => id),
    ['a/x:3.1.1', 'a/x:5.0', 'a/y:5.0', 'a/y:3.1.1'],
  )
})
