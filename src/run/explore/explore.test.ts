import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createReferenceBroker } from '../../../fixtures/testing/peers/broker.ts'
import { UsageError } from '../usage-error.ts'
import { explore } from './explore.ts'

const broker = createReferenceBroker({})
const target = { handle: (stream: Parameters<typeof broker.accept>[0]) => broker.accept(stream) }
t.teardown(() => broker.close())

t.test('a second search goes on where the first one ended', async t => {
  const corpus = path.join(t.testdir({}), 'corpus')
  const options = { target, flows: ['qos1-publish'], depth: 1, schedules: 60, seed: 1, corpus }
  const first = await explore({ ...options, mqtt: ['3.1.1'] })
  const second = await explore({ ...options, mqtt: ['3.1.1'] })
  for (const { explored, exitCode } of [first, second]) {
    t.equal(exitCode, 0)
    t.ok((explored?.stages.singles ?? 0) > 40, `${explored?.stages.singles} single faults`)
  }
  const files = readdirSync(corpus).map(name => readFileSync(path.join(corpus, name), 'utf8'))
  t.equal(files.length, 2)
  const names = files.flatMap(text => text.split('\n').slice(1, -1)).map(line => line.split(' ')[0])
  t.ok(names.length > 80, `${names.length} schedules were kept`)
  t.equal(new Set(names).size, names.length, 'none was tried twice')
})

t.test('a corpus of another target is refused', async t => {
  const corpus = t.testdir({ '0001-1-of-1.tried': 'mqttspec tried 1 emqx\n' })
  await t.rejects(explore({ target, corpus, schedules: 1 }), UsageError)
})

const noMosquitto = spawnSync('mosquitto', ['-h']).error !== undefined && 'needs mosquitto'

t.test('a durable broker is restarted with exchanges half done', { skip: noMosquitto }, async t => {
  const { explored, results } = await explore({
    target: 'mosquitto',
    flows: ['qos1-publish'],
    mqtt: ['3.1.1'],
    faults: ['restart'],
    depth: 1,
    schedules: 12,
    lanes: 2,
    budgetMs: 30_000,
    seed: 1,
  })
  t.ok((explored?.stages.singles ?? 0) > 4, `${explored?.stages.singles} restarts`)
  t.same(
    results.flatMap(({ findings }) => findings.map(({ message }) => message)),
    [],
  )
})
