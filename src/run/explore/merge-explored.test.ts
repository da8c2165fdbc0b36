import t from 'tap'
import type { Exploration } from '../../model/exploration.ts'
import { mergeExplored, mergeFlowResults } from './merge-explored.ts'

const part = (times: number, why?: string): Exploration => ({
  schedules: 10,
  stages: { singles: 10 },
  points: 4,
  lost: 1,
  scenarios: [],
  machines: [
    {
      version: '5.0',
      edges: [
        {
          role: 'sender',
          qos: 2,
          from: 'S1',
          event: 'PUBREC',
          to: 'S2',
          times,
          broke: 0,
          ...(why === undefined ? {} : { why }),
        },
      ],
    },
  ],
})

t.test('parts of a search add up, and what one reached is reached', async t => {
  const merged = mergeExplored([part(0, 'nobody came'), part(3)])
  t.equal(merged?.schedules, 20)
  t.same(merged?.stages, { singles: 20 })
  t.same(merged?.machines[0]?.edges[0]?.times, 3)
  t.equal(merged?.machines[0]?.edges[0]?.why, undefined)
  t.equal(
    mergeExplored([part(0, 'nobody came'), part(0, 'nobody came')])?.machines[0]?.edges[0]?.why,
    'nobody came',
  )
})

t.test('a flow that one part came to is not inconclusive', async t => {
  const result = (verdict: 'pass' | 'inconclusive', note: string) =>
    ({ id: 'explore/a:5.0', verdict, notes: [note] }) as Parameters<
      typeof mergeFlowResults
    >[0][number]
  const merged = mergeFlowResults([
    result('inconclusive', '0 schedules'),
    result('pass', '5 schedules'),
  ])
  t.equal(merged.length, 1)
  t.equal(merged[0]?.verdict, 'pass')
  t.same(merged[0]?.notes, ['0 schedules', '5 schedules'])
})
