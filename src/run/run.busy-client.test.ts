import { setTimeout as pass } from 'node:timers/promises'
import t from 'tap'
import { loadCases } from '../../scripts/proof/load.ts'
import { clientTarget } from '../../scripts/proof/peers.ts'
import type { ClientTarget } from '../targets/target.ts'
import { runLoaded } from './run.ts'

/* A client with room for four messages at a time, as a board with little memory: it says so, and is not to be blamed for it. */

const room = 4
/** After so long it tells that a message is complete: others are given to it meanwhile. */
const tellsAfterMs = 10
/** Three hundred messages that are answered as they come; fifty whose answers are held back until all are there. */
const passing = 'qos2/client-sends/answered-at-once:3.1.1'
const holding = 'client/packet-ids/burst:3.1.1:qos=2'

const everyCase = loadCases()

/** `refuses`: how a publish is refused that there is no room for. */
async function runCase(id: string, refuses: string) {
  const target = await clientTarget('reference-client', () => ({}))
  let refused = 0
  const narrow: ClientTarget = {
    ...target,
    open: async app => {
      const handle = await target.open(app)
      let open = 0
      return {
        ...handle,
        onEvent: listener =>
          handle.onEvent(event => {
            const isPublished = event.event === 'published'
            setTimeout(() => {
              if (isPublished) open -= 1
              listener(event)
            }, tellsAfterMs)
          }),
        ping: async () => {
          await handle.ping()
          await pass(tellsAfterMs)
        },
        command: async (word, fields) => {
          if (word === 'publish' && open >= room) {
            refused += 1
            return { ok: false, error: refuses }
          }
          if (word === 'publish') open += 1
          return handle.command(word, fields)
        },
      }
    },
  }
  try {
    const cases = (await everyCase).client.filter(kase => kase.id === id)
    const how = { jobs: 1, seed: 1, timeoutScale: 0.2 }
    const { results } = await runLoaded(cases, narrow, how)
    return { result: results[0]!, refused }
  } finally {
    await target.stop()
  }
}

t.test('a client that is busy is asked again when a message is complete', async t => {
  const { result, refused } = await runCase(passing, 'busy')
  t.equal(result.verdict, 'pass', result.reason)
  t.ok(refused > 0, 'it was busy at some time')
})

t.test('a case that needs more messages at once than there is room for is skipped', async t => {
  const { result } = await runCase(holding, 'busy')
  t.equal(result.verdict, 'skipped')
  t.match(result.reason, /more messages in flight than the client takes: it is busy with 4$/)
})

t.test('any other refusal is the end of the case at once', async t => {
  const { result, refused } = await runCase(passing, 'no')
  t.equal(result.verdict, 'skipped')
  t.match(result.reason, /the adapter cannot publish: no/)
  t.equal(refused, 1)
})
