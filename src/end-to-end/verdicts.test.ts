import t from 'tap'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import type { CaseResult } from '../model/report.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'

/** Scenarios that must not pass against a correct broker: what the harness says of them, to the letter. */
const suiteFile = 'fixtures/testing/verdicts/purposeful.yaml'
const { suites } = await readSuites([suiteFile])
const cases = suites.flatMap(suite => suite.cases)

async function runAll(t: { teardown(stop: () => unknown): void }, timing: object) {
  const target = await brokerTarget('reference', () => ({}))
  t.teardown(() => target.stop())
  Object.assign(target.profile, { timing })
  return runLoaded(cases, target, { seed: 1 })
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
  message: 'reference sent PUBREC id 7; PUBREC id 8 was due',
  expected: 'PUBREC id 8',
  got: 'PUBREC id 7',
  judge: 'expectation',
}

t.test('every verdict is what it must be, to the letter', async t => {
  const report = await runAll(t, { replyMs: 400 })
  t.same(report.results.map(essence), [
    {
      id: 'must-fail:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.3.3-8 reference sent PUBREC id 7; PUBREC id 8 was due',
      findings: [{ ...wrongId, level: 'MUST', at: at(17) }],
    },
    {
      id: 'must-warn:5.0',
      verdict: 'warn',
      reason: '5.0:MQTT-4.3.3-8 reference sent PUBREC id 7; PUBREC id 8 was due',
      findings: [{ ...wrongId, level: 'SHOULD', at: at(26) }],
    },
    {
      id: 'must-be-inconclusive:5.0',
      verdict: 'inconclusive',
      reason: 'The target sent PUBREC id 7; PUBREC id 8 was due',
      findings: [],
    },
    {
      id: 'must-run-into-its-budget:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.3.3-11 reference sent no PUBCOMP id 7 in 160 ms',
      findings: [
        {
          statement: '5.0:MQTT-4.3.3-11',
          level: 'MUST',
          message: 'reference sent no PUBCOMP id 7 in 160 ms',
          // What rests on silence is looked at again, with less patience.
          expected: 'PUBCOMP id 7',
          absent: true,
          got: 'nothing',
          judge: 'expectation',
          at: at(46),
        },
      ],
    },
    {
      id: 'must-fail-at-the-end:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-4.5.0-1 "once" was delivered to sub once; 2 times were due',
      findings: [
        {
          statement: '5.0:MQTT-4.5.0-1',
          level: 'MUST',
          message: '"once" was delivered to sub once; 2 times were due',
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
      reason: 'needs receiveMaximum at most 1: its CONNACK of 5.0 says Receive Maximum 20',
      findings: [],
    },
    { id: 'must-pass:5.0', verdict: 'pass', reason: '', findings: [] },
    {
      id: 'must-miss-the-end:5.0',
      verdict: 'fail',
      reason:
        '5.0:MQTT-4.13.1-1 reference kept the connection open after CONNECT; it answered our PINGREQ',
      findings: [
        {
          statement: '5.0:MQTT-4.13.1-1',
          level: 'MUST',
          message: 'reference kept the connection open after CONNECT; it answered our PINGREQ',
          expected: 'the end of the connection',
          absent: true,
          got: 'an open connection',
          judge: 'expectation',
          at: at(86),
        },
      ],
    },
    {
      id: 'must-name-the-code:5.0',
      verdict: 'fail',
      reason: '5.0:MQTT-3.1.4-5 CONNACK has code 0x00 Success; 0x87 Not authorized was due',
      findings: [
        {
          statement: '5.0:MQTT-3.1.4-5',
          level: 'MUST',
          message: 'CONNACK has code 0x00 Success; 0x87 Not authorized was due',
          expected: 'CONNACK with 0x87 Not authorized',
          got: 'CONNACK session present 0 receiveMaximum=20 topicAliasMaximum=10',
          judge: 'expectation',
          at: at(92),
        },
      ],
    },
  ])
  t.same(report.summary, {
    pass: 1,
    warn: 1,
    fail: 5,
    unstable: 0,
    inconclusive: 1,
    skipped: 1,
    error: 0,
  })
  t.equal(report.exitCode, 1)
})

t.test('a case that is not over in its time has no verdict on the target', async t => {
  const report = await runAll(t, { replyMs: 5000, caseMs: 300 })
  const late = report.results.find(({ id }) => id.includes('must-run-into-its-budget'))
  t.match(late, { verdict: 'inconclusive', reason: /interrupted at `pub\.expect: \{ PUBCOMP/ })
})

t.test('a mistake of the harness is an error, never a verdict on the target', async t => {
  const good = cases.find(({ id }) => id.includes('must-pass'))!
  const spoiled = { ...good, verify: [{ name: 'no-such-verifier', args: {}, place: good.place }] }
  const target = await brokerTarget('reference', () => ({}))
  t.teardown(() => target.stop())
  const report = await runLoaded([spoiled], target, { seed: 1 })
  t.match(report.results, [{ verdict: 'error', findings: [] }])
  t.match(report.results[0]?.reason, /^RangeError: no verifier is called no-such-verifier/)
  t.equal(report.exitCode, 70)
})
