import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import mqtt, { type MqttClient } from 'mqtt'
import t from 'tap'
import { JudgementError } from './judgement-error.ts'
import { withBroker } from './with-broker.ts'
import { withProxy } from './with-proxy.ts'

/*
 * The MQTT.js client as somebody would test his own with it: a packet is named, and referee and ledger say what became of it.
 */

const clientOptions = { clean: false, clientId: 'under-test', reconnectPeriod: 10 }

async function publishOnce(url: string, options = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url, { ...clientOptions, ...options })
  await client.publishAsync('unit/once', 'once', { qos: 2 })
  return client
}

for (const protocolVersion of [4, 5] as const) {
  const settings = { protocolVersion, properties: { sessionExpiryInterval: 600 } }
  for (const packet of ['PUBLISH', 'PUBREC', 'PUBREL', 'PUBCOMP']) {
    t.test(`a lost ${packet} doubles nothing, protocol level ${protocolVersion}`, async t => {
      // MQTT.js forgets DUP where it sends a PUBLISH again.
      const known = /^PUB(LISH|REC)$/.test(packet) ? ['MQTT-3.3.1-1'] : []
      const faults = { lose: `first ${packet}`, cut: 'rst', known } as const
      const { trace, findings, messages } = await withBroker(faults, async broker => {
        const client = await publishOnce(broker.url, settings)
        await client.endAsync()
      })
      const lost = trace.filter(event => event.kind === 'fault' && event.fault.kind === 'lose')
      t.equal(lost.length, 1)
      t.same(
        findings.map(({ statement }) => statement.replace(/^.*:/, '')),
        known,
      )
      t.match(messages, [{ topic: 'unit/once', payload: '"once"', published: 1 }])
    })
  }
}

t.test('a message goes on to a subscriber, once, through every fault of a proxy', async t => {
  const faults = [
    { hold: 'first PUBREC of the broker' },
    { duplicate: 'first PUBREL of the client' },
    { cut: 'first PUBCOMP of the broker' },
    { delay: { PUBLISH: { payload: 'once' }, from: 'client', ms: 5 } },
    { split: 'every PUBLISH' },
  ]
  for (const fault of faults) {
    const wish = { ...fault, verify: ['exactly-once'] }
    const { messages } = await withBroker(wish, async broker => {
      const subscriber = await mqtt.connectAsync(broker.url, { clientId: 'subscriber' })
      await subscriber.subscribeAsync('unit/#', { qos: 2 })
      const came = new Promise(resolve => subscriber.once('message', resolve))
      const publishing = publishOnce(broker.url)
      await broker.struck()
      broker.release()
      const client = await publishing
      await came
      await client.endAsync()
      await subscriber.endAsync()
    })
    t.match(messages, [{ published: 1, received: { subscriber: 1 } }], JSON.stringify(fault))
  }
})

t.test('a client that publishes anew what it has to resend is found out by the ledger', async t => {
  const broken = withBroker(
    { lose: 'first PUBREC', cut: 'rst', verify: ['exactly-once'] },
    async ({ url }) => {
      const subscriber = await mqtt.connectAsync(url, { clientId: 'subscriber' })
      await subscriber.subscribeAsync('unit/#', { qos: 2 })
      const first = await mqtt.connectAsync(url, { ...clientOptions, reconnectPeriod: 0 })
      first.publish('unit/once', 'once', { qos: 2 })
      await new Promise(resolve => first.once('close', () => resolve(undefined)))
      // Its session is thrown away here, and the message handed over a second time.
      const second = await publishOnce(url, { clean: true })
      await second.endAsync()
      await subscriber.endAsync()
      first.end(true)
    },
  )
  const error = await broken.then(
    () => t.fail('nothing was found'),
    (error: unknown) => error,
  )
  if (!(error instanceof JudgementError)) return t.fail(String(error))
  t.match(
    error.message,
    /^what verify asks for does not hold\n[\s\S]*"once" was delivered to subscriber 2 times/,
  )
  t.match(error.message, /MQTT-4\.3\.3/, 'the clause')
  t.match(error.message, /lost: it is not passed on/, 'the ladder')
  t.ok(error.trace.length > 0)
})

t.test('a packet that never comes fails the test, and tells which', async t => {
  await t.rejects(
    withBroker({ lose: 'first PUBREC', patienceMs: 200 }, async ({ url }) => {
      const client = await mqtt.connectAsync(url, clientOptions)
      await client.publishAsync('unit/once', 'once', { qos: 1 })
      await client.endAsync()
    }),
    { name: 'JudgementError', message: /no packet came for: lose first PUBREC/ },
  )
})

t.test(
  'what a client breaks fails the test with ladder and clause; known, it does so once it is kept',
  async t => {
    const use = async ({ url }: { url: string }) => (await publishOnce(url)).endAsync()
    const error = await withBroker({ lose: 'first PUBREC', cut: 'rst' }, use).catch(found => found)
    t.match(error.message, /^the client under-test broke a rule of the standard\n/)
    t.match(error.message, /says +A sender sets DUP to 1 whenever it delivers a PUBLISH again/)
    t.match(error.message, /─── PUBLISH ─+▶│.*QoS 2 unit\/once "once" <<</)
    t.match(error.findings, [
      { statement: '3.1.1:MQTT-3.3.1-1', side: 'client', who: 'under-test' },
    ])
    await t.rejects(
      withBroker({ lose: 'first PUBCOMP', cut: 'rst', known: ['3.1.1:MQTT-3.3.1-1'] }, use),
      /known to be broken, and kept now: 3.1.1:MQTT-3.3.1-1/,
    )
  },
)

t.test('what the test itself throws is passed on', async t => {
  const own = new Error('of the test')
  await t.rejects(
    withBroker({}, async () => {
      throw own
    }),
    own,
  )
})

t.test('words that make no sense are told as a scenario would tell them', async t => {
  const use = async () => t.fail('it must not begin')
  await t.rejects(withBroker({ lose: 'first PUBREK' }, use), /did you mean "PUBREC"/)
  await t.rejects(
    withBroker({ lose: 'first CONNACK of the client' }, use),
    /a client sends no CONN/,
  )
  await t.rejects(withBroker({ lose: { PUBREC: { idd: 7 }, from: 'broker' } }, use), /"id"/)
  await t.rejects(withBroker({ cut: 'rst' }, use), /says nothing alone/)
  await t.rejects(withBroker({ verify: ['exactly-onec'] }, use), /did you mean "exactly-once"/)
})

t.test('a real broker behind: what it breaks fails the test where it is judged', async t => {
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const to = { handle: (stream: Duplex) => void broker.handle(stream) }
  const options = { to, lose: 'first PUBACK', cut: 'fin' } as const
  const use = async ({ url }: { url: string }) => {
    const client = await mqtt.connectAsync(url, clientOptions)
    await client.publishAsync('unit/once', 'once', { qos: 1 })
    await client.endAsync()
  }
  const { findings, messages } = await withProxy({ ...options, judge: 'client' }, use)
  t.match(findings, [{ side: 'broker', statement: '3.1.1:MQTT-3.2.2-2' }])
  t.match(messages, [{ topic: 'unit/once', received: {} }])
  await t.rejects(withProxy(options, use), /^the broker in-process broke a rule/)
  await withProxy({ ...options, known: ['MQTT-3.2.2-2'] }, use)
})
