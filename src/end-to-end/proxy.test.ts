import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import t from 'tap'
import { type Flaw, flaws } from '../../fixtures/testing/peers/flaws/index.ts'
import { loadCases } from '../../scripts/proof/load.ts'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import { oneOfEach } from '../../scripts/proof/select.ts'
import { tryFlawWith } from '../../scripts/proof/trial.ts'
import { createReporter } from '../index.ts'
import { run, runLoaded } from '../run/run.ts'
import type { Case } from '../scenario/ast.ts'

const all = (await loadCases()).client.filter(({ role }) => role === 'proxy')
/** Where a broker stays silent, nobody is to wait for long. */
const quick = { replyMs: 300, connectMs: 5000, reconnectMs: 500 }
const timing = { replyMs: 800, connectMs: 5000, reconnectMs: 1500 }

function named(name: string): Flaw {
  const flaw = flaws.find(one => one.name === name)
  if (!flaw) throw new RangeError(`no flaw is called ${name}`)
  return flaw
}

/** A client through proxies, with a broker behind that may be wrong. */
async function play(cases: Case[], wrong?: Flaw, budgets = timing) {
  const target = await clientTarget('client', () => ({}))
  Object.assign(target.profile, { timing: budgets })
  const behind = await brokerTarget('behind', () =>
    wrong?.peer === 'broker' ? wrong.apply({}) : {},
  )
  try {
    return await runLoaded(cases, target, { jobs: 12, seed: 1, proceed: true, behind })
  } finally {
    await target.stop()
    await behind.stop()
  }
}

t.test('a correct client passes every case, in both versions', async t => {
  const { results, exitCode } = await play(all)
  t.same(
    results.flatMap(({ id, verdict, reason }) => (verdict === 'pass' ? [] : [`${id} ${reason}`])),
    [],
  )
  t.ok(results.length >= 90, `${results.length} cases`)
  t.equal(exitCode, 0)
})

/** What a proxy case says of each flaw of the client: the statements of which its first finding cites one. */
const caught: [flaw: string, scenario: string, statements: string[]][] = [
  ['client-publish-not-resent', 'client-sends/publish-lost', ['MQTT-4.4.0-1']],
  ['client-new-id-at-resend', 'client-sends/pubrec-lost', ['MQTT-2.3.1-3', 'MQTT-4.4.0-1']],
  ['client-qos2-resent-without-dup', 'client-sends/pubrec-lost', ['MQTT-3.3.1-1']],
  ['client-pubrel-not-resent', 'client-sends/pubrel-lost', ['MQTT-4.4.0-1']],
  [
    'client-publish-instead-of-pubrel',
    'client-sends/pubcomp-lost',
    ['MQTT-4.3.3-1', 'MQTT-4.3.3-6'],
  ],
  ['client-pubrel-never-sent', 'client-sends/pubrec-slow', ['MQTT-4.3.3-1', 'MQTT-4.3.3-4']],
  [
    'client-held-ids-forgotten-at-cut',
    'client-receives/pubrec-lost',
    ['MQTT-4.3.3-2', 'MQTT-4.3.3-10'],
  ],
  ['client-repeat-delivered-on-one-connection', 'client-receives/publish-thrice', ['MQTT-4.3.3-2']],
  [
    'client-second-pubrel-delivers-again',
    'client-receives/pubcomp-lost',
    ['MQTT-4.3.3-2', 'MQTT-4.3.3-10', 'MQTT-4.3.3-11'],
  ],
  [
    'client-pubrel-never-answered',
    'client-receives/pubrel-lost',
    ['MQTT-4.3.3-2', 'MQTT-4.3.3-11'],
  ],
  [
    'client-dup-taken-as-repeat',
    'client-receives/publish-lost',
    ['MQTT-4.3.3-2', 'MQTT-4.3.3-8', 'MQTT-4.1.0-1'],
  ],
]

