import t from 'tap'
import { clientTarget } from '../../../scripts/proof/peers.ts'
import type { CaseResult } from '../../model/report.ts'
import { selectCases } from '../../scenario/select.ts'
import { runLoaded } from '../run.ts'
import { chooseCases } from './choose-cases.ts'
import { readSuites } from './choose-suites.ts'
import { profileOutcome, profiles, wordsOf } from './conformance-profiles.ts'

t.test('every word of a profile means cases for a target of its role', async t => {
  const { suites } = await readSuites([])
  for (const [name, { parts }] of Object.entries(profiles)) {
    for (const role of ['broker', 'client'] as const) {
      for (const { words, title } of parts[role]) {
        for (const word of words) {
          const { cases } = selectCases(suites, { words: [word], heavy: true })
          const fits = cases.some(kase => (kase.role === 'client') === (role === 'broker'))
          t.ok(fits, `${name}, ${title}: ${word}`)
        }
      }
    }
  }
})

t.test('core asks for no suite that is about QoS 2, and full for everything', async t => {
  const { suites } = await readSuites([])
  const core = chooseCases(suites, [], { role: 'broker' }, { profile: 'core' })
  t.ok(core.length > 100)
  t.notOk(core.some(({ suite }) => suite.startsWith('qos2/')))
  const all = chooseCases(suites, [], { role: 'broker' }, {})
  t.equal(chooseCases(suites, [], { role: 'broker' }, { profile: 'full' }).length, all.length)
})

t.test('thirteen things are asked of a device, and nothing of a broker', async t => {
  t.equal(profiles['device-advisor']?.parts.client.length, 13)
  t.throws(() => wordsOf('device-advisor', 'broker'), /nothing for a broker/)
})

const result = (id: string, more: Partial<CaseResult>): CaseResult =>
  ({
    id,
    suite: id.split('/').slice(0, 2).join('/'),
    verdict: 'pass',
    findings: [],
    ...more,
  }) as never

t.test('a part passes, fails, has no verdict or was not run', async t => {
  const advice = [{ level: 'MAY' }] as never
  const { outcome, parts } = profileOutcome('device-advisor', 'client', [
    result('client/basics/connects:5.0', {}),
    result('client/basics/subscribes:5.0', { verdict: 'fail' }),
    result('client/manners/connect-jitter:5.0', { findings: advice }),
    result('client/manners/dead-peer:5.0', { verdict: 'inconclusive' }),
    result('client/manners/connect-back-off:5.0', { verdict: 'skipped' }),
    result('client/basics/publishes-retained:5.0', { findings: advice }),
  ])
  t.equal(outcome, 'fail')
  const of = (name: string) => parts.find(part => part.name === name)
  t.match(of('connect'), { outcome: 'pass', cases: 1 })
  t.match(of('subscribe'), { outcome: 'fail', failed: ['client/basics/subscribes:5.0'] })
  t.match(of('connect-jitter'), { outcome: 'fail' }, 'advice counts where manners are asked for')
  t.match(of('publish-retained'), { outcome: 'pass' }, 'and nowhere else')
  t.match(of('dead-peer'), { outcome: 'inconclusive' })
  t.match(of('connect-back-off'), { outcome: 'not run', cases: 0 })
  t.match(of('publish-retry')?.contradicts, /MQTT-4\.4\.0-1/)
})

t.test('without a part the suites are the parts', async t => {
  const outcome = profileOutcome('full', 'broker', [
    result('a/b/c:5.0', {}),
    result('a/d/e:5.0', {}),
  ])
  t.same(
    outcome.parts.map(({ name }) => name),
    ['a/b', 'a/d'],
  )
  t.equal(outcome.outcome, 'pass')
})

t.test(
  'a client that comes back at once, or like a clock, is advised and not failed',
  { timeout: 60_000 },
  async t => {
    const { suites } = await readSuites([])
    const words = ['connect-back-off', 'connect-jitter', 'pause-after-disconnect'].map(
      scenario => `client/manners/${scenario}`,
    )
    const { cases } = selectCases(suites, { words, versions: ['5.0'] })
    const played = async (reconnectMs: number) => {
      const target = await clientTarget('reference', () => ({ reconnectMs }))
      t.teardown(() => target.stop())
      return runLoaded(cases, target, { seed: 1, profile: 'device-advisor', jobs: 1 })
    }
    // A busy machine may spread what comes at once; not three times.
    let hasty = await played(0)
    for (let again = 0; again < 2; again++) {
      if (hasty.results.every(({ findings }) => findings.length > 0)) break
      hasty = await played(0)
    }
    t.same(
      hasty.results.map(({ verdict }) => verdict),
      ['pass', 'pass', 'pass'],
    )
    t.same(
      hasty.results.map(({ findings }) => findings[0]?.level),
      ['MAY', 'MAY', 'MAY'],
    )
    t.equal(hasty.profile?.outcome, 'fail')
    t.equal(hasty.exitCode, 1)
    const like = await played(400)
    const found = like.results.map(({ findings }) => findings.map(({ message }) => message).join())
    t.match(found[0], /do not grow/)
    t.equal(found[2], '')
  },
)
