import t from 'tap'
import { readSuites } from '../run/choose-suites.ts'
import type { Case } from './ast.ts'
import { loweredToQos1 } from './lower-qos.ts'

const cases = async (role: Case['role']) =>
  (await readSuites([])).suites.flatMap(suite => suite.cases).filter(kase => kase.role === role)

t.test('a scenario that uses QoS 2 in passing says the same at QoS 1', async t => {
  const kase = (await cases('client')).find(({ id }) => id === 'topics/matching/plus:5.0')
  t.ok(kase)
  const low = kase && loweredToQos1(kase)
  t.ok(low)
  t.notMatch(JSON.stringify(low?.steps), /"qos":2|"qos":\{[^}]*"value":2/)
  t.notMatch(low?.steps.map(({ text }) => text).join('\n'), /qos: 2/)
  t.equal(low?.id, kase?.id)
})

t.test('one that is about QoS 2 stays as it is', async t => {
  const all = [...(await cases('client')), ...(await cases('broker'))]
  for (const id of ['qos2/broker-receives/undisturbed', 'client/packet-ids/held-by-pubrel']) {
    const own = all.filter(kase => kase.id.startsWith(`${id}:`))
    t.ok(own.length > 0, id)
    for (const kase of own) t.equal(loweredToQos1(kase), undefined, kase.id)
  }
})

t.test('nothing of QoS 2 is left in a lowered case', async t => {
  let count = 0
  for (const kase of [...(await cases('client')), ...(await cases('broker'))]) {
    const low = loweredToQos1(kase)
    if (!low) continue
    count += 1
    t.notMatch(JSON.stringify(low.steps), /"qos":2/, kase.id)
    t.notOk(
      low.verify.some(({ name }) => name === 'exactly-once'),
      kase.id,
    )
  }
  t.ok(count > 1000, `${count} cases`)
})
