import net from 'node:net'
import t from 'tap'
import { loadCases } from '../../scripts/proof/load.ts'
import { clientTarget } from '../../scripts/proof/peers.ts'
import type { ClientTarget } from '../targets/target.ts'
import { runLoaded } from './run.ts'

/* The client of a case dials its port until it is stopped. A port that was given up before may be another case's. */
t.test('a case keeps its port until its client is stopped', async t => {
  const target = await clientTarget('reference-client', () => ({}))
  const held: boolean[] = []
  const watched: ClientTarget = {
    ...target,
    open: async app => {
      const handle = await target.open(app)
      let port = 0
      return {
        ...handle,
        command: (word, fields) => {
          if ('port' in fields) port = Number(fields.port)
          return handle.command(word, fields)
        },
        stop: async () => {
          if (port > 0) held.push(await listens(port))
          await handle.stop()
        },
      }
    },
  }
  const { client } = await loadCases()
  const cases = client.filter(({ id }) => id.startsWith('qos2/client-sends/publish-lost:'))
  const { summary } = await runLoaded(cases, watched, { jobs: 1, seed: 1 })
  await target.stop()
  t.equal(summary.pass, cases.length)
  t.ok(held.length >= cases.length && held.every(Boolean), `${held}`)
})

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
