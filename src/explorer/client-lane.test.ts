import { readFileSync } from 'node:fs'
import * as chance from 'fast-check'
import t from 'tap'
import type { ClientOptions } from '../../fixtures/testing/peers/client.ts'
import { clientFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { clientTarget } from '../../scripts/proof/peers.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import { parseFlow } from '../explore/flow-schema.ts'
import { setupsOf } from '../explore/setup.ts'
import { ClientLane } from './client-lane.ts'
import { explore } from './explorer.ts'

const file = 'suites/flows/client-publish.yaml'
const { flow } = parseFlow(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
const setups = setupsOf(flow ? [flow] : []).filter(
  ({ version, manner }) => version === '3.1.1' && manner.before === 0,
)

async function search(options: ClientOptions, ms: number) {
  const target = await clientTarget('reference', () => options)
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), ms)
  try {
    return await explore({
      setups,
      seed: 1,
      depth: 1,
      kinds: ['lose', 'cut'],
      signal: ended.signal,
      lanes: 4,
      budgets: scaled({ replyMs: 800, reconnectMs: 3000 }, 1),
      nonce: 'xclient',
      chance,
      restarts: false,
      endsAt: () => true,
      openLane: async lane => new ClientLane(target, lane),
    })
  } finally {
    clearTimeout(timer)
    await target.stop()
  }
}

t.test('nothing is found wrong with a correct client', async t => {
  const { defects, schedules } = await search({}, 4000)
  t.same(
    defects.map(({ breach }) => breach.message),
    [],
  )
  t.ok(schedules > 10, `${schedules} schedules`)
})

t.test('a client that resends without DUP is found without a scenario', async t => {
  // It ends by itself, after a second on an idle machine: the limit is for one that hangs.
  const { defects } = await search(clientFlaw('client-qos2-resent-without-dup').apply({}), 30_000)
  const sure = defects.find(({ stable }) => stable)
  t.match(sure?.statement, /MQTT-3\.3\.1-1/)
})
