import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { frameFlaws } from '../../fixtures/testing/peers/websocket.ts'
import { framedBroker, framedClient, overWebSocket } from '../../scripts/proof/framed-peers.ts'
import type { RunReport } from '../model/report.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'
import type { Case } from '../scenario/ast.ts'

/* Every statement of chapter 6 in both versions and both roles: kept by a correct peer, and each seen broken by one with that flaw. */

const root = fileURLToPath(new URL('../..', import.meta.url))

async function casesOf(role: 'broker' | 'client'): Promise<Case[]> {
  const { suites } = await readSuites([path.join(root, 'suites', role, 'websocket.yaml')])
  return suites
    .filter(({ id }) => id.startsWith('websocket/'))
    .flatMap(({ cases }) => overWebSocket(cases))
}

/** Statements that were broken, in their order, and verdicts that are no pass. */
function broken({ results }: RunReport): { statements: string[]; others: string[] } {
  const found = results.flatMap(({ findings }) => findings.map(({ statement }) => statement))
  const others = results.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'fail')
  return {
    statements: [...new Set(found)].sort(),
    others: others.map(({ id, verdict, reason }) => `${verdict} ${id}: ${reason}`),
  }
}

const peers = { broker: framedBroker, client: framedClient } as const

for (const role of ['broker', 'client'] as const) {
  t.test(`a correct ${role} behind a WebSocket passes`, async t => {
    const target = await peers[role]({})
    t.teardown(() => target.stop())
    const report = await runLoaded(await casesOf(role), target, { seed: 1 })
    t.same(broken(report), { statements: [], others: [] })
    t.ok(report.results.length >= 10, `${report.results.length} cases`)
  })
  for (const { name, rules, breaks } of frameFlaws) {
    // A client offers, a broker selects.
    const statement = role === 'client' ? breaks.replace('6.0.0-4', '6.0.0-3') : breaks
    t.test(`a ${role} that ${name.replaceAll('-', ' ')} breaks ${statement}`, async t => {
      const target = await peers[role](rules)
      t.teardown(() => target.stop())
      const options = { seed: 1, timeoutScale: 0.2, proceed: true }
      const report = await runLoaded(await casesOf(role), target, options)
      const { statements, others } = broken(report)
      for (const version of ['3.1.1', '5.0']) {
        t.ok(
          statements.includes(`${version}:${statement}`),
          `${version} among ${statements}; ${others}`,
        )
      }
    })
  }
}
