import { readdirSync } from 'node:fs'
import { createServer, connect as dialTcp } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { BrokerOptions } from '../../fixtures/testing/peers/broker.ts'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import type { ClientOptions, ClientRules } from '../../fixtures/testing/peers/client.ts'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import type { CaseResult } from '../model/report.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'
import type { Target } from '../targets/target.ts'
import { dial } from '../transport/dial.ts'

/*
 * What people wanted to write about clients and brokers in the field, each against a peer that is right and one that is not. None may be
 * blamed for what no statement asks of it.
 */
const folder = 'fixtures/testing/scenarios'

/** What all cases of a file come to, or each by the end of its id. */
type Outcome = { verdict: CaseResult['verdict']; reason?: RegExp; statement?: string }
type Outcomes = Outcome | { [idEnd: string]: Outcome }
type Trial = { with: string; target(): Promise<Target>; outcome: Outcomes }

const client = (options: ClientOptions = {}) => clientTarget('reference', () => options)
const flawed = (rules: Partial<ClientRules>) => client({ rules })
const correct: Trial = {
  with: 'a correct client',
  target: () => client(),
  outcome: { verdict: 'pass' },
}

const trials: { [file: string]: Trial[] } = {
  'client-disconnect-expiry.yaml': [
    correct,
    {
      with: 'a client that forgets the properties of DISCONNECT',
      target: () => flawed({ disconnect: (_, packet) => ({ ...packet, properties: {} }) }),
      outcome: { verdict: 'fail', statement: '5.0:MQTT-3.14.2-1' },
    },
  ],
  'client-subscribe-properties.yaml': [
    correct,
    {
      with: 'a client that forgets the properties of SUBSCRIBE',
      target: () =>
        flawed({
          outgoing: (_, __, packet) =>
            packet.type === 'SUBSCRIBE' ? [{ ...packet, properties: {} }] : [packet],
        }),
      outcome: { verdict: 'fail', statement: '5.0:MQTT-3.8.3-1' },
    },
  ],
  'hold-pingresp.yaml': [
    correct,
    {
      with: 'a client that never asks',
      target: () => flawed({ pingAfterMs: () => 0 }),
      outcome: {
        released: { verdict: 'inconclusive', reason: /sent no PINGREQ/ },
        held: { verdict: 'fail', statement: '3.1.1:MQTT-3.1.2-23' },
      },
    },
  ],
  'proxy-protocol.yaml': [
    {
      with: 'a broker that takes a PROXY line first',
      target: () => behindBalancer(),
      outcome: { verdict: 'pass' },
    },
    {
      // A PROXY line is no MQTT: it may close, or wait for the rest of what looks like a long PUBACK.
      with: 'a broker that knows of no PROXY line',
      target: () => brokerTarget('reference', () => ({})),
      outcome: { verdict: 'skipped', reason: /say `proxyProtocol` in the profile/ },
    },
    {
      with: 'a broker that closes on what is no CONNECT',
      target: () => behindBalancer({}, 'PRIVATE '),
      outcome: { verdict: 'skipped', reason: /say `proxyProtocol` in the profile/ },
    },
    {
      with: 'a broker behind a balancer that refuses everybody',
      target: () => behindBalancer({ rules: { refusal: () => 5 } }),
      outcome: { verdict: 'fail', statement: '3.1.1:MQTT-3.1.4-4' },
    },
  ],
  'qos1-lengths.yaml': [
    correct,
    {
      with: 'a client that drops what is longer than its buffer',
      target: () =>
        flawed({
          incoming: (_, __, packet) =>
            packet.type === 'PUBLISH' && packet.payload.length > 100 ? undefined : packet,
        }),
      outcome: {
        'bytes=10': { verdict: 'pass' },
        'bytes=100': { verdict: 'pass' },
        '': { verdict: 'fail', statement: '3.1.1:MQTT-4.3.2-2' },
      },
    },
  ],
  'reauth.yaml': [
    correct,
    {
      with: 'a client that begins with the code of an answer',
      target: () =>
        flawed({
          outgoing: (_, __, packet) =>
            packet.type === 'AUTH' ? [{ ...packet, code: 0x18 }] : [packet],
        }),
      outcome: { verdict: 'fail', statement: '5.0:MQTT-4.12.1-1' },
    },
    {
      with: 'a client that names another method',
      target: () => flawed({ repeatedMethod: () => 'other' }),
      outcome: { verdict: 'fail', statement: '5.0:MQTT-4.12.1-1' },
    },
  ],
  'refused-for-a-while.yaml': [
    correct,
    {
      with: 'a client that begins anew',
      target: () => flawed({ connect: (_, packet) => ({ ...packet, clean: true }) }),
      outcome: { verdict: 'fail' },
    },
  ],
  // The broker never answers, so there is nothing to tell: no statement makes a client say so, and the one cited binds the broker.
  'suback-never.yaml': [
    {
      with: 'a client that goes on trying',
      target: () => client(),
      outcome: { verdict: 'warn', reason: /was not told subscribed/ },
    },
    {
      with: 'a client that tells its application',
      target: () =>
        flawed({
          afterConnection: (self, session) => {
            for (const { kind, tag } of session.waiting.splice(0)) {
              if (kind === 'subscribe') self.emit({ event: 'subscribed', tag, error: 'closed' })
            }
          },
        }),
      outcome: { verdict: 'pass' },
    },
  ],
}

