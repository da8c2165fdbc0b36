import t from 'tap'
import type { CaseResult } from '../../model/report.ts'
import type { Case } from '../../scenario/ast.ts'
import { askPrerequisites, prerequisiteCases } from './prerequisites.ts'

const place = (line: number) => ({ file: 'x.yaml', line, column: 1 })

/** A result of a case: passed, or failed at its last step or an earlier one. */
function result(kase: Case, failedAt?: 'last' | 'earlier'): CaseResult {
  const line = kase.steps.at(-1)?.place.line ?? 0
  const at = place(failedAt === 'last' ? line : line - 1)
  return {
    id: kase.id,
    version: kase.version,
    verdict: failedAt ? 'fail' : 'pass',
    // Of a message it is silence, of a subscription the answer.
    findings: failedAt ? [{ at, absent: kase.scenario.startsWith('qos-') }] : [],
  } as unknown as CaseResult
}

/** Asks with a target that fails what `fails` says, each time it is asked. */
async function ask(
  fails: (kase: Case) => 'last' | 'earlier' | undefined,
  fingerprint: Parameters<typeof askPrerequisites>[1] = {},
) {
  const cases = await prerequisiteCases('broker', ['3.1.1', '5.0'])
  return askPrerequisites(cases, fingerprint, async some =>
    some.map(kase => result(kase, fails(kase))),
  )
}

t.test('there is a scenario for each QoS in each version', async t => {
  const cases = await prerequisiteCases('broker', ['3.1.1'])
  t.same(cases.map(({ scenario }) => scenario).sort(), [
    'granted-qos-1',
    'granted-qos-2',
    'qos-0',
    'qos-1',
    'qos-2',
    'several-in-flight',
    'wildcards',
  ])
})

t.test('filters with wildcards may be refused, which is a choice; silence is none', async t => {
  const refused = await ask(({ scenario }) => (scenario === 'wildcards' ? 'last' : undefined))
  t.same(refused.failed, [])
  t.equal(refused.unmet['3.1.1']?.wildcards, 'it refuses subscriptions with wildcards')
  t.same(Object.keys(refused.free), [
    'prerequisites/broker/wildcards:3.1.1',
    'prerequisites/broker/wildcards:5.0',
  ])
  const cases = await prerequisiteCases('broker', ['3.1.1'])
  const silent = await askPrerequisites(cases, {}, async some =>
    some.map(kase =>
      kase.scenario === 'wildcards'
        ? ({ ...result(kase, 'last'), findings: [{ absent: true }] } as unknown as CaseResult)
        : result(kase),
    ),
  )
  t.same(silent, { unmet: {}, free: {}, failed: [] })
})

t.test('what fails is told once, and cases that need it say because of what', async t => {
  const { unmet, free, failed } = await ask(({ scenario, version }) =>
    scenario === 'qos-2' && version === '3.1.1' ? 'earlier' : undefined,
  )
  t.same(unmet, { '3.1.1': { 'qos-2': 'because prerequisites/broker/qos-2:3.1.1 failed' } })
  t.same(
    failed.map(({ id }) => id),
    ['prerequisites/broker/qos-2:3.1.1'],
  )
  t.same(free, {}, 'it is a failure')
})

t.test('what does not fail again is forgotten', async t => {
  let asked = 0
  const { unmet, failed } = await ask(({ scenario, version }) =>
    scenario === 'qos-1' && version === '5.0' && asked++ === 0 ? 'last' : undefined,
  )
  t.same({ unmet, failed }, { unmet: {}, failed: [] })
  t.equal(asked, 2)
})

t.test('a broker that delivers nothing at any QoS may deny us the topic', async t => {
  const { unmet, failed } = await ask(({ version }) => (version === '3.1.1' ? 'last' : undefined))
  t.same(failed, [])
  t.match(unmet['3.1.1']?.['qos-1'], /access is denied; --topic-prefix/)
  t.equal(unmet['5.0'], undefined)
})

t.test('a limit that 3.1.1 cannot announce is no failure in it', async t => {
  const { unmet, failed } = await ask(
    ({ scenario, version }) =>
      scenario === 'qos-2' && version === '3.1.1' ? 'earlier' : undefined,
    { maximumQoS: 1 },
  )
  t.same(failed, [])
  t.match(unmet['3.1.1']?.['qos-2'], /CONNACK of 5\.0 says Maximum QoS 1, which 3\.1\.1 cannot/)
})
