import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { brokerFlaw, clientFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import { fileHeader } from '../capture/pcapng-writer.ts'
import { CaptureOfTraces } from '../capture/trace-capture.ts'
import { byName } from '../engine/wording/by-name.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import { audit } from '../run/audit.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'

async function folder(t: { teardown(stop: () => unknown): void }): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-audit-'))
  t.teardown(() => rm(made, { recursive: true, force: true }))
  return made
}

/** Some cases of a suite, live against a flawed broker. */
async function live(t: Tap, flaw: string, suite: string, few: RegExp): Promise<CaseResult[]> {
  const target = await brokerTarget(flaw, () => brokerFlaw(flaw).apply({}))
  t.teardown(() => target.stop())
  Object.assign(target.profile, { timing: { replyMs: 400 } })
  const { suites } = await readSuites([suite])
  const cases = suites.flatMap(({ cases }) => cases).filter(({ id }) => few.test(id))
  t.ok(cases.length > 0, `${flaw}: some cases`)
  return (await runLoaded(cases, target, { seed: 1 })).results
}

type Tap = {
  teardown(stop: () => unknown): void
  ok(value: unknown, title: string): void
  same(a: unknown, b: unknown, title: string): void
}

/** What a capture can tell: rules about packets and messages that came, not what a scenario expected. */
function tellable(findings: Finding[], target: string): string[] {
  const wire = findings.filter(one => one.judge !== 'expectation' && one.absent !== true)
  return [
    ...new Set(wire.map(({ statement, message }) => `${statement} ${byName(message, target)}`)),
  ].toSorted()
}

t.test(
  'a capture of a flawed broker is found wrong in the same as the broker was live',
  async t => {
    const dir = await folder(t)
    for (const [flaw, suite] of [
      ['broker-acks-with-surplus-byte', 'qos2-receiver'],
      ['broker-pubrec-twice', 'qos2-receiver'],
      ['broker-new-id-at-resend', 'qos2-sender'],
    ] as const) {
      const results = await live(
        t,
        flaw,
        `suites/broker/${suite}.yaml`,
        /(undisturbed|publish-lost|id-kept|pubrec-lost):5\.0/,
      )
      const seen: string[] = []
      for (const [index, result] of results.entries()) {
        const capture = new CaptureOfTraces()
        const file = path.join(dir, `${flaw}-${index}.pcapng`)
        const blocks = capture.blocks(result, Date.now())
        await writeFile(file, Buffer.concat([fileHeader('test'), ...blocks]))
        const report = await audit({ file, patienceMs: 300 })
        const found = report.results
          .filter(one => one.judges === undefined)
          .flatMap(one => one.findings)
        const expected = tellable(result.findings, flaw)
        t.same(tellable(found, flaw), expected, `${flaw}: ${result.id}`)
        seen.push(...expected)
      }
      t.ok(seen.length > 0, `${flaw}: something was wrong`)
    }
  },
)

t.test('and so is a capture of a flawed client', async t => {
  const dir = await folder(t)
  for (const flaw of ['client-acks-with-surplus-byte', 'client-pubrec-twice']) {
    const target = await clientTarget(flaw, () => clientFlaw(flaw).apply({}))
    t.teardown(() => target.stop())
    Object.assign(target.profile, { timing: { replyMs: 400 } })
    const { suites } = await readSuites(['suites/client/qos2-receiver.yaml'])
    const few = suites.flatMap(({ cases }) => cases).filter(({ id }) => /undisturbed:5\.0/.test(id))
    const { results } = await runLoaded(few, target, { seed: 1 })
    const seen: string[] = []
    for (const result of results) {
      const file = path.join(dir, `${flaw}.pcapng`)
      const blocks = new CaptureOfTraces().blocks(result, Date.now())
      await writeFile(file, Buffer.concat([fileHeader('test'), ...blocks]))
      const report = await audit({ file, patienceMs: 300 })
      const found = report.results.filter(one => one.judges === 'client')
      const expected = tellable(result.findings, flaw)
      t.same(
        tellable(
          found.flatMap(one => one.findings),
          flaw,
        ),
        expected,
        result.id,
      )
      t.same(
        report.statements.filter(one => one.outcome === 'broken'),
        [],
        'the broker broke none',
      )
      seen.push(...expected)
    }
    t.ok(seen.length > 0, `${flaw}: something was wrong`)
  }
})

