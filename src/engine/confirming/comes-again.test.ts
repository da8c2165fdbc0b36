import t from 'tap'
import { caseOf, findingOf } from '../../../fixtures/testing/reports/build.ts'
import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { ComesAgain } from './comes-again.ts'

const ended = { kind: 'packet', at: 2, connection: 2, actor: 'subscriber', from: 'target' } as const

function traceOf(connections: number): TraceEvent[] {
  const opened = Array.from({ length: connections }, (_, index) => ({
    kind: 'open' as const,
    connection: index + 1,
    actor: 'subscriber',
    by: 'harness' as const,
    version: '5.0' as const,
    seq: index,
    at: 1,
  }))
  const packet = { type: 'PUBREL', id: 7, code: 0, properties: {} } as const
  return [...opened, { ...ended, seq: 9, packet, bytes: Uint8Array.of(0x62, 2, 0, 7) }]
}

/** A failure by what the target sent in a case of so many connections. */
function broke(id: string, connections = 2, more: Partial<CaseResult> = {}): CaseResult {
  const finding = findingOf({ level: 'MUST', statement: '5.0:MQTT-4.6.0-6', seq: 9 })
  return caseOf(id, {
    verdict: 'fail',
    reason: 'in another order',
    findings: [finding],
    trace: traceOf(connections),
    durationMs: 20,
    sleptMs: 0,
    ...more,
  })
}

const passed = (id: string) => caseOf(id, { verdict: 'pass', reason: '' })

t.test(
  'a proven breach that does not come a second time is unstable, and both are told',
  async t => {
    const first = broke('a/order:5.0:qos=1')
    const told = await new ComesAgain().judge(first, ['b/other:5.0'], async () => passed(first.id))
    t.match(told, {
      verdict: 'unstable',
      findings: [],
      reason:
        /^it failed in 1 of 2 plays, which what the target sent proves; in the last it passed; at first: in another order$/,
      first: { verdict: 'fail', proven: true, beside: ['b/other:5.0'] },
      replay: /# a race/,
    })
    t.same(told.first?.findings, first.findings)
  },
)

t.test('one that comes again, in whatever way, has failed', async t => {
  const first = broke('a/order:5.0:qos=1')
  for (const again of [first, { ...first, findings: [] }]) {
    t.equal(await new ComesAgain().judge(first, [], async () => again), first)
  }
  const ended = caseOf(first.id, { verdict: 'inconclusive', reason: 'cut short' })
  t.equal(await new ComesAgain().judge(first, [], async () => ended), first, 'says nothing')
  t.equal(await new ComesAgain().judge(first, [], async () => undefined), first, 'not played')
  const warned = { ...first, verdict: 'warn' as const }
  t.match(await new ComesAgain().judge(first, [], async () => warned), { verdict: 'unstable' })
})

t.test(
  'of a scenario and cause one is played again, all where that one did not repeat',
  async t => {
    const played: string[] = []
    const play = (id: string, again: CaseResult) => async () => {
      played.push(id)
      return again
    }
    const steady = new ComesAgain()
    const ids = ['a/order:5.0:qos=1', 'a/order:5.0:qos=2', 'a/other:5.0', 'a/order:3.1.1:qos=1']
    const results = ids.map(id => broke(id))
    const told = await Promise.all(results.map(one => steady.judge(one, [], play(one.id, one))))
    t.same(told, results)
    t.same(played, [ids[0], ids[2]], 'beside one another, too')

    played.length = 0
    const racing = new ComesAgain()
    const [one, two] = results as [CaseResult, CaseResult]
    const verdicts = await Promise.all([
      racing.judge(one, [], play(one.id, passed(one.id))),
      racing.judge(two, [], play(two.id, two)),
    ])
    t.same(
      verdicts.map(({ verdict }) => verdict),
      ['unstable', 'fail'],
    )
    t.same(played, [one.id, two.id, two.id, two.id])
  },
)

t.test('of a kind that came and went once, each is played three times', async t => {
  const racing = new ComesAgain()
  const one = broke('a/order:5.0')
  t.match(await racing.judge(one, [], async () => passed(one.id)), { verdict: 'unstable' })
  const two = broke('a/another:5.0')
  let plays = 0
  const later = async () => (++plays === 3 ? passed(two.id) : two)
  t.match(await racing.judge(two, [], later), { verdict: 'unstable' })
  t.equal(plays, 3)
  plays = -5
  t.equal(await racing.judge(two, [], later), two)
  t.equal(plays, -2, 'and no more than three times')
})

t.test('where no connections race, or it would take long, it is not played again', async t => {
  const never = async () => t.fail('played') as never
  const left = [
    passed('a/b:5.0'),
    broke('a/one-connection:5.0', 1),
    broke('a/waits:5.0', 2, { sleptMs: 500 }),
    // What did not come is looked at again in its own way.
    broke('a/silence:5.0', 2, { findings: [findingOf({ level: 'MUST', absent: true, seq: 9 })] }),
  ]
  for (const one of left) t.equal(await new ComesAgain().judge(one, [], never), one, one.id)
})
