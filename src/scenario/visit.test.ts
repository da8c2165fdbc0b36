import t from 'tap'
import type { Step } from './ast.ts'
import { loadSuites } from './loading/load.ts'
import { find, flatten, roundsAround, visit } from './visit.ts'

const text = `suite: visit
title: Steps inside steps
role: client
fragments:
  two: { steps: [{ pub.ping: }, { elapse: { rule: no-resend, s: 1 } }] }
scenarios:
  - id: nested
    title: Every way to hold steps
    matrix: { version: [5.0] }
    steps:
      - pub.connect: {}
      - each: { as: q, in: [0, 1, 2], do: [{ pub.publish: { topic: $topic, qos: $q } }, { repeat: { times: 4, do: [{ pub.ping: }] } }] }
      - together: [{ pub.expect: { PINGRESP: {} } }]
      - oneOf:
          - [{ pub.expect: { PUBREL: { id: 7 } } }, { elapse: { rule: keep-alive, s: 3 } }]
          - [{ pub.expect: closed }]
      - use: two
`
const { suites, problems } = loadSuites([{ path: 'visit.yaml', text }])
t.same(problems, [])
const steps = suites[0]!.cases[0]!.steps
const verb = ({ body }: Step) => body.verb

t.test(
  'steps come as they are written, and those inside behind the one that holds them',
  async t => {
    t.same(flatten(steps).map(verb), [
      'connect',
      ...['each', 'publish', 'repeat', 'ping'],
      ...['together', 'expect'],
      ...['oneOf', 'expect', 'elapse', 'expect'],
      ...['ping', 'elapse'],
    ])
  },
)

t.test('a visitor by verb is called for those verbs alone, with the steps around each', async t => {
  const seen: string[] = []
  visit(steps, {
    elapse: ({ body }, path) => {
      seen.push(`${path.map(verb).join('/')} ${body.s}`)
    },
    ping: (_, path) => {
      seen.push(`${path.map(verb).join('/')} ping × ${roundsAround(path, 1)}`)
    },
  })
  t.same(seen, ['each/repeat ping × 12', 'oneOf 3', ' ping × 1', ' 1'])
})

t.test('a visitor may stay outside, and may stop', async t => {
  const seen: string[] = []
  visit(steps, step => {
    seen.push(step.body.verb)
    if (step.body.verb === 'oneOf') return visit.stop
    return step.body.verb === 'each' ? visit.skip : undefined
  })
  t.same(seen, ['connect', 'each', 'together', 'expect', 'oneOf'])
  t.equal(find(steps, ({ body }) => body.verb === 'elapse')?.body, flatten(steps)[9]?.body)
  t.equal(
    find(steps, ({ body }) => body.verb === 'fence'),
    undefined,
  )
})
