import type { Duplex } from 'node:stream'
import t from 'tap'
import { type BrokerOptions, createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { defaultBudgets } from '../engine/waiting/budgets.ts'
import { askMessage } from '../peers/ask-message.ts'
import { openTarget } from '../targets/index.ts'
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