const captures = fileURLToPath(new URL('../../fixtures/testing/captures/', import.meta.url))

async function auditOf(name: string): Promise<RunReport> {
  return audit({ file: captures + name, patienceMs: 1000 })
}

t.test(
  'a capture of mosquitto at QoS 2 over a cut is judged, and nothing is wrong in it',
  async t => {
    const report = await auditOf('mosquitto-qos2-over-a-cut.pcap')
    t.equal(report.exitCode, 0)
    t.same(
      report.results.flatMap(one => one.findings),
      [],
    )
    const subscriber = report.results.find(one => one.id === 'audit/broker:5.0:subber')
    t.match(subscriber?.title, /2 connections/)
    const delivered = subscriber?.trace.filter(
      event => event.kind === 'packet' && event.packet.type === 'PUBLISH',
    )
    t.equal(delivered?.length, 3, 'the messages before and after the cut stand in the trace')
  },
)

t.test('a capture of a flawed broker shows its flaw for every client', async t => {
  const report = await auditOf('flawed-broker.pcap')
  const found = report.results.flatMap(({ id, findings }) =>
    findings.map(({ statement, message }) => `${id} ${statement} ${message}`),
  )
  t.same(found, [
    'audit/broker:5.0:pubber 5.0:§4.3.3 PUBREC id 1 came unasked',
    'audit/broker:3.1.1:pub3 3.1.1:§4.3.3 PUBREC id 1 came unasked',
  ])
})

t.test('MQTT in a WebSocket is read, too', async t => {
  const report = await auditOf('websocket.pcap')
  t.same(
    report.results.map(({ id, verdict }) => `${verdict} ${id}`),
    ['pass audit/broker:5.0:ws-client', 'pass audit/client:5.0:ws-client'],
  )
  const types = report.results[0]?.trace.flatMap(event =>
    event.kind === 'packet' ? [event.packet.type] : [],
  )
  t.same(types?.slice(0, 4), ['CONNECT', 'CONNACK', 'SUBSCRIBE', 'SUBACK'])
})

t.test('wherever a capture begins, what came before is unknown and not wrong', async t => {
  const dir = await folder(t)
  const bytes = readFileSync(`${captures}mosquitto-qos2-over-a-cut.pcap`)
  const starts = recordStarts(bytes)
  t.ok(starts.length > 50)
  for (const [index, start] of starts.entries()) {
    const file = path.join(dir, 'part.pcap')
    await writeFile(file, Buffer.concat([bytes.subarray(0, 24), bytes.subarray(start)]))
    const report = await audit({ file, broker: '127.0.0.1:18831', patienceMs: 100 })
    const found = report.results.flatMap(({ findings }) => findings)
    if (found.length > 0) t.same(found, [], `from frame ${index}`)
  }
})

/** Where the frames of a pcap file of this machine begin. */
function recordStarts(bytes: Buffer): number[] {
  const starts: number[] = []
  for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) starts.push(at)
  return starts
}

t.test('what is no capture is refused in words, and nothing to judge is no success', async t => {
  const dir = await folder(t)
  const file = path.join(dir, 'empty.pcapng')
  await writeFile(file, fileHeader('test'))
  const report = await audit({ file })
  t.equal(report.exitCode, 4)
  t.match(report.problem, /no MQTT connection to judge; the capture has no frames/)
  await t.rejects(audit({ file: path.join(dir, 'none') }), /ENOENT: it does not exist/)
  await t.rejects(audit({ file: fileURLToPath(import.meta.url) }), /this is no capture/)
})
