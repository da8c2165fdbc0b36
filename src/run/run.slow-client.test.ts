import net from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import t from 'tap'
import { loadCases } from '../../scripts/proof/load.ts'
import { clientTarget } from '../../scripts/proof/peers.ts'
import type { ClientTarget } from '../targets/target.ts'
import { runLoaded } from './run.ts'

/* A client on a machine where it gets no processor: what it sends comes late, and its adapter takes its time. */

/** More than `replyMs` and `reconnectMs`, which are 300 here: enough for a test that others starve. */
const longMs = 600
const timeoutScale = 0.06
const lost = 'qos2/client-sends/publish-lost:3.1.1:close=fin'

/** A port behind which everything comes so much later that is sent to that other port. */
async function lateRelay(port: number, lateMs: number, ends: (() => void)[]): Promise<number> {
  const server = net.createServer(client => {
    const broker = net.connect(port, '127.0.0.1')
    client.on('data', chunk => setTimeout(() => broker.write(chunk), lateMs))
    broker.on('data', chunk => client.write(chunk))
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    ends.push(() => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => server.close())
  return (server.address() as net.AddressInfo).port
}

async function runLate(nonceMs: number, { id = lost, lateMs = longMs, maxInflight = 20 } = {}) {
  const target = await clientTarget('reference-client', () => ({ maxInflight }))
  const ends: (() => void)[] = []
  const late: ClientTarget = {
    ...target,
    open: async app => {
      const handle = await target.open(app)
      return {
        ...handle,
        command: async (word, fields) => {
          const relayed =
            'port' in fields ? { port: await lateRelay(Number(fields.port), lateMs, ends) } : {}
          return handle.command(word, { ...fields, ...relayed })
        },
        ping: async () => {
          await pass(nonceMs)
          return handle.ping()
        },
      }
    },
  }
  try {
    const cases = (await loadCases()).client.filter(kase => kase.id === id)
    const { results } = await runLoaded(cases, late, { jobs: 1, seed: 1, timeoutScale })
    return results[0]!
  } finally {
    for (const end of ends) end()
    await target.stop()
  }
}

t.test('a client whose adapter is slow to echo a nonce is slow and not silent', async t => {
  const { verdict, reason, trace } = await runLate(180)
  t.equal(verdict, 'pass', reason)
  t.ok(
    trace.some(event => event.kind === 'note' && event.text.includes('the target is slow')),
    'the trace says so',
  )
})

t.test('a client whose adapter answers at once is held to the budget', async t => {
  const { verdict, reason } = await runLate(0)
  t.not(verdict, 'pass')
  t.match(reason, /300 ms/)
})

t.test(
  'a client that finishes one message after the other is waited for while it does',
  async t => {
    const { verdict, reason } = await runLate(0, {
      id: 'client/packet-ids/burst:3.1.1:qos=1',
      lateMs: 20,
      maxInflight: 1,
    })
    t.equal(verdict, 'pass', reason)
  },
)
