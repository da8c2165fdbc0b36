import { spawnSync } from 'node:child_process'
import t from 'tap'
import { run } from '../run.ts'

const without = spawnSync('mosquitto', ['-h']).error ? 'mosquitto is not installed' : false
const all = ['tcp', 'tls', 'ws', 'wss'] as const
const one = 'qos2/broker-receives/pubrec-lost:3.1.1:close=rst'

t.test(
  'a case runs over every transport, each under an id of its own',
  { skip: without },
  async t => {
    const report = await run({ suites: [one], target: 'mosquitto', reach: { transports: all } })
    t.same(
      report.results.map(({ id, verdict, transport }) => [id, verdict, transport]),
      [
        [one, 'pass', undefined],
        [`${one}:over=tls`, 'pass', 'tls'],
        [`${one}:over=ws`, 'pass', 'ws'],
        [`${one}:over=wss`, 'pass', 'wss'],
      ],
    )
  },
)

t.test(
  'an id names its transport, and is enough to run the case again',
  { skip: without },
  async t => {
    const report = await run({ suites: [`${one}:over=ws`], target: 'mosquitto' })
    t.match(report.results, [{ id: `${one}:over=ws`, verdict: 'pass', transport: 'ws' }])
    t.match(report.results[0]?.replay, /over=ws/)
    const open = report.results[0]?.trace.find(event => event.kind === 'open')
    t.match(open, { upgrade: { offered: ['mqtt'], chosen: 'mqtt' } })
  },
)

t.test('a client comes in over every transport', async t => {
  const suites = ['client/publisher-subscriber/everything-lost-once:5.0:close=rst']
  const report = await run({ suites, target: 'mqttjs', reach: { transports: all } })
  t.same(
    report.results.map(({ transport, verdict }) => [transport ?? 'tcp', verdict]),
    all.map(name => [name, report.results[0]?.verdict]),
  )
  t.not(report.results[0]?.verdict, 'inconclusive')
})
