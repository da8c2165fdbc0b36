// vitest: as for node --test. Here the packet is named as a step of a scenario names it.
import mqtt from 'mqtt'
import { withBroker } from 'mqttspec'
import { expect, test } from 'vitest'

test('a lost PUBREL is sent again', async () => {
  const faults = { lose: { PUBREL: {}, from: 'client', nth: 1, cut: 'rst' } }
  const { messages } = await withBroker(faults, async ({ url }) => {
    const client = await mqtt.connectAsync(url, {
      clientId: 'meter-7',
      clean: false,
      reconnectPeriod: 10,
    })
    await client.publishAsync('meter/7', '230.1', { qos: 2 })
    await client.endAsync()
  })
  expect(messages).toMatchObject([{ topic: 'meter/7', published: 1 }])
})
