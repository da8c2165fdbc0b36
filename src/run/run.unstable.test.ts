import { Duplex, finished, Transform } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import type { CaseResult } from '../model/report.ts'
import { encode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { run } from './run.ts'

/*
 * A failure that rests on what did not come is told only when it has come again. Aedes, all of whose PUBREC packets are lost on the way
 * while more than so many connections are open.
 */
async function forgetful(openMax: number) {
  const broker = await Aedes.createBroker()
  let open = 0
  let probed = false
  const handle = (stream: Duplex) => {
    open += 1
    // However it ends, and once.
    finished(stream, { writable: false }, () => {
      open -= 1
    })
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const loses = new Transform({
      transform(chunk, _encoding, done) {
        for (const { bytes } of framer.push(chunk)) {
          const lost = probed && open > openMax && bytes[0] === 0x50
          if (!lost) this.push(bytes)
        }
        done()
      },
    })
    loses.on('error', () => undefined).pipe(stream)
    const behind = Duplex.from({ readable: stream, writable: loses })
    behind.on('error', () => undefined)
    broker.handle(behind)
  }
  return { handle, begin: () => (probed = true), close: () => broker.close() }
}

const options = {
  suites: [
    'qos2/broker-receives/undisturbed:3.1.1',
    'qos2/broker-receives/copies-on-one-connection:3.1.1*',
  ],
  timeoutScale: 0.1,
  seed: 1,
}

t.test('what fails in company and not alone is unstable, with both runs of it', async t => {
  const broker = await forgetful(3)
  t.teardown(() => broker.close())
  const { handle } = broker
  const report = await run({ ...options, target: { handle }, onBegin: broker.begin })
  const unstable = report.results.filter(({ verdict }) => verdict === 'unstable')
  t.ok(unstable.length > 0)
  t.equal(report.summary.fail, 0)
  t.equal(report.summary.unstable, unstable.length)
  t.equal(report.exitCode, 4, 'nothing else is wrong')
  const [one] = unstable
  t.match(one, {
    findings: [],
    reason: /^it failed beside \d+ other cases?, .* it passed; at first: /,
  })
  t.match(one?.first?.findings[0], { message: /PUBREC/, got: /nothing/, absent: true })
  t.ok((one?.first?.beside.length ?? 0) > 0, 'what ran beside it')
  t.ok(has(one?.trace, 'PUBREC') && !has(one?.first?.trace, 'PUBREC'), 'both traces')
  t.match(one?.replay, /^mqttspec run '.*' .* # takes company/)
  t.ok(clientOf(one?.trace) !== clientOf(one?.first?.trace), 'with fresh ids')
})

t.test('what fails alone, too, has failed', async t => {
  const broker = await forgetful(0)
  t.teardown(() => broker.close())
  const { handle } = broker
  // Once the prerequisites are met: a broker that fails them is told of by these alone.
  const report = await run({ ...options, target: { handle }, onCaseBegun: broker.begin })
  t.equal(report.summary.unstable, 0)
  t.equal(report.summary.fail, report.results.length)
  const how = report.results.map(({ confirmed }) => confirmed)
  t.equal(how.filter(one => one === 'alone').length, new Set(report.results.map(clauseOf)).size)
  t.ok(how.includes('company'), 'one of each cause alone, the others not')
  t.equal(report.exitCode, 1)
})

function has(trace: CaseResult['trace'] | undefined, type: string): boolean {
  const came = (trace ?? []).filter(event => event.kind === 'packet' && event.from === 'target')
  return came.some(event => event.kind === 'packet' && event.packet.type === type)
}

function clientOf(trace: CaseResult['trace'] | undefined): string | undefined {
  for (const event of trace ?? []) {
    if (event.kind === 'packet' && event.packet.type === 'CONNECT') return event.packet.clientId
  }
  return undefined
}

function clauseOf({ findings }: CaseResult): string {
  return `${findings[0]?.statement} ${findings[0]?.judge} ${findings[0]?.expected.slice(0, 6)}`
}

t.test(
  'a message of another case is told and traced, and the case that it came to is not blamed',
  async t => {
    const broker = await Aedes.createBroker()
    t.teardown(() => broker.close())
    // Whoever subscribes gets a message on every topic that another case has subscribed to before.
    const topics = new Set<string>()
    broker.on('subscribe', (subscriptions, client) => {
      // A client id begins with what the case's topics begin with.
      const own = `ms/${client.id.slice(0, 'm12345001'.length)}`
      for (const topic of topics) {
        if (topic.startsWith(own)) continue
        // To this client alone: published, it would come to the subscribers of that topic.
        client.conn.write(
          encode(
            {
              type: 'PUBLISH',
              topic,
              qos: 0,
              dup: false,
              retain: false,
              payload: Buffer.from('stray'),
              properties: {},
            },
            '3.1.1',
          ),
        )
      }
      for (const { topic } of subscriptions) if (/^ms\/[^#+]*$/.test(topic)) topics.add(topic)
    })
    const report = await run({
      suites: ['qos2/broker-receives/undisturbed:3.1.1', 'qos2/levels'],
      mqtt: ['3.1.1'],
      target: { handle: (stream: Duplex) => void broker.handle(stream) },
      jobs: 1,
      seed: 1,
    })
    const notes = report.results.flatMap(({ notes }) => notes ?? [])
    t.ok(notes.some(note => /got a message of qos2\/[\w-]+\/[\w-]+:3\.1\.1/.test(note)))
    const blamed = report.results.filter(({ findings }) =>
      findings.some(({ got }) => /stray/.test(got)),
    )
    t.same(
      blamed.map(({ id }) => id),
      [],
    )
  },
)
