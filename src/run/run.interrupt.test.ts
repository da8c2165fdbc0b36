import t from 'tap'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { type Ending, endEverywhere, endings, roles } from '../../scripts/hostile/moments.ts'
import { run } from './run.ts'

/*
 * A run that is ended at any moment invents nothing and acquits nobody: what it says was proven before. Every few moments of each role
 * are tried here; `npm run hostile -- moment/` tries all of them.
 */

/** A target that is lost takes its client half a second to leave. */
const every: Record<Ending, number> = { abort: 3, signal: 11, 'time limit': 29, loss: 41 }

/** A board takes a second to start: `npm run hostile` has it. */
for (const role of roles.filter(role => role !== 'device')) {
  for (const peer of ['correct', 'wrong'] as const) {
    for (const ending of endings) {
      const title = `${ending}: no moment invents a finding or a pass with a ${peer} peer, ${role}`
      t.test(title, async t => {
        const { whole, moments, wrong } = await endEverywhere({ role, peer, ending }, every[ending])
        const due = peer === 'correct' ? 'pass' : 'fail'
        t.same([...new Set(whole.results.map(({ verdict }) => verdict))], [due], 'the whole run')
        t.ok(moments > 0, `${moments} of ${whole.events} moments`)
        t.same(wrong, [])
      })
    }
  }
}

/** One file: all suites take seconds to read. */
const suites = ['suites/broker/qos2-sender.yaml']

t.test('a run whose time is over ends with its report, which says so', async t => {
  const broker = createReferenceBroker({})
  t.teardown(() => broker.close())
  let begun = false
  const report = await run({
    suites,
    mqtt: ['3.1.1'],
    target: {
      // Once a case has begun nobody is answered any more.
      handle: stream => (begun ? stream.resume() : broker.accept(stream)),
    },
    jobs: 1,
    timeLimitMs: 4000,
    onCaseBegun: () => {
      begun = true
    },
  })
  t.equal(report.exitCode, 4)
  t.match(report.problem, /^the time limit of 4 s was reached: cases that had not ended/)
  t.ok(report.results.some(({ reason }) => reason.startsWith('interrupted at')))
  t.notOk(report.results.some(({ verdict }) => verdict === 'fail'))
})

t.test('a run whose time is over before it began says so', async t => {
  await t.rejects(run({ suites, target: { handle: () => undefined }, timeLimitMs: 100 }), {
    name: 'InterruptedError',
    message: /^the time limit of 0.1 s was reached before any case/,
  })
})
