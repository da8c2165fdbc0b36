import t from 'tap'
import { createReferenceBroker } from '../../../fixtures/testing/peers/broker.ts'
import { headline } from '../../reporters/text/headline.ts'
import { UsageError } from '../usage-error.ts'
import { canaryNamed } from './canary-result.ts'
import { explore } from './explore.ts'

/* A correct broker upon which a flaw is put: a search that does not find it cannot be trusted, and says so. */

const broker = createReferenceBroker({})
const target = { handle: (stream: Parameters<typeof broker.accept>[0]) => broker.accept(stream) }
t.teardown(() => broker.close())

const options = {
  target,
  mqtt: ['3.1.1' as const],
  seed: 1,
  lanes: 4,
  budgetMs: 20_000,
  timeoutScale: 0.2,
}

for (const { canary, flow, says } of [
  { canary: 'dup-cleared', flow: 'qos2-publish', says: /MQTT-3\.3\.1-1 .* sent again without DUP/ },
  { canary: 'dup-swallowed', flow: 'qos2-publish', says: /acknowledged and never delivered to/ },
  { canary: 'publish-twice', flow: 'qos1-publish', says: /sent again without DUP/ },
] as const) {
  t.test(`${canary} is found, and that is no failure`, async t => {
    const report = await explore({ ...options, canary, flows: [flow] })
    const [flowResult, found] = report.results
    t.equal(report.exitCode, 0)
    t.equal(flowResult?.verdict, 'pass')
    t.match(found, { id: `canary/${canary}`, verdict: 'pass', reason: '' })
    t.match(found?.notes?.[0], says)
    t.match(headline(report), /^the canary \S+ was found in \d+ schedules, by /)
    const acted = found?.trace.some(event => event.kind === 'note' && /^canary: /.test(event.text))
    t.ok(acted, 'its trace shows that the canary did it')
    t.ok((report.explored?.schedules ?? 0) > 0)
  })
}

t.test('what the target breaks by itself is no find: the canary has to have done it', async t => {
  const flawed = createReferenceBroker({ rules: { dup: () => false } })
  t.teardown(() => flawed.close())
  const own = { handle: (stream: Parameters<typeof broker.accept>[0]) => flawed.accept(stream) }
  const report = await explore({
    ...options,
    target: own,
    canary: 'dup-cleared',
    flows: ['qos1-publish'],
    schedules: 120,
  })
  t.equal(report.exitCode, 4)
  t.match(report.results.at(-1)?.notes, [/^\d+ defects that are no canary's/])
})

t.test('a search that does not find it says so, by exit 4', async t => {
  const report = await explore({
    ...options,
    canary: 'dup-swallowed',
    flows: ['qos2-publish'],
    faults: ['split'],
    depth: 1,
    schedules: 8,
  })
  t.equal(report.exitCode, 4)
  t.match(report.problem, /the canary dup-swallowed was not found in \d+ schedules/)
  t.match(report.results.at(-1), { verdict: 'inconclusive', reason: /not found/ })
})

t.test('a canary is searched for as a whole, and has a name', async t => {
  await t.rejects(
    explore({ ...options, canary: 'dup-cleared', shard: { index: 1, count: 2 } }),
    UsageError,
  )
  t.throws(() => canaryNamed('dup-clared'), /did you mean "dup-cleared"/)
})
