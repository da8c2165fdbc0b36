// node --test: MQTT.js, whose session and message have to outlive a lost packet. Put your own client in its place.
import assert from 'node:assert/strict'
import test from 'node:test'
import mqtt from 'mqtt'
import { withBroker } from 'mqttspec'

test('a lost PUBCOMP doubles no message', async () => {
  const { messages } = await withBroker({ lose: 'first PUBCOMP', cut: 'rst' }, async ({ url }) => {
    const client = await mqtt.connectAsync(url, {
      clientId: 'meter-7',
      clean: false,
      reconnectPeriod: 10,
    })
    await client.publishAsync('meter/7', '230.1', { qos: 2 })
    await client.endAsync()
  })
  assert.equal(messages.length, 1)
  assert.equal(messages[0].published, 1)
})

test('a cut inside of PUBREC is survived, but DUP is forgotten', async () => {
  // Without `known` this fails: MQTT.js does not set DUP where it sends a PUBLISH again.
  await withBroker({ cut: 'first PUBREC', known: ['MQTT-3.3.1-1'] }, async ({ url }) => {
    const client = await mqtt.connectAsync(url, {
      clientId: 'meter-7',
      clean: false,
      reconnectPeriod: 10,
    })
    await client.publishAsync('meter/7', '230.1', { qos: 2 })
    await client.endAsync()
  })
})
