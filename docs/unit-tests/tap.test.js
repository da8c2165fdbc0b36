// tap: two clients through a real broker. `to` may be an address, such as mqtt://127.0.0.1:1883, or a profile.
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { withProxy } from 'mqttspec'
import t from 'tap'

t.test('what the subscriber has not released yet comes once all the same', async t => {
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const to = { handle: stream => void broker.handle(stream) }
  const { messages } = await withProxy(
    { to, hold: 'first PUBREL of the broker', verify: ['exactly-once'] },
    async proxy => {
      const subscriber = await mqtt.connectAsync(proxy.url, { clientId: 'display' })
      await subscriber.subscribeAsync('meter/#', { qos: 2 })
      const came = new Promise(resolve => subscriber.once('message', resolve))
      const publisher = await mqtt.connectAsync(proxy.url, { clientId: 'meter-7' })
      await publisher.publishAsync('meter/7', '230.1', { qos: 2 })
      await proxy.struck()
      proxy.release()
      await came
      await publisher.endAsync()
      await subscriber.endAsync()
    },
  )
  t.match(messages, [{ topic: 'meter/7', published: 1, received: { display: 1 } }])
})
