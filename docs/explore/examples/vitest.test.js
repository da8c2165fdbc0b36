// vitest: as for node --test.
import { Aedes } from 'aedes'
import { explore } from 'mqttspec'
import { expect, test } from 'vitest'

test('no lost packet loses a QoS 1 message', { timeout: 30_000 }, async () => {
  const broker = await Aedes.createBroker()
  const target = { handle: stream => void broker.handle(stream) }
  const report = await explore({
    target,
    flows: ['qos1-publish'],
    mqtt: ['3.1.1'],
    faults: ['lose'],
    depth: 1,
    budgetMs: 5000,
  })
  broker.close()
  expect(
    report.results.flatMap(({ findings }) => findings.filter(({ judge }) => judge === 'ledger')),
  ).toEqual([])
})
