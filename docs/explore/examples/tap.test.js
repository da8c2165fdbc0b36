// tap: as for node --test; what was found is in the message of the assertion.
import { Aedes } from 'aedes'
import { explore } from 'mqttspec'
import t from 'tap'

t.test('no lost packet loses a QoS 1 message', async t => {
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const target = { handle: stream => void broker.handle(stream) }
  const report = await explore({
    target,
    flows: ['qos1-publish'],
    mqtt: ['3.1.1'],
    faults: ['lose'],
    depth: 1,
    budgetMs: 5000,
  })
  t.same(
    report.results.flatMap(({ findings }) => findings.filter(({ judge }) => judge === 'ledger')),
    [],
  )
})
