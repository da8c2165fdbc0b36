import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import t, { type Test as Tap } from 'tap'
import { defaultBudgets } from '../engine/waiting/budgets.ts'
import { openTarget } from '../targets/index.ts'
import { readSuites } from './choice/choose-suites.ts'
import { runLoaded } from './run.ts'

/* It blames every broker, and has to do with time: while we stand still it is run again. */
const suite = `
suite: again/about-time
title: About time
role: client
scenarios:
  - id: never-answered
    title: A packet that no broker sends
    covers: { 3.1.1: [MQTT-3.1.2-24] }
    matrix: { version: [3.1.1] }
    steps:
      - sub.connect: { session: kept }
      - elapse: { rule: keep-alive, s: 0.5 }
      - sub.ping: {}
      - sub.expect: { PUBLISH: { payload: never } }
`

type Watched = {
  /** How often the case was begun. */
  runs: number
  stalledMs: number
}

/** Runs the suite where we stand still as `stalls` says each time that it is asked, and as `onPing` says once the target has the word. */
async function runWith(
  t: Tap,
  stalls: (so: Watched) => void,
  onPing: (so: Watched) => void = () => undefined,
) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-again-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = path.join(dir, 'again.yaml')
  await writeFile(file, suite)
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const so: Watched = { runs: 0, stalledMs: 0 }
  const clients = new Set<string>()
  broker.on('client', ({ id }) => {
    // The first case of the run has the number 000, and a further digit each time that it is run again.
    if (/000\w?sub$/.test(id)) so.runs = clients.add(id).size
  })
  broker.on('ping', () => onPing(so))
  const target = await openTarget({ handle: stream => broker.handle(stream) }, defaultBudgets)
  t.teardown(() => target.stop())
  const { suites } = await readSuites([file])
  const cases = suites.flatMap(suite => suite.cases)
  const { results } = await runLoaded(cases, target, {
    timeoutScale: 0.2,
    stalls: {
      start: () => undefined,
      stop: () => undefined,
      totalMs: () => {
        stalls(so)
        return so.stalledMs
      },
    },
  })
  return { result: results[0], runs: so.runs }
}

/** More than a case about time may lose. */
const tooLongMs = 300

t.test('a case that is run again does not meet the session that it left', async t => {
  const { result, runs } = await runWith(t, so => {
    so.stalledMs += tooLongMs
  })
  t.match(result?.reason, /stood still/)
  // Three times beside others, and three times more when all others are over.
  t.equal(runs, 6)
})

t.test('a case for which we stood still gets its verdict once we do not', async t => {
  const { result, runs } = await runWith(t, so => {
    if (so.runs <= 3) so.stalledMs += tooLongMs
  })
  t.equal(result?.verdict, 'fail')
  t.notMatch(result?.reason, /stood still/)
  // Three times beside others, and once more when all others are over.
  t.equal(runs, 4)
})

t.test('standing still while the target has the word is no reason to run a case again', async t => {
  const { result, runs } = await runWith(
    t,
    () => undefined,
    so => {
      so.stalledMs += tooLongMs
    },
  )
  t.equal(result?.verdict, 'fail')
  t.notMatch(result?.reason, /stood still/)
  // Once, and once more to confirm the failure.
  t.equal(runs, 2)
})
