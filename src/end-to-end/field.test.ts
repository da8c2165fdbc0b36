import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import { readSuites } from '../run/choose-suites.ts'
import { runLoaded } from '../run/run.ts'

/*
 * What people wanted to write about clients and brokers in the field. Each has to load and to come to a verdict: on a correct peer it
 * passes, or is skipped for what the peer cannot do, save where it asks for more than the standard does.
 */
const folder = 'fixtures/testing/scenarios'
const files = readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)))

const asksForMore: { [file: string]: RegExp } = {
  // A PROXY line in front of CONNECT is no MQTT.
  'proxy-protocol.yaml': /expected CONNACK/,
  // No statement makes a client tell its application.
  'suback-never.yaml':
    /expected the application to be told subscribed .*; got only disconnected \(\d+ times\)$/,
}

for (const file of files) {
  t.test(`${file} runs`, async t => {
    const { suites } = await readSuites([`${folder}/${file}`])
    const cases = suites.flatMap(suite => suite.cases)
    t.ok(cases.length > 0)
    const target = await (suites[0]?.role === 'client'
      ? brokerTarget('reference', () => ({}))
      : clientTarget('reference', () => ({})))
    t.teardown(() => target.stop())
    Object.assign(target.profile, { timing: { replyMs: 1500 } })
    const { results } = await runLoaded(cases, target, { seed: 1 })
    for (const { id, verdict, reason } of results) {
      const fine = verdict === 'pass' || (verdict === 'skipped' && /^needs can-/.test(reason))
      const more = asksForMore[file]
      if (more) t.match({ verdict, reason }, { verdict: 'fail', reason: more }, id)
      else t.ok(fine, `${id}: ${verdict} ${reason}`)
    }
  })
}
