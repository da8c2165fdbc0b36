import t from 'tap'
import { caseOf, findingOf } from '../../../fixtures/testing/reports/build.ts'
import type { CaseResult } from '../../model/report.ts'
import { confirm, type Doubt } from './confirm.ts'

function failing(id: string, got = 'nothing'): CaseResult {
  const finding = findingOf({ level: 'MUST', statement: '5.0:MQTT-4.3.3-2', got, absent: true })
  return caseOf(id, { verdict: 'fail', reason: `${id} fails`, findings: [finding] })
}

function doubtOf(id: string, got?: string, waits = false): Doubt<string> {
  return { job: id, first: failing(id, got), beside: ['a/other:5.0'], waits }
}

/** Runs a confirmation; `again` says what a case comes to, and the log how it was run, and beside how many. */
async function confirmed(
  doubts: Doubt<string>[],
  again: (id: string, how: 'alone' | 'company') => CaseResult,
) {
  const runs: string[] = []
  const done = new Map<string, CaseResult>()
  let underWay = 0
  await confirm(doubts, {
    companyMax: 2,
    run: async (id, how) => {
      underWay += 1
      const beside = underWay - 1
      await new Promise(resolve => setImmediate(resolve))
      underWay -= 1
      runs.push(`${id} ${how}${how === 'alone' && beside > 0 ? ', NOT alone' : ''}`)
      return again(id, how)
    },
    done: (id, result) => done.set(id, result),
  })
  const verdicts = [...done].map(([id, one]) =>
    `${id} ${one.verdict} ${one.confirmed ?? ''}`.trim(),
  )
  return { runs, done, verdicts: verdicts.sort() }
}

t.test(
  'of each cause one case is run alone, and the others in company once it failed again',
  async t => {
    const doubts = [doubtOf('a'), doubtOf('b'), doubtOf('c'), doubtOf('d', 'the end')]
    const { runs, verdicts } = await confirmed(doubts, id => failing(id))
    t.same(runs.slice(0, 2), ['a alone', 'd alone'])
    t.same(runs.slice(2).sort(), ['b company', 'c company'])
    t.same(verdicts, ['a fail alone', 'b fail company', 'c fail company', 'd fail alone'])
  },
)

t.test('where the one does not fail again each of its cause is run alone', async t => {
  const doubts = [doubtOf('a'), doubtOf('b'), doubtOf('c')]
  const { runs, done, verdicts } = await confirmed(doubts, id =>
    id === 'b' ? failing(id) : caseOf(id),
  )
  t.same(runs, ['a alone', 'b alone', 'c alone'])
  t.same(verdicts, ['a unstable', 'b fail alone', 'c unstable'])
  t.match(done.get('a'), {
    reason: 'it failed beside 1 other case, and run again alone it passed; at first: a fails',
    findings: [],
    first: { verdict: 'fail', beside: ['a/other:5.0'], findings: [{ got: 'nothing' }] },
    replay: / # takes company/,
  })
})

t.test('what does not fail again in company is run alone before it is unstable', async t => {
  const { runs, verdicts } = await confirmed([doubtOf('a'), doubtOf('b')], (id, how) =>
    id === 'b' && how === 'company' ? caseOf(id) : failing(id),
  )
  t.same(runs, ['a alone', 'b company', 'b alone'])
  t.same(verdicts, ['a fail alone', 'b fail alone'])
})

t.test(
  'cases that wait for a rule about time wait together, and alone where they passed so',
  async t => {
    const doubts = [doubtOf('a', 'one', true), doubtOf('b', 'two', true)]
    const { runs, verdicts } = await confirmed(doubts, (id, how) =>
      id === 'a' || how === 'alone' ? failing(id, id === 'a' ? 'one' : 'two') : caseOf(id),
    )
    t.same(runs.sort(), ['a company', 'b alone', 'b company'])
    t.same(verdicts, ['a fail company', 'b fail alone'])
  },
)

t.test('another failure than the first is none of it, unless the trace proves it', async t => {
  const other = { ...findingOf({ level: 'MUST', statement: '5.0:MQTT-4.9.0-2' }), absent: true }
  const { verdicts } = await confirmed([doubtOf('a'), doubtOf('b', 'the end')], id =>
    caseOf(id, {
      verdict: 'fail',
      findings: [
        id === 'a'
          ? { ...other, absent: true as const }
          : { ...other, judge: 'audit', absent: undefined as never },
      ],
    }),
  )
  t.same(verdicts, ['a unstable', 'b fail'])
})
