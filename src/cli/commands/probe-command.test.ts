import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { RunReport } from '../../model/report.ts'
import { probeOf } from '../../run/probe-target.ts'
import { parseProfile } from '../../targets/profile.ts'
import { probeCommand } from './probe-command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttspec-probe-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** What the command prints. */
async function printed(options: Parameters<typeof probeCommand>[0]): Promise<string> {
  let text = ''
  const stdout = { write: (part: string) => (text += part), on: () => undefined }
  t.equal(await probeCommand({ target: 'aedes', ...options }, { stdout }), 0)
  return text
}

t.test('a broker is told as text, as JSON and as a profile that can be read', async t => {
  t.match(
    await printed({}),
    /^aedes \(broker, mqtt:\/\/127\.0\.0\.1:\d+\)\nversions {2}3\.1, 3\.1\.1/,
  )
  const file = path.join(folder, 'aedes.yaml')
  const told = JSON.parse(await printed({ json: true, writeProfile: file }))
  t.match(told, { role: 'broker', versions: ['3.1', '3.1.1'], choices: { delivers: 'at-publish' } })
  const { profile, problems } = parseProfile('aedes.yaml', readFileSync(file, 'utf8'))
  t.same(problems, [])
  t.same(profile?.versions, ['3.1', '3.1.1'])
  await t.rejects(printed({ writeProfile: file }), {
    message: /there is a file of that name already/,
  })
})

t.test('limits stand apart from choices, and what works nowhere is lacking', async t => {
  const report = {
    target: {
      name: 'x',
      role: 'broker',
      address: 'mqtt://127.0.0.1:1',
      versions: ['5.0'],
      fingerprint: { maximumQoS: 1, delivers: 'at-publish' },
    },
    results: [
      { id: 'prerequisites/broker/qos-1:5.0', verdict: 'pass', findings: [] },
      {
        id: 'prerequisites/broker/qos-2:5.0',
        verdict: 'skipped',
        reason: 'needs qos2',
        findings: [],
      },
      {
        id: 'prerequisites/client/x:5.0',
        verdict: 'skipped',
        reason: 'for a client as target',
        findings: [],
      },
    ],
  } as unknown as RunReport
  t.match(probeOf(report), {
    limits: { maximumQoS: 1 },
    choices: { delivers: 'at-publish' },
    prerequisites: [{ met: true }, { met: false, why: 'needs qos2' }],
    lacks: ['qos2'],
  })
})
