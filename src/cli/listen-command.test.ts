import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import mqtt from 'mqtt'
import t, { type Test } from 'tap'
import { programme } from '../listen/server.ts'
import { startListening } from '../run/listen.ts'
import { UsageError } from '../run/usage-error.ts'

const cli = fileURLToPath(new URL('./bin.ts', import.meta.url))

t.test('Ctrl-C ends the listening with verdicts, and the ladder was shown meanwhile', async t => {
  const command = start(t, ['--port', '0', 'listen/qos2-undisturbed'])
  const client = mqtt.connect(`mqtt://127.0.0.1:${await command.port}`, { clientId: 'dev' })
  await client.publishAsync('a', 'hello', { qos: 2 })
  await client.endAsync()
  command.child.kill('SIGINT')
  t.same(await once(command.child, 'exit'), [0, null])
  t.match(command.said(), /dev +-> PUBLISH id \d+ QoS 2 a "hello"/)
  t.match(command.said(), /dev +<- PUBCOMP/)
  t.match(command.said(), /dev +## qos2-undisturbed: .*\n/)
  t.match(command.said(), /dev +## qos2-undisturbed is over; the programme is over\n/)
  t.match(command.said(), /^ {2}\S+ qos2-undisturbed:3\.1\.1:dev$/m)
  t.match(command.said(), /2 passed/)
})

t.test(
  '--for ends it by itself, with code 4 where nobody came and a clean stdout for tap',
  async t => {
    const command = start(t, ['--port', '0', '--for', '0.1', '--reporter', 'tap'])
    const [code] = await once(command.child, 'exit')
    t.equal(code, 4)
    t.match(command.stdout(), /^TAP version 14/)
    t.notMatch(command.stdout(), /listens on/)
  },
)

t.test('what is wrong with the command line is said before anything listens', async t => {
  await t.rejects(startListening({ words: ['listen/pubrel-lots'], port: 0 }), {
    message: /did you mean "listen\/pubrel-lost"/,
  })
  await t.rejects(startListening({ words: ['no-such-suite'], port: 0 }), UsageError)
  const server = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  await t.rejects(startListening({ port }), { message: /EADDRINUSE; another broker may be/ })
})

t.test('cases of suites are reported as not drivable, never as passed', async t => {
  const run = await startListening({ words: ['qos2/client-sends'], port: 0 })
  const report = run.finish()
  t.ok(run.notDrivable.length > 0)
  t.equal(report.results.length, run.notDrivable.length)
  t.ok(
    report.results.every(
      ({ verdict, reason }) => verdict === 'skipped' && /not drivable/.test(reason),
    ),
  )
  t.equal(report.exitCode, 4)
})

t.test('the guide names every piece of the programme', async t => {
  const guide = readFileSync(new URL('../../docs/listen.md', import.meta.url), 'utf8')
  for (const { id } of programme) t.ok(guide.includes(`| \`${id}\` |`), id)
})

/** The command in a process of its own; `port` resolves when it listens. */
function start(t: Test, words: string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--import=tsx', cli, 'listen', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LANG: 'C', LC_ALL: 'C', NO_COLOR: '1' },
  })
  t.teardown(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const port = new Promise<number>(resolve => {
    child.stdout?.on('data', text => {
      stdout += text
      const found = /listens on 127\.0\.0\.1:(\d+)/.exec(stdout)?.[1]
      if (found) resolve(Number(found))
    })
  })
  child.stderr?.on('data', text => {
    stderr += text
  })
  return { child, port, stdout: () => stdout, said: () => stdout + stderr }
}
