import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { run } from './run.ts'
import { packageRoot } from './suite-files.ts'

/* Aedes behind a door that a subscription to one topic shuts for good: the process lives on and answers nobody. */
const script = `
import { createServer } from 'node:net'
import { Aedes } from ${JSON.stringify(pathToFileURL(path.join(packageRoot, 'node_modules/aedes/aedes.js')).href)}
const broker = await Aedes.createBroker()
let deaf = false
broker.on('subscribe', filters => { deaf ||= filters.some(({ topic }) => topic.includes('\u65e5')) })
createServer(socket => (deaf ? socket.resume() : broker.handle(socket))).listen(Number(process.argv[2]), '127.0.0.1')
`

t.test('a broker that goes deaf is started again, and the case that did it is named', async t => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-deaf-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  await writeFile(path.join(dir, 'deaf.mjs'), script)
  const profile = path.join(dir, 'deaf.yaml')
  await writeFile(
    profile,
    'name: deaf\nrole: broker\nversions: [3.1.1]\nstart:\n  command: [node, $here/deaf.mjs, $port]\naddress: mqtt://127.0.0.1:$port\n',
  )
  const report = await run({
    target: profile,
    suites: ['topics/matching/unusual-topics:3.1.1*'],
    jobs: 4,
    timeoutScale: 0.2,
  })
  const lost = report.results.filter(({ reason }) => /was lost/.test(reason))
  t.same(
    lost.map(({ id, verdict }) => [id, verdict]),
    [['topics/matching/unusual-topics:3.1.1:tail=%E6%97%A5%E6%9C%AC%E8%AA%9E', 'fail']],
  )
  t.equal(report.summary.inconclusive, 0, 'the others were asked again')
  t.ok(report.summary.pass > 1)
})
