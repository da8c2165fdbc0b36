// node --test: a broker in this process, searched for five seconds. The ledger follows every message: it finds what was lost or doubled.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Aedes } from 'aedes'
import { explore } from 'mqttspec'

test('no lost packet loses a QoS 1 message', async () => {
  const broker = await Aedes.createBroker()
  const report = await explore({
    target: { handle: stream => void broker.handle(stream) },
    flows: ['qos1-publish'],
    mqtt: ['3.1.1'],
    faults: ['lose'],
    depth: 1,
    budgetMs: 5000,
    seed: 4711,
  })
  broker.close()
  assert.ok(report.explored.schedules > 0)
  assert.deepEqual(
    report.results.flatMap(({ findings }) => findings.filter(({ judge }) => judge === 'ledger')),
    [],
  )
})
