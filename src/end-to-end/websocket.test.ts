import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { brokerDefaults } from '../../fixtures/testing/peers/broker.ts'
import { clientDefaults } from '../../fixtures/testing/peers/client.ts'
import {
  type FrameRules,
  frameFlaws,
  frontOf,
  standardFrameRules,
  wayTo,
} from '../../fixtures/testing/peers/websocket.ts'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import type { RunReport } from '../model/report.ts'
import { readSuites } from '../run/choose-suites.ts'
import { runLoaded } from '../run/run.ts'
import type { Case } from '../scenario/ast.ts'
import type { BrokerTarget, ClientTarget } from '../targets/target.ts'
import { dial } from '../transport/dial.ts'

/* Every statement of chapter 6 in both versions and both roles: kept by a correct peer, and each seen broken by one with that flaw. */

const root = fileURLToPath(new URL('../..', import.meta.url))

async function casesOf(role: 'broker' | 'client'): Promise<Case[]> {
  const { suites } = await readSuites([path.join(root, 'suites', role, 'websocket.yaml')])
  return suites
    .filter(({ id }) => id.startsWith('websocket/'))
    .flatMap(({ cases }) => cases.map(kase => ({ ...kase, transport: 'ws' })))
}

async function broker(t: Test, rules: FrameRules): Promise<BrokerTarget> {
  const plain = await brokerTarget('reference', () => brokerDefaults)
  const front = await frontOf(Number(new URL(plain.address).port), rules)
  t.teardown(async () => {
    front.close()
    await plain.stop()
  })
  const where = { transport: 'ws', host: '127.0.0.1', port: front.port } as const
  const { restart, instance, ...rest } = plain
  return { ...rest, transports: ['ws'], dial: timeoutMs => dial(where, { timeoutMs }) }
}

async function client(t: Test, rules: FrameRules): Promise<ClientTarget> {
  const plain = await clientTarget('reference', () => clientDefaults)
  t.teardown(() => plain.stop())
  return {
    ...plain,
    can: [...plain.can, 'websocket'],
    async open(name) {
      const app = await plain.open(name)
      return {
        ...app,
        async command(word, fields) {
          if (word !== 'connect') return app.command(word, fields)
          const { host, port, websocket, ...others } = fields
          const url = `ws://${host}:${port}${(websocket as { path: string }).path}`
          const way = await wayTo(url, rules)
          t.teardown(() => way.close())
          return app.command(word, { ...others, host: '127.0.0.1', port: way.port })
        },
      }
    },
  }
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

const peers = { broker, client } as const

for (const role of ['broker', 'client'] as const) {
  t.test(`a correct ${role} behind a WebSocket passes`, async t => {
    const target = await peers[role](t, standardFrameRules)
    const report = await runLoaded(await casesOf(role), target, { seed: 1 })
    t.same(broken(report), { statements: [], others: [] })
    t.ok(report.results.length >= 10, `${report.results.length} cases`)
  })
  for (const { name, rules, breaks } of frameFlaws) {
    // A client offers, a broker selects.
    const statement = role === 'client' ? breaks.replace('6.0.0-4', '6.0.0-3') : breaks
    t.test(`a ${role} that ${name.replaceAll('-', ' ')} breaks ${statement}`, async t => {
      const target = await peers[role](t, { ...standardFrameRules, ...rules })
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
