import t from 'tap'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import { readSuites } from './choice/choose-suites.ts'
import { runLoaded } from './run.ts'

t.test('what a broker is free to do is no failure where its prerequisite is asked for', async t => {
  const target = await brokerTarget('one at a time', () => ({ maxInflight: 1 }))
  try {
    const { suites } = await readSuites(['suites/prerequisites/broker.yaml'])
    const cases = suites
      .flatMap(suite => suite.cases)
      .filter(({ scenario, version }) => scenario === 'several-in-flight' && version !== '3.1')
    const { results } = await runLoaded(cases, target, { jobs: 1, seed: 1 })
    t.same(
      results.map(({ verdict, reason }) => [verdict, reason]),
      cases.map(() => ['skipped', 'it has one message in flight at a time']),
    )
  } finally {
    await target.stop()
  }
})
