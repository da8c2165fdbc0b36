import t from 'tap'
import { caseOf, findingOf } from '../../../fixtures/testing/reports/build.ts'
import type { StatementRef } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import { playRaces, playsAgainMax, type Raced } from './races.ts'

const order = '5.0:MQTT-4.6.0-5'

function passed(id: string, covers: StatementRef[] = []): CaseResult {
  return caseOf(id, { verdict: 'pass', reason: '', covers })
}

/** What a judge saw in what the target sent, or what did not come. */
function failed(id: string, absent = false): CaseResult {
  const finding = findingOf({
    level: 'MUST',
    statement: order,
    judge: 'audit',
    ...(absent ? { absent: true } : {}),
  })
  return caseOf(id, { verdict: 'fail', reason: 'in another order', findings: [finding] })
}

function warned(id: string): CaseResult {
  const finding = findingOf({ level: 'SHOULD', judge: 'audit' })
  return caseOf(id, { verdict: 'warn', reason: 'unasked', findings: [finding] })
}

function comesAndGoes(id: string): CaseResult {
  const { verdict: _, ...first } = failed(id)
  return {
    ...passed(id),
    verdict: 'unstable',
    first: { ...first, verdict: 'fail', beside: [], proven: true },
  }
}

/** Plays what may race: `plays` says what a case comes to, one after the other; the last of it from then on. */
async function play(results: CaseResult[], plays: Record<string, CaseResult[]> = {}, may = true) {
  const played: string[] = []
  const told: CaseResult[] = []
  const all: Raced<string>[] = results.map(result => ({ job: result.id, result, mayRace: may }))
  await playRaces(all, {
    side: 1,
    told: (_job, result) => void told.push(result),
    play: async id => {
      const before = played.filter(one => one === id).length
      played.push(id)
      const mine = plays[id]
      return mine ? mine[Math.min(before, mine.length - 1)] : results.find(one => one.id === id)
    },
  })
  return { played, told }
}

const times = (id: string, count: number) => Array.from({ length: count }, () => id)

t.test('where all cases of a scenario do the same, none is played again', async t => {
  const all = [passed('a/b:5.0:x=1'), passed('a/b:5.0:x=2'), failed('a/c:5.0'), failed('a/c:3.1.1')]
  t.same((await play(all)).played, [])
})

t.test(
  'a case that passed beside a sibling that failed is played again, and that one too',
  async t => {
    const [one, two] = ['a/b:5.0:close=fin', 'a/b:5.0:close=rst']
    const steady = await play([passed(one), failed(two), passed('a/other:5.0')])
    t.same(steady.told, [], 'each did what it did before: a pass and a failure')
    t.same(steady.played, [...times(one, playsAgainMax), ...times(two, playsAgainMax)])

    const lucky = await play([passed(one), failed(two)], { [one]: [passed(one), failed(one)] })
    t.equal(lucky.told.length, 1)
    t.match(lucky.told[0], {
      id: one,
      verdict: 'unstable',
      findings: [],
      reason: /^it comes and goes: of 3 plays .* it passed; it broke: in another order$/,
      first: { verdict: 'fail', proven: true, reason: 'in another order' },
      replay: /# a race/,
    })
    t.same(lucky.told[0]?.first?.findings, failed(one).findings)

    const unlucky = await play([passed(one), failed(two)], { [two]: [passed(two)] })
    t.match(unlucky.told, [{ id: two, verdict: 'unstable', first: { verdict: 'fail' } }])
  },
)

t.test('a statement broken now and then is asked again wherever it was kept', async t => {
  const other = passed('b/queue:5.0', [order])
  const all = [comesAndGoes('a/b:5.0'), other, passed('b/else:5.0', ['5.0:MQTT-3.3.1-1'])]
  t.same((await play(all)).played, times(other.id, playsAgainMax))
  const also = failed('c/order:5.0')
  t.same((await play([comesAndGoes('a/b:5.0'), also])).played, times(also.id, playsAgainMax))
})

t.test('what is seen to come and go in this way is a sign itself', async t => {
  const [one, two] = ['a/b:5.0:close=fin', 'a/b:5.0:close=rst']
  const other = passed('b/queue:5.0', [order])
  const { played } = await play([passed(one), failed(two), other], { [one]: [failed(one)] })
  t.same(
    played.filter(id => id === other.id),
    times(other.id, playsAgainMax),
  )
})

t.test('a warning now and a failure then are two verdicts', async t => {
  const [one, two] = ['a/b:5.0:close=fin', 'a/b:5.0:close=rst']
  const { told } = await play([warned(one), failed(two)], { [one]: [failed(one)] })
  t.match(told, [{ id: one, verdict: 'unstable', first: { verdict: 'fail' } }])
})

t.test('silence counts where it came twice; what says nothing does not count', async t => {
  const [one, two] = ['a/b:5.0:close=fin', 'a/b:5.0:close=rst']
  const once = await play([passed(one), failed(two)], {
    [one]: [failed(one, true), passed(one), passed(one)],
  })
  t.same(once.told, [])
  const twice = await play([passed(one), failed(two)], { [one]: [failed(one, true)] })
  t.match(twice.told, [{ id: one, verdict: 'unstable' }])
  const ended = caseOf(one, { verdict: 'inconclusive', reason: 'cut short' })
  t.same((await play([passed(one), failed(two)], { [one]: [ended] })).told, [])
})

t.test('a case that waits or is too large is left as it is', async t => {
  const all = [passed('a/b:5.0:x=1'), failed('a/b:5.0:x=2')]
  t.same((await play(all, {}, false)).played, [])
})
