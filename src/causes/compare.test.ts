import t from 'tap'
import { caseOf, findingOf } from '../../fixtures/testing/reports/build.ts'
import type { CaseResult } from '../model/report.ts'
import { compareReports } from './compare.ts'

const failing = (id: string, message = 'PUBLISH id 7 was sent again without DUP') =>
  caseOf(id, { verdict: 'fail', findings: [findingOf({ message })] })
const skipped = (id: string) => caseOf(id, { verdict: 'skipped' })

function compared(before: CaseResult[], after: CaseResult[]) {
  const { still, ...changes } = compareReports({ results: before }, { results: after })
  const ids = Object.entries(changes).map(([kind, list]) => [kind, list.map(({ id }) => id)])
  return { ...Object.fromEntries(ids.filter(([, list]) => list?.length)), still }
}

t.test('what became of each case is told apart', async t => {
  const before = [
    failing('a:5.0'),
    caseOf('b:5.0'),
    failing('c:5.0'),
    failing('d:5.0'),
    failing('e:5.0'),
  ]
  const after = [
    caseOf('a:5.0'),
    failing('b:5.0'),
    failing('c:5.0', 'otherwise'),
    failing('n:5.0'),
    failing('e:5.0'),
  ]
  t.same(compared(before, after), {
    fixed: ['a:5.0'],
    broken: ['b:5.0'],
    changed: ['c:5.0'],
    new: ['n:5.0'],
    gone: ['d:5.0'],
    still: 1,
  })
})

t.test('ids, payloads and times are no change', async t => {
  const again = 'PUBLISH id 20456 was sent again without DUP'
  t.same(compared([failing('a:5.0')], [failing('a:5.0', again)]), { still: 1 })
})

t.test('a case that was skipped says nothing of the target', async t => {
  t.same(compared([skipped('a:5.0')], [failing('a:5.0')]), { broken: ['a:5.0'], still: 0 })
  t.same(compared([failing('a:5.0')], [skipped('a:5.0')]), { gone: ['a:5.0'], still: 0 })
  t.same(compared([skipped('a:5.0')], [caseOf('a:5.0')]), { still: 0 })
})

t.test('a warning that became a failure is broken, a failure that only warns is fixed', async t => {
  const warning = caseOf('a:5.0', { verdict: 'warn', findings: [findingOf({ level: 'SHOULD' })] })
  t.same(compared([warning], [failing('a:5.0')]), { broken: ['a:5.0'], still: 0 })
  t.same(compared([failing('a:5.0')], [warning]), { fixed: ['a:5.0'], still: 0 })
})
