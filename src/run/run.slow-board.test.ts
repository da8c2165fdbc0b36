import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import t from 'tap'
import { defaultBudgets } from '../engine/waiting/budgets.ts'
import { openTarget } from '../targets/index.ts'
import { readSuites } from './choice/choose-suites.ts'
import { runLoaded } from './run.ts'

const suite = `
suite: a/waits
title: Cases that wait for a rule about time
role: client
scenarios:
  - id: one
    title: Something is asked behind a wait
    covers: { 3.1.1: [MQTT-3.12.4-1] }
    matrix: { version: [3.1.1], s: [10, 20, 30, 40] }
    steps:
      - sub.connect: { session: fresh, keepAliveS: $s }
      - elapse: { rule: keep-alive, s: 0.3 }
      - sub.ping: {}
`

for (const { board, most } of [
  // The end of one may be heard of when the next has begun.
  { board: 'emulated', most: 2 },
  { board: 'other', most: 4 },
]) {
  t.test(`${most} of four cases that wait run at once where the board is ${board}`, async t => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-waits-'))
    t.teardown(() => rm(dir, { recursive: true, force: true }))
    const file = path.join(dir, 'waits.yaml')
    await writeFile(file, suite)
    const broker = await Aedes.createBroker()
    t.teardown(() => broker.close())
    let atOnce = 0
    let seen = 0
    broker.on('client', () => {
      seen = Math.max(seen, ++atOnce)
    })
    broker.on('clientDisconnect', () => atOnce--)
    const target = await openTarget(
      { handle: stream => broker.handle(stream), profile: { settings: { board } } },
      defaultBudgets,
    )
    t.teardown(() => target.stop())
    const { suites } = await readSuites([file])
    const cases = suites.flatMap(one => one.cases)
    const { results } = await runLoaded(cases, target, { jobs: 1 })
    t.same(
      results.map(one => one.verdict),
      ['pass', 'pass', 'pass', 'pass'],
    )
    t.ok(board === 'emulated' ? seen <= most : seen === most, `${seen} at once`)
  })
}
