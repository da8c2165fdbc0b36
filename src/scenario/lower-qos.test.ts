import t from 'tap'
import { readSuites } from '../run/choice/choose-suites.ts'
import type { Case } from './ast.ts'
import { loweredToQos1 } from './lower-qos.ts'

const { suites } = await readSuites([])
const all = suites.flatMap(suite => suite.cases)

t.test('a scenario that uses QoS 2 in passing says the same at QoS 1', async t => {
  const kase = all.find(({ id }) => id === 'topics/matching/plus:5.0')
  t.ok(kase)
  const low = kase && loweredToQos1(kase)
  t.ok(low)
  t.notMatch(JSON.stringify(low?.steps), /"qos":2|"qos":\{[^}]*"value":2/)
  t.notMatch(low?.steps.map(({ text }) => text).join('\n'), /qos: 2/)
  t.equal(low?.id, kase?.id)
})

t.test('one that is about QoS 2 stays as it is', async t => {
  for (const id of ['qos2/broker-receives/undisturbed', 'client/packet-ids/held-by-pubrel']) {
    const own = all.filter(kase => kase.id.startsWith(`${id}:`))
    t.ok(own.length > 0, id)
    for (const kase of own) t.equal(loweredToQos1(kase), undefined, kase.id)
  }
})

t.test('nothing of QoS 2 is left in a lowered case', async t => {
  const lowered = all.flatMap(kase => loweredToQos1(kase) ?? [])
  const atQos2 = lowered.filter(({ steps }) => JSON.stringify(steps).includes('"qos":2'))
  const exactlyOnce = lowered.filter(({ verify }) =>
    verify.some(({ name }) => name === 'exactly-once'),
  )
  t.same(idsOf(atQos2), [])
  t.same(idsOf(exactlyOnce), [])
  t.ok(lowered.length > 1000, `${lowered.length} cases`)
})

function idsOf(cases: Case[]): string[] {
  return cases.map(({ id }) => id)
}
