import net from 'node:net'
import t from 'tap'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import type { ClientTarget } from '../targets/target.ts'
import { readSuites } from './choice/choose-suites.ts'
import { runLoaded } from './run.ts'

/*
 * A client that is told to connect again, opens a connection, gives it up before CONNECT and says that the attempt failed. It has
 * broken nothing, and comes when it is told once more.
 */

const direct = 'qos2/client-sends/publish-lost:3.1.1:close=fin'
const throughProxy = 'proxy/client-sends/publish-lost:3.1.1:close=fin'

/** How many attempts to connect again fail before one is made in earnest. */
async function runGivingUp(attempts: number, id: string) {
  const target = await clientTarget('reference-client', () => ({ reconnects: 'asked' }))
  const givesUp: ClientTarget = {
    ...target,
    open: async app => {
      const handle = await target.open(app)
      let hear: Parameters<typeof handle.onEvent>[0] = () => undefined
      let connects = 0
      return {
        ...handle,
        onEvent: listener => {
          hear = listener
          handle.onEvent(listener)
        },
        command: async (word, fields) => {
          if (word !== 'connect' || connects++ === 0 || connects > 1 + attempts) {
            return handle.command(word, fields)
          }
          const socket = net.connect(Number(fields.port), '127.0.0.1', () => socket.end())
          socket.on('close', () => hear({ event: 'connect-failed', error: 'too slow' }))
          socket.on('error', () => undefined)
          socket.resume()
          return { ok: true }
        },
      }
    },
  }
  const behind = await brokerTarget('reference-broker', () => ({}))
  try {
    const { suites } = await readSuites([
      'suites/client/qos2-sender.yaml',
      'suites/proxy/qos2-sender.yaml',
    ])
    const cases = suites.flatMap(suite => suite.cases).filter(kase => kase.id === id)
    const { results } = await runLoaded(cases, givesUp, { jobs: 1, seed: 1, behind })
    return results[0]!
  } finally {
    await Promise.all([target.stop(), behind.stop()])
  }
}

for (const [id, attempts] of [
  [direct, 1],
  [direct, 3],
  [throughProxy, 1],
  [throughProxy, 3],
] as const) {
  t.test(`a client that gave up ${attempts} times before CONNECT is told again: ${id}`, async t => {
    const { verdict, reason, trace } = await runGivingUp(attempts, id)
    t.equal(verdict, 'pass', reason)
    const left = trace.filter(
      ({ kind, ...rest }) => kind === 'note' && 'text' in rest && /without CONNECT/.test(rest.text),
    )
    t.equal(left.length, attempts)
  })
}
