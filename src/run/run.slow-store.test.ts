import { Duplex, Transform } from 'node:stream'
import { setTimeout as pass } from 'node:timers/promises'
import t from 'tap'
import { type BrokerOptions, createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { defaultBudgets } from '../engine/waiting/budgets.ts'
import { askMessage } from '../peers/ask-message.ts'
import { askResumption } from '../peers/ask-resumption.ts'
import { openTarget } from '../targets/index.ts'
import { createFramer } from '../wire/framing.ts'
import { run } from './run.ts'

/* A correct broker that stores messages one at a time, each as slowly as told; CONNECT, SUBSCRIBE and PINGREQ are answered at once. */

function serve(options: BrokerOptions) {
  const broker = createReferenceBroker(options)
  let open = 0
  let most = 0
  return {
    handle: (stream: Duplex) => {
      most = Math.max(most, ++open)
      stream.once('close', () => {
        open -= 1
      })
      broker.accept(stream)
    },
    most: () => most,
  }
}

t.test(
  'a broker with a slow store is not failed for what many cases at once make of it',
  async t => {
    const { handle } = serve({ storeMs: 40, versions: ['3.1.1'] })
    const report = await run({
      suites: ['qos2/broker-receives'],
      mqtt: ['3.1.1'],
      target: { handle },
      // An answer may take 500 ms; what sixteen cases publish at once takes longer than that to store.
      timeoutScale: 0.1,
      seed: 1,
    })
    const wrong = report.results.filter(({ verdict }) => !['pass', 'skipped'].includes(verdict))
    t.same(
      wrong.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`),
      [],
    )
    t.ok(report.summary.pass > 40)
  },
)

t.test(
  'whether a message gets through shows how slow a store is, where CONNECT does not',
  async t => {
    const ask = async (options: BrokerOptions, budgetMs: number) => {
      const { handle } = serve(options)
      const target = await openTarget({ handle }, defaultBudgets)
      if (target.role !== 'broker') throw new Error('the embedded broker is one')
      const began = performance.now()
      const asked = await askMessage({
        dial: () => target.dial(1000),
        version: '3.1.1',
        clientId: 'question',
        topic: 'a/question',
        budgetMs,
      })
      return { asked, tookMs: performance.now() - began }
    }
    const slow = await ask({ storeMs: 300 }, 20_000)
    t.equal(slow.asked, 'came')
    t.ok(slow.tookMs >= 300)
    t.equal((await ask({ storeMs: 20_000 }, 300)).asked, 'silence')
    t.equal((await ask({ denySubscribe: 'a/#' }, 20_000)).asked, 'refused')
  },
)

t.test('late expiry and an early takeover change no verdict', async t => {
  const { handle } = serve({ expiryLateS: 1, takeoverEarlyMs: 30 })
  const suites = ['session/takeover', 'session/expiry/session-*']
  const report = await run({ suites, target: { handle }, seed: 1 })
  const wrong = report.results.filter(({ verdict }) => !['pass', 'skipped'].includes(verdict))
  t.same(
    wrong.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`),
    [],
  )
  t.ok(report.summary.pass > 3)
})

t.test('a broker that sends again by a timer is late, and not silent', async t => {
  // An answer may take 500 ms; what a resumed session holds goes out 700 ms behind CONNACK.
  const lateMs = 700
  const { handle } = serve({ versions: ['3.1.1'] })
  const late = (stream: Duplex) => {
    let resumed: Promise<void> | undefined
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const timer = new Transform({
      transform(chunk, _encoding, done) {
        for (const { bytes } of framer.push(chunk)) {
          const kind = (bytes[0] ?? 0) >> 4
          const goesOut = () => void (timer.destroyed || timer.push(bytes))
          if (resumed && (kind === 3 || kind === 6)) void resumed.then(goesOut)
          else goesOut()
          if (kind === 2 && bytes[2] === 1) resumed = pass(lateMs)
        }
        done()
      },
    })
    timer.on('error', () => undefined).pipe(stream)
    const behind = Duplex.from({ readable: stream, writable: timer })
    behind.on('error', () => undefined)
    handle(behind)
  }
  const report = await run({
    suites: ['qos2/broker-sends/pubrel-lost:3.1.1:*', 'qos2/broker-sends/publish-lost:3.1.1:*'],
    target: { handle: late },
    timeoutScale: 0.1,
    seed: 1,
  })
  const verdicts = report.results.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`)
  t.ok(verdicts.length > 4)
  t.same(
    verdicts.filter(one => !one.endsWith(' pass: ')),
    [],
  )
})

t.test('how long a resumed session waits for what it holds is asked once', async t => {
  const ask = async (options: BrokerOptions, budgetMs: number) => {
    const target = await openTarget({ handle: serve(options).handle }, defaultBudgets)
    if (target.role !== 'broker') throw new Error('the embedded broker is one')
    const dial = () => target.dial(1000)
    const asking = { dial, version: '5.0' as const, clientId: 'question', topic: 'a/question' }
    return askResumption({ ...asking, budgetMs })
  }
  const tookMs = await ask({}, 5000)
  t.ok(tookMs !== undefined && tookMs < 500, `${tookMs} ms`)
  t.equal(await ask({ denySubscribe: 'a/#' }, 5000), undefined)
  t.equal(await ask({ storeMs: 5000 }, 200), undefined, 'in its budget')
})
