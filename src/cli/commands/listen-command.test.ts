import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import mqtt from 'mqtt'
import t from 'tap'
import { commandLine } from '../../../fixtures/testing/command-line.ts'
import { programme } from '../../listen/server.ts'
import { startListening } from '../../run/listen.ts'
import { UsageError } from '../../run/usage-error.ts'

t.test('Ctrl-C ends the listening with verdicts, and the ladder was shown meanwhile', async t => {
  const words = ['listen', '--port', '0', 'listen/qos2-undisturbed']
  const command = commandLine(words, { env: { LANG: 'C', LC_ALL: 'C' } })
  const [, port] = await command.says(/listens on 127\.0\.0\.1:(\d+)/)
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'dev' })
  await client.publishAsync('a', 'hello', { qos: 2 })
  await client.endAsync()
  command.interrupt()
  const { code, stdout } = await command.ended
  t.equal(code, 0)
  t.match(stdout, /dev +-> PUBLISH id \d+ QoS 2 a "hello"/)
  t.match(stdout, /dev +<- PUBCOMP/)
  t.match(stdout, /dev +## qos2-undisturbed: .*\n/)
  t.match(stdout, /dev +## qos2-undisturbed is over; the programme is over\n/)
  t.match(stdout, /^ {2}\S+ qos2-undisturbed:3\.1\.1:dev$/m)
  t.match(stdout, /2 passed/)
})

t.test(
  '--for ends it by itself, with code 4 where nobody came and a clean stdout for tap',
  async t => {
    const words = ['listen', '--port', '0', '--for', '0.1', '--reporter', 'tap']
    const { code, stdout, stderr } = await commandLine(words).ended
    t.equal(code, 4)
    t.match(stdout, /^TAP version 14/)
    t.notMatch(stdout, /listens on/)
    t.match(stderr, /listens on/)
  },
)

t.test('a device of which little was seen is not judged, and is told what to do', async t => {
  const words = ['listen', '--port', '0', '--reporter', 'pretty']
  const command = commandLine(words, { env: { LANG: 'C', LC_ALL: 'C' } })
  const [, port] = await command.says(/listens on 127\.0\.0\.1:(\d+)/)
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'dev' })
  await client.publishAsync('a', 'hello', { qos: 2 })
  await client.endAsync()
  command.interrupt()
  const { code, stdout } = await command.ended
  t.equal(code, 4)
  t.match(
    stdout.replace(/\s+/g, ' '),
    /not judged: of dev were seen 1 of 12 pieces as a sender, 0 of 8 as a receiver: keep the session .*, and publish at QoS 2 5 times more/,
  )
  t.notMatch(stdout, /conformant/)
})

t.test('over TLS what to trust is written where it is asked for', async t => {
  const ca = path.join(t.testdir(), 'ca.pem')
  const words = ['listen', '--port', '0', '--transport', 'tls', '--write-ca', ca]
  const command = commandLine([...words, 'listen/qos2-undisturbed'])
  const [, port] = await command.says(/listens on 127\.0\.0\.1:(\d+) over tls/)
  const options = { clientId: 'dev', ca: readFileSync(ca) }
  const client = mqtt.connect(`mqtts://127.0.0.1:${port}`, options)
  await client.publishAsync('a', 'hello', { qos: 2 })
  await client.endAsync()
  command.interrupt()
  t.equal((await command.ended).code, 0)
  const plain = ['listen', '--port', '0', '--write-ca', ca]
  t.match((await commandLine(plain).ended).stderr, /go with --transport tls or wss/)
})

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
  const guide = readFileSync(new URL('../../../docs/listen.md', import.meta.url), 'utf8')
  for (const { id } of programme) t.ok(guide.includes(`| \`${id}\` |`), id)
})
