import t from 'tap'
import type { KnownIssue } from '../../model/known-issues.ts'
import type { CaseResult } from '../../model/report.ts'
import { judgeKnownIssues } from './judge-known-issues.ts'

const place = { file: 'known.yaml', line: 1, column: 1 }
const dup = '3.1.1:MQTT-3.3.1-1'
const order = '3.1.1:MQTT-4.6.0-6'

function result(id: string, verdict: CaseResult['verdict'], statement?: string): CaseResult {
  const findings = statement ? [{ statement, severity: 'must', says: 'is broken' }] : []
  return { id, suite: 'qos2/x', verdict, reason: '', findings } as unknown as CaseResult
}

function entry(pattern: string, more: Partial<KnownIssue> = {}): KnownIssue {
  return { case: pattern, ticket: 'T-1', place, ...more }
}

t.test('a listed failure is expected; another breach, a pass and a skip are not', async t => {
  const entries = [entry('qos2/x/*', { statement: dup })]
  const judged = (verdict: CaseResult['verdict'], statement?: string) => {
    const one = result('qos2/x/a:3.1.1', verdict, statement)
    return { ...judgeKnownIssues([one], entries, true), outcome: one.known?.outcome }
  }
  t.match(judged('fail', dup), { expected: 1, violations: [], outcome: 'expected' })
  t.match(judged('fail', order), {
    expected: 0,
    violations: [/fails otherwise/],
    outcome: 'differs',
  })
  t.match(judged('pass'), { violations: [/it passes now/], outcome: 'passes' })
  t.match(judged('skipped'), { violations: [/it was skipped/], outcome: 'skipped' })
})

t.test('a listed breach that came only once is expected as well', async t => {
  const entries = [entry('qos2/x/*', { statement: dup, intermittent: true })]
  const { findings } = result('qos2/x/a:3.1.1', 'fail', dup)
  const first = { findings } as NonNullable<CaseResult['first']>
  const one = { ...result('qos2/x/a:3.1.1', 'unstable'), first }
  t.match(judgeKnownIssues([one], entries, true), { expected: 1, violations: [] })
  t.equal(one.known?.outcome, 'expected')
})

t.test('of several entries the one that accepts the breach speaks', async t => {
  const entries = [
    entry('qos2/x/a*', { statement: dup, ticket: 'T-dup' }),
    entry('qos2/*', { statement: order, ticket: 'T-order', intermittent: true }),
  ]
  const one = result('qos2/x/a:3.1.1', 'fail', order)
  t.match(judgeKnownIssues([one], entries, true), { expected: 1, violations: [] })
  t.equal(one.known?.ticket, 'T-order')
})

t.test('a race excuses no listed failure that passes, and marks no pass', async t => {
  const race = entry('qos2/*', { intermittent: true })
  const passes = result('qos2/x/a:3.1.1', 'pass')
  t.match(judgeKnownIssues([passes], [race, entry('qos2/x/a*')], true), {
    violations: [/it passes now/],
  })
  const other = result('qos2/x/b:3.1.1', 'pass')
  t.match(judgeKnownIssues([other], [race], true), { expected: 0, violations: [] })
  t.equal(other.known, undefined)
})

t.test('an entry that expired or fits no case fails the whole run', async t => {
  const one = result('qos2/x/a:3.1.1', 'fail', dup)
  const entries = [entry('qos2/x/a*', { expires: '2026-01-01' }), entry('qos2/x/gone')]
  const { violations } = judgeKnownIssues([one], entries, true, '2026-01-02')
  t.match(violations, [/expired on 2026-01-01/, /fits no case/])
})
