import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import { run } from '../index.ts'

t.test('the library tests a broker in the same process', async t => {
  const broker = await Aedes.createBroker()
  t.teardown(() => new Promise<void>(resolve => broker.close(() => resolve())))
  const report = await run({
    target: { name: 'own', handle: (stream: Duplex) => void broker.handle(stream) },
    suites: ['qos2/broker-receives/undisturbed', 'qos2/broker-sends/undisturbed'],
    mqtt: ['3.1.1'],
  })
  t.equal(report.exitCode, 0)
  t.equal(report.summary.pass, 2)
  t.equal(report.target.address, 'in-process')
  t.match(report.target.fingerprint, { delivers: 'at-publish' })
  t.match(report.results[0]?.replay, / --target IN-PROCESS --seed \d+$/)
})

t.test('a password reaches neither report nor trace', async t => {
  const broker = await Aedes.createBroker()
  const { createServer } = await import('node:net')
  const server = createServer(socket => void broker.handle(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    return new Promise<void>(resolve => broker.close(() => resolve()))
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const report = await run({
    target: `mqtt://someone:s3cret-word@127.0.0.1:${port}`,
    suites: ['qos2/broker-receives/undisturbed'],
    mqtt: ['3.1.1'],
  })
  t.equal(report.exitCode, 0)
  t.match(report.results[0]?.replay, / --target mqtt:\/\/…@127\.0\.0\.1:\d+ --seed/)
  const { createReporter } = await import('../index.ts')
  for (const name of ['json', 'html', 'junit'] as const) {
    const text = (await createReporter(name)).end(report)
    t.notMatch(text, 's3cret-word', `${name} does not hold the password as text`)
    t.notMatch(text, Buffer.from('s3cret-word').toString('hex'), `nor as hex`)
  }
})

t.test('a mistake of the caller is a UsageError, whatever it is about', async t => {
  const { UsageError } = await import('../index.ts')
  await t.rejects(run({ target: 'mosqito' }), UsageError)
  await t.rejects(run({ target: 'http://127.0.0.1' }), UsageError)
  await t.rejects(run({ suites: ['nonsense'] }), UsageError)
})

t.test('a run can be called off before its target is found', async t => {
  const { createServer } = await import('node:net')
  const calledOff = new AbortController()
  const mute = createServer(socket => {
    socket.on('error', () => undefined)
    calledOff.abort()
  })
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  const address = mute.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await t.rejects(run({ target: `mqtt://127.0.0.1:${port}`, signal: calledOff.signal }), {
    name: 'InterruptedError',
  })
})
