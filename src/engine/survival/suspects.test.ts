import t from 'tap'
import type { CaseResult } from '../../model/report.ts'
import { clueOf, likeliestFirst } from './suspects.ts'

type Sent = ['us' | 'target' | 'closed', connection: number, at: number]

/** A case of 100 ms that ended at 1000. */
function clue(...events: Sent[]) {
  const trace = events.map(([who, connection, at]) =>
    who === 'closed'
      ? { kind: 'close', by: 'target', connection, at }
      : { kind: 'packet', from: who === 'us' ? 'harness' : 'target', connection, at },
  )
  return clueOf({ durationMs: 100, trace } as unknown as CaseResult, 1000, 20)
}

const never = Number.POSITIVE_INFINITY

t.test('what a case tells of the moment of the loss', async t => {
  t.same(clue(), { sentMs: 900, ignoredMs: never })
  t.same(clue(['us', 1, 10], ['target', 1, 15]), { sentMs: 910, ignoredMs: never })
  t.same(clue(['us', 1, 10], ['target', 1, 15], ['us', 1, 20], ['us', 1, 30]), {
    sentMs: 930,
    ignoredMs: 920,
  })
  // What goes on elsewhere is no answer to it.
  t.same(clue(['us', 1, 10], ['us', 2, 40], ['target', 2, 45]), { sentMs: 940, ignoredMs: 910 })
})

t.test('a connection that is closed at once is an answer', async t => {
  t.same(clue(['us', 1, 10], ['closed', 1, 25]), { sentMs: 910, ignoredMs: never })
  t.same(clue(['us', 1, 10], ['closed', 1, 90]), { sentMs: 910, ignoredMs: 910 })
  // Prompt is what comes soon after what was sent there.
  t.same(clue(['us', 1, 10], ['us', 2, 80], ['closed', 1, 85], ['target', 2, 86]), {
    sentMs: 980,
    ignoredMs: 910,
  })
})

t.test('the likeliest first', async t => {
  const suspects = [
    { id: 1, sentMs: 5, ignoredMs: never },
    { id: 2, sentMs: 12, ignoredMs: 12 },
    { id: 3, sentMs: 7, ignoredMs: 7 },
    { id: 4, sentMs: 10, ignoredMs: never },
  ]
  const order = (isDeaf: boolean) => likeliestFirst(suspects, isDeaf).map(({ id }) => id)
  t.same(order(true), [3, 2, 4, 1], 'a broker is deaf since the first thing that it ignored')
  t.same(order(false), [2, 4, 3, 1], 'a broker dies of what it was sent last')
})
