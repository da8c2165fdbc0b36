import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import t from 'tap'
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
      - elapse: { rule: keep-alive, s: 0.2 }
      - sub.expect: { PUBLISH: { payload: never } }
`

t.test('a case that is run again does not meet the session that it left', async t => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-again-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = path.join(dir, 'again.yaml')
  await writeFile(file, suite)
  const broker = await Aedes.createBroker()
  t.teardown(() => broker.close())
  const clients: string[] = []
  broker.on('client', ({ id }) => clients.push(id))
  const standStill = setInterval(() => {
    const end = performance.now() + 150
    while (performance.now() < end);
  }, 160)
  t.teardown(() => clearInterval(standStill))
  const { results } = await run({
    suites: [file],
    target: { handle: stream => broker.handle(stream) },
    timeoutScale: 0.1,
    onBegin: () => clients.splice(0),
  })
  t.match(results[0]?.reason, /stood still/)
  // Three runs, and the exchange that asks whether all is well.
  t.equal(new Set(clients.filter(id => id.endsWith('sub'))).size, 4)
})