for (const [name, scenario, statements] of caught) {
  t.test(`${name} fails proxy/${scenario} for its own rule`, async t => {
    const cases = all.filter(({ id }) => id.startsWith(`proxy/${scenario}:`))
    const { misses, ran } = await tryFlawWith(named(name), cases)
    t.ok(ran > 0)
    t.equal(misses.length, ran, 'in every case')
    for (const { id, verdict, statements: found } of misses) {
      t.equal(verdict, 'fail', id)
      const numbers = found.map(statement => statement.slice(statement.indexOf(':') + 1))
      t.ok(
        numbers.some(number => statements.includes(number)),
        `${id}: ${numbers}`,
      )
    }
  })
}

const wrongBrokers = [
  'broker-publish-not-resent',
  'broker-new-id-at-resend',
  'broker-qos2-resent-without-dup',
  'broker-held-ids-forgotten-at-cut',
  'broker-ack-with-other-id',
  'broker-sessions-not-kept',
  'broker-qos2-with-dup-refused',
]

t.test('what the broker behind gets wrong never fails the client', async t => {
  const cases = oneOfEach(all).filter(({ version }) => version === '3.1.1')
  for (const name of wrongBrokers) {
    const { results } = await play(cases, named(name), quick)
    const blamed = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
    t.same(
      blamed.map(({ id, reason }) => `${id} ${reason}`),
      [],
      name,
    )
    const told = results.some(
      ({ notes = [], reason }) => reason.includes('broker behind') || notes.length > 0,
    )
    t.ok(told, `${name} is told of`)
  }
})

t.test(
  'a client is run through proxies before the embedded broker, unless told otherwise',
  async t => {
    const report = await run({
      target: 'mqttjs',
      suites: ['proxy/client-receives/pubrec-lost'],
      replayWith: '--target x',
    })
    t.equal(report.exitCode, 0)
    t.equal(report.target.behind?.name, 'aedes')
    t.equal(report.summary.pass, 2)
    const skipped = report.results.find(({ version }) => version === '5.0')
    t.equal(skipped?.reason, 'the broker behind, aedes, does not speak MQTT 5.0')
  },
)

t.test('--upstream names a broker, behind a client', async t => {
  const suites = ['proxy/client-sends/undisturbed']
  await t.rejects(run({ target: 'aedes', upstream: 'aedes', suites }), /needs a client as --target/)
  await t.rejects(run({ target: 'mqttjs', upstream: 'mqttjs', suites }), /is a client/)
})

t.test(
  'the trace tells of both legs, and the password of the broker behind is not in it',
  async t => {
    const broker = await Aedes.createBroker()
    const server = createServer(socket => void broker.handle(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => {
      server.close()
      return new Promise<void>(resolve => broker.close(() => resolve()))
    })
    const seen = new Set<string>()
    broker.authenticate = (_, username, password, done) => {
      seen.add(`${username} ${password}`)
      done(null, true)
    }
    const { port } = server.address() as AddressInfo
    const report = await run({
      target: 'mqttjs',
      upstream: `mqtt://someone:s3cret-word@127.0.0.1:${port}`,
      suites: ['proxy/client-receives/pubrec-lost:3.1.1:close=rst'],
    })
    t.equal(report.exitCode, 0)
    t.same([...seen], ['someone s3cret-word'], 'the client was told what the broker wants to know')
    const [result] = report.results
    const trace = result?.trace ?? []
    const came = trace.find(
      event => event.kind === 'packet' && event.actor === 'proxy' && event.packet.type === 'PUBREC',
    )
    t.match(came, { from: 'target', connection: 1 })
    t.ok(trace.some(event => event.kind === 'packet' && event.from === 'upstream'))
    const text = (await createReporter('json', { traces: 'all' })).end(report)
    t.notMatch(text, 's3cret-word')
    t.notMatch(text, Buffer.from('s3cret-word').toString('hex'))
  },
)
