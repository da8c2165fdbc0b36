import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import t, { type Test as Tap } from 'tap'
import { run } from './run.ts'

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
      - sub.expect: { PUBLISH: { payload: never } }
`

function standStill(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Runs the suite; `disturb` is called at the beginning of each run of the case. */
async function runDisturbed(t: Tap, disturb: () => void) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-again-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = path.join(dir, 'again.yaml')
  await writeFile(file, suite)
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const clients: string[] = []
  broker.on('client', ({ id }) => {
    clients.push(id)
    if (id.endsWith('sub')) disturb()
  })
  const { results } = await run({
    suites: [file],
    target: { handle: stream => broker.handle(stream) },
    timeoutScale: 0.2,
    onBegin: () => clients.splice(0),
  })
  // The exchange after the last case, which asks whether all is well, has a subscriber too.
  const runs = new Set(clients.filter(id => id.endsWith('sub'))).size - 1
  return { result: results[0], runs }
}

t.test('a case that is run again does not meet the session that it left', async t => {
  const stalling = setInterval(() => standStill(150), 160)
  t.teardown(() => clearInterval(stalling))
  const { result, runs } = await runDisturbed(t, () => undefined)
  t.match(result?.reason, /stood still/)
  // Three times beside others, and three times more when all others are over.
  t.equal(runs, 6)
})

t.test('a case for which we stood still gets its verdict once we do not', async t => {
  let runs = 0
  const stalling = setInterval(() => runs <= 3 && standStill(150), 160)
  t.teardown(() => clearInterval(stalling))
  const { result } = await runDisturbed(t, () => void runs++)
  t.equal(result?.verdict, 'fail')
  t.notMatch(result?.reason, /stood still/)
})

t.test('standing still while the target has the word is no reason to run a case again', async t => {
  // The case waits for its answer then, for 1000 ms.
  const { result, runs } = await runDisturbed(t, () => void setTimeout(standStill, 700, 500))
  t.equal(result?.verdict, 'fail')
  t.notMatch(result?.reason, /stood still/)
  // Once, and once more to confirm the failure.
  t.equal(runs, 2)
})
