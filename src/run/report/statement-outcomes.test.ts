import t from 'tap'
import { caseOf, findingOf, reportOf } from '../../../fixtures/testing/reports/build.ts'
import { statementCounts } from '../../reporters/counting/counts.ts'
import { statementOutcomes } from './statement-outcomes.ts'

const must = findingOf({ statement: '5.0:MQTT-4.3.3-10', level: 'MUST' })
const should = findingOf({ statement: '5.0:MQTT-3.1.4-3', level: 'SHOULD' })
const disputed = findingOf({ statement: '5.0:MQTT-3.3.4-9', level: 'MUST', about: 'dispute' })

t.test('a broken statement has the level at which it was found broken', async t => {
  const results = [
    caseOf('a/b:5.0', { verdict: 'fail', findings: [must, should] }),
    caseOf('a/c:5.0', { verdict: 'warn', findings: [disputed] }),
    caseOf('a/d:5.0', { verdict: 'error', findings: [{ ...must, statement: '5.0:MQTT-4.4.0-1' }] }),
  ]
  const broken = statementOutcomes(results, 'broker', ['5.0']).filter(
    ({ outcome }) => outcome === 'broken',
  )
  t.same(broken.map(({ id, level }) => `${level} ${id}`).sort(), [
    'MUST 5.0:MQTT-4.3.3-10',
    'SHOULD 5.0:MQTT-3.1.4-3',
    'SHOULD 5.0:MQTT-3.3.4-9',
  ])
  const report = { ...reportOf(results), statements: broken }
  t.equal(statementCounts(report), '0 met, 1 MUST and 2 SHOULD broken')
})
