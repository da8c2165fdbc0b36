import path from 'node:path'
import { Duplex, Transform } from 'node:stream'
import t from 'tap'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { defaultBudgets } from '../engine/waiting/budgets.ts'
import { createFramer } from '../wire/framing.ts'
import { run } from './run.ts'

/** Passes on all of a correct broker but the PUBLISHes with one payload. */
function without(payload: string) {
  const broker = createReferenceBroker({ versions: ['3.1.1'] })
  return (stream: Duplex) => {
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const losing = new Transform({
      transform(chunk, _encoding, done) {
        for (const { bytes } of framer.push(chunk)) {
          const isLost = bytes[0]! >> 4 === 3 && Buffer.from(bytes).includes(payload)
          if (!isLost) this.push(bytes)
        }
        done()
      },
    })
    losing.on('error', () => undefined).pipe(stream)
    const behind = Duplex.from({ readable: stream, writable: losing })
    behind.on('error', () => undefined)
    broker.accept(behind)
  }
}

const suite = `
suite: overtaken
title: Two messages, one behind the other
role: client
scenarios:
  - id: two
    title: Both come
    covers: { 3.1.1: [MQTT-4.5.0-1] }
    matrix: { version: [3.1.1] }
    steps:
      - subscriber.connect: {}
      - subscriber.subscribe: { filter: $topic, qos: 1 }
      - publisher.connect: {}
      - publisher.publish: { topic: $topic, qos: 1, payload: earlier }
      - publisher.publish: { topic: $topic, qos: 1, payload: later }
    verify: [at-least-once]
`

/** So long is waited for what may still come, in the case and when it is run again. */
const timeoutScale = 3
const replyMs = defaultBudgets.replyMs * timeoutScale

t.test('nobody waits for a message once a later one on its way has come', async t => {
  const file = path.join(t.testdir({ 'two.yaml': suite }), 'two.yaml')
  const report = await run({
    suites: [file],
    target: { handle: without('earlier') },
    timeoutScale,
    seed: 1,
  })
  const [result] = report.results
  t.equal(result?.verdict, 'fail')
  t.match(result?.findings[0]?.message, /"earlier" was acknowledged and never delivered/)
  t.ok(report.durationMs < replyMs, `${report.durationMs} ms`)
})
