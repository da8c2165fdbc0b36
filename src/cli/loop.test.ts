import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import t from 'tap'
import { commandLine } from '../../fixtures/testing/command-line.ts'

/* From a failure to the next try: what failed is run again, accepted, and held against the run before. */

const folder = mkdtempSync(path.join(os.tmpdir(), 'loop-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const at = (name: string) => path.join(folder, name)

async function mqttspec(...words: string[]) {
  const { code, stdout, stderr } = await commandLine(words, { env: { XDG_CACHE_HOME: folder } })
    .ended
  return { code, stdout, stderr }
}

t.test('what failed is run again, accepted, and compared', async t => {
  const first = await mqttspec(
    'run',
    'qos2/levels',
    '--mqtt',
    '3.1.1',
    '--reporter',
    `json=${at('a.json')}`,
    '--write-known-issues',
    at('known.yaml'),
  )
  t.equal(first.code, 1)
  const failed = JSON.parse(readFileSync(at('a.json'), 'utf8')).results.filter(
    (one: { verdict: string }) => one.verdict === 'fail',
  )
  t.ok(failed.length > 0)
  const again = await mqttspec(
    'run',
    '--failed',
    at('a.json'),
    '--reporter',
    `json=${at('b.json.gz')}`,
  )
  t.equal(again.code, 1)
  t.match(again.stdout, new RegExp(`${failed.length} cases?$`, 'm'))
  const last = await mqttspec('run', '--failed', '--known-issues', at('known.yaml'))
  t.equal(last.code, 0, 'what is accepted fails nothing')
  t.match(last.stdout, `0 passed, ${failed.length} failed as known`)
  const none = await mqttspec('run', '--failed')
  t.equal(none.code, 0)
  t.match(none.stdout, /nothing failed in the report/)
  const diff = await mqttspec('report', 'diff', at('a.json'), at('b.json.gz'))
  t.equal(diff.code, 0)
  t.match(diff.stdout, `${failed.length} failure`)
  t.match(diff.stdout, / as before$/m)
})

t.test('--failed goes with no other choice, and needs a report', async t => {
  t.match(await mqttspec('run', 'qos2', '--failed'), { code: 2, stderr: /says which cases run/ })
  t.match(await mqttspec('run', '--failed', at('none.json')), { code: 2, stderr: /ENOENT/ })
  const { code, stderr } = await commandLine(['run', '--failed'], {
    env: { XDG_CACHE_HOME: at('empty') },
  }).ended
  t.match({ code, stderr }, { code: 2, stderr: /no report of an earlier run/ })
})

t.test('statements are listed with their cases, and why there is none', async t => {
  const { stdout } = await mqttspec('list', 'statements', 'MQTT-4.3.3-10')
  t.match(stdout, /^5\.0:MQTT-4\.3\.3-10 {2}MUST/)
  t.match(stdout, /^ {2}qos2\/broker-receives\//m)
  t.match((await mqttspec('list', 'statements', '4.7.3')).stdout, /cannot say more than 65535/)
  t.match(await mqttspec('list', 'statements', 'qos2'), { code: 2, stderr: /names no statement/ })
  t.match(await mqttspec('list', 'statements', '9.9'), { code: 2 })
})

t.test('what failed at an address is run again there', async t => {
  const broker = await Aedes.createBroker()
  const server = net.createServer(broker.handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    broker.close()
  })
  const target = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
  const first = await mqttspec(
    'run',
    'qos2/levels/overlapping',
    '--mqtt',
    '3.1.1',
    '--target',
    target,
  )
  t.equal(first.code, 1, first.stderr)
  const again = await mqttspec('run', '--failed')
  t.equal(again.code, 1)
  t.match(again.stdout, new RegExp(`again: mqttspec run '.*' --target ${target} --seed`))
})
