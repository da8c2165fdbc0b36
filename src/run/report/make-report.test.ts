import t from 'tap'
import { caseOf } from '../../../fixtures/testing/reports/build.ts'
import type { CaseResult } from '../../model/report.ts'
import { makeReport, type RunFacts } from './make-report.ts'

function made(results: CaseResult[], more: Partial<RunFacts> = {}) {
  return makeReport({
    startedAtMs: 0,
    durationMs: 12.4,
    seed: 1,
    target: { name: 'x', role: 'broker', address: 'mqtt://x', versions: ['5.0'], fingerprint: {} },
    results,
    ...more,
  })
}

const statement = '5.0:MQTT-4.3.3-2'

t.test('what follows from the results is derived from them', async t => {
  const passed = caseOf('a/b:5.0', { covers: [statement], sleptMs: 3 })
  const report = made([passed, caseOf('a/c:5.0', { verdict: 'skipped', sleptMs: 4 })])
  t.match(report, { startedAt: '1970-01-01T00:00:00.000Z', durationMs: 12, sleptMs: 7 })
  t.match(report.summary, { pass: 1, skipped: 1, fail: 0 })
  const outcome = report.statements.find(({ id }) => id === statement)
  t.match(outcome, { outcome: 'met', cases: ['a/b:5.0'] })
  t.equal(report.exitCode, 0)
})

t.test(
  'trouble with the run is told, and is the exit code only where no case asks for another',
  async t => {
    const trouble = { says: 'the target is dead', exitCode: 3 } as const
    t.match(made([caseOf('a/b:5.0')], { trouble }), { exitCode: 3, problem: 'the target is dead' })
    t.equal(made([caseOf('a/b:5.0', { verdict: 'fail' })], { trouble }).exitCode, 1)
    t.equal(made([caseOf('a/b:5.0', { verdict: 'inconclusive' })], { trouble }).exitCode, 4)
    t.equal(made([], { trouble }).exitCode, 3, 'nothing was run: the trouble is all there is')
    t.equal(made([], { trouble: { ...trouble, exitCode: 4 } }).exitCode, 4)
  },
)

t.test('known issues and --strict change what the results ask for', async t => {
  const failed = () => caseOf('a/b:5.0', { verdict: 'fail' })
  const place = { file: 'known.yaml', line: 1, column: 1 }
  const entries = [{ case: 'a/b:5.0', ticket: 'T-1', place }]
  const report = made([failed()], { knownIssues: { file: 'known.yaml', entries } })
  t.match(report, { exitCode: 0, knownIssues: { expected: 1, violations: [] } })
  const warned = () => [caseOf('a/b:5.0', { verdict: 'warn' })]
  t.equal(made(warned()).exitCode, 0)
  t.equal(made(warned(), { strict: true }).exitCode, 1)
})
