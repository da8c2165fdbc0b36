import { appendFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { scriptedAedes } from '../../fixtures/testing/peers/scripted-aedes.ts'
import { run } from './run.ts'

/* Aedes that serves once: started again in the same folder it ends. */
const once = `
import { existsSync, writeFileSync } from 'node:fs'
if (existsSync('mark')) process.exit(3)
writeFileSync('mark', '')
createServer(socket => broker.handle(socket)).listen(port, '127.0.0.1')
`

const suite = `
suite: own/again
title: Again
role: client
requires: restart
scenarios:
  - id: killed
    title: Killed and started again
    covers: { 3.1.1: [MQTT-3.1.4-4] }
    steps:
      - pub.connect: {}
      - target.restart: kill
      - pub.connect: { expect: { code: 0 } }
`

t.test('a broker that does not serve again fails where it claims to be durable', async t => {
  const target = await scriptedAedes(t, 'once', once)
  const own = path.join(path.dirname(target), 'again.yaml')
  await writeFile(own, suite)
  const suites = [own]
  const modest = await run({ target, suites })
  t.match(modest.results, [{ verdict: 'inconclusive', reason: /^TARGET_NOT_BACK: once/ }])
  await appendFile(target, 'durable: true\n')
  const bold = await run({ target, suites })
  t.match(bold.results, [{ verdict: 'fail', reason: /does not serve again after KILL/ }])
  t.match(bold.results[0]?.findings, [{ statement: '3.1.1:MQTT-3.1.4-4', got: /exit code 3/ }])
})