/** A broker behind something that takes a line with this word off each connection, and closes one without. */
async function behindBalancer(options: BrokerOptions = {}, word = 'PROXY '): Promise<Target> {
  const broker = createReferenceBroker(options)
  const { port: inside } = await broker.listen(0, '127.0.0.1')
  const balancer = createServer(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (first: Buffer) => {
      const end = first.indexOf('\r\n')
      if (!first.subarray(0, word.length).equals(Buffer.from(word)) || end < 0) {
        socket.destroy()
        return
      }
      const onward = dialTcp({ host: '127.0.0.1', port: inside, noDelay: true })
      onward.on('error', () => socket.destroy())
      onward.write(first.subarray(end + 2))
      socket.pipe(onward).pipe(socket)
    })
  })
  await new Promise<void>(resolve => balancer.listen(0, '127.0.0.1', resolve))
  const address = balancer.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const plain = await brokerTarget('behind a balancer', () => options)
  await plain.stop()
  return {
    ...plain,
    address: `mqtt://127.0.0.1:${port}`,
    dial: timeoutMs => dial({ transport: 'tcp', host: '127.0.0.1', port }, { timeoutMs }),
    stop: async () => {
      balancer.close()
      await broker.close()
    },
  } as Target
}

t.test('every file has its trials', async t => {
  const files = readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)))
  t.same(Object.keys(trials).sort(), files.sort())
})

const sideBySide = { jobs: 6, timeout: 120_000 }

t.test('each trial comes to what it must', sideBySide, async t => {
  const trialsOfAll = Object.entries(trials).flatMap(([file, all]) =>
    all.map(trial => ({ file, trial })),
  )
  for (const { file, trial } of trialsOfAll) {
    t.test(`${file} with ${trial.with}`, { buffered: true, timeout: 60_000 }, async t => {
      const { suites } = await readSuites([`${folder}/${file}`])
      const cases = suites.flatMap(suite => suite.cases)
      t.ok(cases.length > 0)
      const target = await trial.target()
      t.teardown(() => target.stop())
      Object.assign(target.profile, { timing: { replyMs: 1500 } })
      const { results } = await runLoaded(cases, target, { seed: 1, proceed: true })
      for (const { id, verdict, reason, findings } of results) {
        const due = outcomeOf(id, trial.outcome)
        t.equal(verdict, due.verdict, `${id}: ${reason}`)
        if (due.reason) t.match(reason, due.reason, id)
        if (due.statement) t.equal(findings[0]?.statement, due.statement, `${id}: ${reason}`)
      }
    })
  }
})

function outcomeOf(id: string, outcome: Outcomes): Outcome {
  if ('verdict' in outcome && typeof outcome.verdict === 'string') return outcome as Outcome
  const byEnd = outcome as { [idEnd: string]: Outcome }
  const end = Object.keys(byEnd).find(
    key => key !== '' && (id.endsWith(key) || id.includes(`/${key}:`)),
  )
  return byEnd[end ?? '']!
}
