import t from 'tap'
import { brokerTarget } from '../scripts/proof/peers.ts'
import type { CaseResult } from './model/report.ts'
import { runLoaded } from './run.ts'
import { readSuites } from './suites.ts'
import type { BrokerTarget } from './targets/target.ts'

/** Scenarios that must not pass against a correct broker: what the harness says of them, to the letter. */
const suiteFile = 'fixtures/verdicts/purposeful.yaml'
const { suites } = await readSuites([suiteFile])
const cases = suites.flatMap(suite => suite.cases)

async function runAgainst(
  t: { teardown(stop: () => unknown): void },
  change: (target: BrokerTarget) => object,
) {
  const target = await brokerTarget('reference', () => ({}))
  t.teardown(() => target.stop())
  return runLoaded(cases, Object.assign(target, change(target)), { seed: 1 })
}

function withTiming(timing: object) {
  return (target: BrokerTarget) => ({ profile: { ...target.profile, timing } })
}

/** A result without what differs from run to run: times and the trace. */
function essence({ id, verdict, reason, findings }: CaseResult) {
  return {
    id: id.replace('harness/verdicts/', ''),
    verdict,
    reason,
    findings: findings.map(({ atMs, seq, ...finding }) => finding),
  }
}

const at = (line: number) => ({ file: suiteFile, line, column: 9 })
const wrongId = {
  statement: '5.0:MQTT-4.3.3-8',
  message: 'pub expected PUBREC id=8',
  expected: 'PUBREC id=8',
  got: 'PUBREC id 7',
  nearestMiss: 'id: expected 8, got 7',
  judge: 'expectation',
}

t.test('every verdict is what it must be, to the letter', async t => {
  const report = await runAgainst(t, withTiming({ replyMs: 400 }))
  t.same(report.results.map(essence), [
    {
      id: 'must-fail:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.3.3-8 pub expected PUBREC id=8; got PUBREC id 7',
      findings: [{ ...wrongId, level: 'MUST', at: at(17) }],
    },
    {
      id: 'must-warn:5.0',
      verdict: 'warn',
      reason: '5.0:MQTT-4.3.3-8 pub expected PUBREC id=8; got PUBREC id 7',
      findings: [{ ...wrongId, level: 'SHOULD', at: at(26) }],
    },
    {
      id: 'must-be-inconclusive:5.0',
      verdict: 'inconclusive',
      reason: 'pub expected PUBREC id=8: expected PUBREC id=8; got PUBREC id 7',
      findings: [],
    },
    {
      id: 'must-run-into-its-budget:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.3.3-11 pub expected PUBCOMP id=7; got nothing',
      findings: [
        {
          statement: '5.0:MQTT-4.3.3-11',
          level: 'MUST',
          message: 'pub expected PUBCOMP id=7',
          expected: 'PUBCOMP id=7 within 400 ms',
          got: 'nothing',
          judge: 'expectation',
          at: at(46),
        },
      ],
    },
    {
      id: 'must-fail-at-the-end:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.5.0-1 "once" reached sub once; got once',
      findings: [
        {
          statement: '5.0:MQTT-4.5.0-1',
          level: 'MUST',
          message: '"once" reached sub once',
          expected: '2 times',
          got: 'once',
          judge: 'ledger',
          at: at(59),
        },
      ],
    },
    {
      id: 'must-be-skipped:5.0',
      verdict: 'skipped',
      reason: 'needs receiveMaximum at most 1',
      findings: [],
    },
    { id: 'must-pass:5.0', verdict: 'pass', reason: '', findings: [] },
  ])
  t.same(report.summary, { pass: 1, warn: 1, fail: 3, inconclusive: 1, skipped: 1, error: 0 })
  t.equal(report.exitCode, 1)
})

t.test('a case that is not over in its time has no verdict on the target', async t => {
  const report = await runAgainst(t, withTiming({ replyMs: 5000, caseMs: 300 }))
  const late = report.results.find(({ id }) => id.includes('must-run-into-its-budget'))
  t.match(late, { verdict: 'inconclusive', reason: /interrupted at `pub\.expect: \{ PUBCOMP/ })
})

t.test('a mistake of the harness is an error, never a verdict on the target', async t => {
  let dials = 0
  const report = await runAgainst(t, target => {
    const { dial } = target
    return {
      // The probe takes the first connections; then the harness stumbles.
      dial: (timeoutMs: number) => {
        if (++dials <= 15) return dial(timeoutMs)
        throw new TypeError('a mistake of ours')
      },
    }
  })
  const errors = report.results.filter(({ verdict }) => verdict === 'error')
  t.ok(errors.length > 0, `${errors.length} of ${report.results.length}, ${dials} connections`)
  for (const { reason, findings } of errors) {
    t.match(reason, /TypeError: a mistake of ours/)
    t.same(findings, [])
  }
  t.equal(report.summary.fail + report.summary.pass > 0, true)
  t.equal(report.exitCode, 70)
})
