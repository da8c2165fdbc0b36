import t from 'tap'
import { scriptedAedes } from '../../fixtures/testing/peers/scripted-aedes.ts'
import { run } from './run.ts'

/* Aedes that dies of one message: its connections are closed by the system, and only later does anybody hear of its end. */
const dying = `
broker.on('publish', packet => {
  if (packet.topic.startsWith('ms/') && packet.payload.length === 0) process.kill(process.pid, 'SIGKILL')
})
createServer(socket => broker.handle(socket)).listen(port, '127.0.0.1')
`

t.test('what a dying broker leaves undone in other cases is not held against it', async t => {
  const target = await scriptedAedes(t, 'dying', dying)
  const report = await run({ target, suites: ['qos2/levels', 'qos2/broker-receives'] })
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
