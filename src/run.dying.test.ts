import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { run } from './run.ts'
import { packageRoot } from './suite-files.ts'

/* Aedes that dies of one message: its connections are closed by the system, and only later does anybody hear of its end. */
const script = `
import { createServer } from 'node:net'
import { Aedes } from ${JSON.stringify(pathToFileURL(path.join(packageRoot, 'node_modules/aedes/aedes.js')).href)}
const broker = await Aedes.createBroker()
broker.on('publish', packet => {
  if (packet.topic.startsWith('ms/') && packet.payload.length === 0) process.kill(process.pid, 'SIGKILL')
})
createServer(socket => broker.handle(socket)).listen(Number(process.argv[2]), '127.0.0.1')
`

t.test('what a dying broker leaves undone in other cases is not held against it', async t => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-dying-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  await writeFile(path.join(dir, 'dying.mjs'), script)
  const profile = path.join(dir, 'dying.yaml')
  await writeFile(
    profile,
    'name: dying\nrole: broker\nversions: [3.1.1]\nstart:\n  command: [node, $here/dying.mjs, $port]\naddress: mqtt://127.0.0.1:$port\n',
  )
  const report = await run({ target: profile, suites: ['qos2/levels', 'qos2/broker-receives'] })
  const lost = report.results.filter(({ reason }) => /was lost/.test(reason))
  t.ok(lost.length > 0, 'the case that kills is named')
  t.same(
    report.results
      .filter(
        ({ verdict, reason }) => verdict === 'inconclusive' || /closed the connection/.test(reason),
      )
      .map(({ id, reason }) => [id, reason]),
    [],
    'and no other blames the target for being dead',
  )
})
