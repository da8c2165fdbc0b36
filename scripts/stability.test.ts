import t from 'tap'
import type { KnownIssue } from '../src/model/known-issues.ts'
import type { CaseResult } from '../src/model/report.ts'
import { compare, nearBudgets, observe } from './stability/compare.ts'

function seen(setting: string, ...cases: [id: string, verdict: string, statement?: string][]) {
  const results = cases.map(([id, verdict, statement]) => {
    const findings = statement ? [{ statement, level: 'MUST' }] : []
    return { id, verdict, findings } as unknown as CaseResult
  })
  return observe({ results }, setting)
}

t.test('another verdict, another statement and a missing case are differences', async t => {
  const one = seen('jobs 1', ['a', 'pass'], ['b', 'fail', '5.0:X'], ['c', 'pass'], ['d', 'pass'])
  const two = seen('jobs 64', ['a', 'pass'], ['b', 'fail', '5.0:Y'], ['c', 'fail', '5.0:X'])
  const { differing, excused, cases } = compare([one, two, one], [])
  t.same(
    differing.map(({ id }) => id),
    ['b', 'c', 'd'],
  )
  t.same(differing[1]?.seen, [
    { outcome: 'pass', settings: ['jobs 1', 'jobs 1'] },
    { outcome: 'fail MUST 5.0:X', settings: ['jobs 64'] },
  ])
  t.equal(excused, 0)
  t.equal(cases, 4)
})

t.test('a race that is known excuses a difference; an accepted failure does not', async t => {
  const place = { file: 'known.yaml', line: 1, column: 1 }
  const runs = [seen('x', ['a:5.0', 'pass']), seen('x', ['a:5.0', 'fail', '5.0:X'])]
  const entry: KnownIssue = { case: 'a:*', ticket: 'T-1', place }
  t.match(compare(runs, [{ ...entry, intermittent: true }]), { differing: [], excused: 1 })
  t.match(compare(runs, [entry]), { differing: [{ id: 'a:5.0' }], excused: 0 })
})

t.test('of each case the tightest wait is told, the nearest first', async t => {
  const at = (setting: string, ...used: number[]) =>
    observe(
      {
        results: used.map((budgetUsed, index) => {
          const result = { id: `case-${index}`, verdict: 'pass', findings: [] }
          return { ...result, ...(budgetUsed ? { budgetUsed } : {}) } as unknown as CaseResult
        }),
      },
      setting,
    )
  t.same(nearBudgets([at('slow', 0.6, 0, 0.7), at('busy', 0.5, 0, 0.9)]), [
    { id: 'case-2', share: 0.9, setting: 'busy' },
    { id: 'case-0', share: 0.6, setting: 'slow' },
  ])
})

t.test('a race about one statement excuses no other', async t => {
  const place = { file: 'known.yaml', line: 1, column: 1 }
  const race: KnownIssue = { case: '*', statement: '5.0:X', ticket: 'T', intermittent: true, place }
  const pass = seen('x', ['a:5.0', 'pass'], ['b:5.0', 'pass'])
  const fail = seen('x', ['a:5.0', 'fail', '5.0:X'], ['b:5.0', 'fail', '5.0:Y'])
  t.match(compare([pass, fail], [race]), { differing: [{ id: 'b:5.0' }], excused: 1 })
})
