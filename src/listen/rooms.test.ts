import t from 'tap'
import type { TraceEvent } from '../model/trace.ts'
import { FindingTexts, PieceTraces } from './rooms.ts'

const events = (count: number): TraceEvent[] =>
  Array.from({ length: count }, (_, seq) => ({ kind: 'note', text: '', seq, at: 0 }))

t.test(
  'pieces keep whole traces while there is room, then those that went wrong keep little',
  t => {
    const traces = new PieceTraces(100)
    t.equal(traces.keep(events(60), false).length, 60)
    t.same(traces.keep(events(60), false), [], 'what went well needs none')
    const wrong = traces.keep(events(60), true)
    t.same(
      wrong.map(({ seq }) => seq),
      [0, 1, 2, 53, 54, 55, 56, 57, 58, 59],
    )
    t.equal(traces.keep(events(8), true).length, 8, 'there was room for this one')
    t.equal(traces.keep(events(40), true).length, 10)
    t.same(traces.keep(events(40), true), [], 'and at last for nothing')
    t.end()
  },
)

t.test('findings are told whole while there is room, then ten of each client in short', t => {
  const texts = new FindingTexts(1000)
  t.equal(texts.take(0, 900), Number.POSITIVE_INFINITY)
  t.equal(texts.take(1, 200), 200)
  t.equal(texts.take(9, 200), 200)
  t.equal(texts.take(10, 200), 0)
  t.equal(texts.take(10, 100), Number.POSITIVE_INFINITY, 'what fits is told')
  t.end()
})
