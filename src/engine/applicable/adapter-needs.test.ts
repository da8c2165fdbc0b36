import t from 'tap'
import { loadSuites } from '../../scenario/loading/load.ts'
import { adapterNeeds } from './adapter-needs.ts'

/** The needs of a scenario with these steps, which stand indented under `steps:`. */
function needs(steps: string): string[] {
  const text = `suite: mine/one
title: One
role: broker
scenarios:
  - id: one
    title: One
    matrix: { version: [5.0] }
    steps:
      - app.connect: {}
      - broker.accept: {}
      - app.await: { connected: {} }
${steps}
      - broker.expect: { PINGREQ: {} }
`
  const { suites, problems } = loadSuites([{ path: 'one.yaml', text }])
  if (problems.length > 0) throw new Error(problems.map(one => one.message).join('; '))
  return adapterNeeds(suites[0]!.cases[0]!)
}

t.test('a step asks the adapter for what it carries, inside a branch too', async t => {
  t.same(needs('      - app.publish: { topic: $topic, payload: a, tag: m1 }'), [])
  t.same(needs('      - app.publish: { topic: $topic, payload: a, tag: m1, retain: false }'), [])
  t.same(needs('      - app.publish: { topic: $topic, payload: a, tag: m1, retain: true }'), [
    'can-retain',
  ])
  t.same(
    needs(`      - oneOf:
          - - broker.expect: { SUBSCRIBE: {} }
            - app.expect: { published: { tag: m1 } }
          - - broker.expect: { UNSUBSCRIBE: {} }
            - app.expect: { subscribed: { tag: s1, codes: [128] } }`),
    ['can-told-subscribed'],
  )
})
