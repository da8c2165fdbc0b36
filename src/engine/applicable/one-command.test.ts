import t from 'tap'
import { loadSuites } from '../../scenario/loading/load.ts'
import { asOneCommand } from './one-command.ts'

/** The steps of a scenario as `asked`, and what a program makes of them: the text of each step, or why not. */
function fitted(...steps: string[]): string[] | string {
  const text = `suite: x
title: A
role: broker
scenarios:
  - id: one
    title: X
    covers: { 5.0: [MQTT-4.3.3-1] }
    steps:
${steps.map(step => `      - ${step}`).join('\n')}
`
  const { suites, problems } = loadSuites([{ path: 'suites/client/x.yaml', text }])
  const found = suites[0]?.cases[0]
  if (!found) throw new Error(problems.map(problem => problem.message).join('\n'))
  const command = asOneCommand(found.steps)
  return command.kind === 'steps' ? command.steps.map(step => step.body.verb) : command.why
}

const connect = 'app.connect: {}'
const accept = 'broker.accept: {}'
const connected = 'app.await: { connected: {} }'
const publish = 'app.publish: { topic: $topic, tag: m1 }'
const expect = 'broker.expect: { PUBLISH: {} }'

t.test('what a program is told comes before the connection that it opens', async t => {
  t.same(fitted(connect, accept, connected, publish, expect), [
    'app.connect',
    'app.publish',
    'accept',
    'expect',
  ])
  t.same(
    fitted('broker.refuse: 1', connect, publish, accept, expect),
    ['refuse', 'app.connect', 'app.publish', 'accept', 'expect'],
    'an order that fits stays as it is',
  )
})

t.test('a case that asks for more is not drivable, and says why', async t => {
  const twice = fitted(connect, accept, publish, expect, publish, expect)
  t.equal(twice, 'the program does one thing in each case')
  const late = fitted(connect, accept, 'broker.cut: fin', publish, accept, expect)
  t.equal(late, 'the program does its one thing as soon as it is connected')
  const heard = fitted(connect, accept, publish, expect, 'app.expect: { published: {} }')
  t.equal(heard, 'nothing tells what the application saw')
  const leaving = fitted(connect, accept, publish, expect, 'app.disconnect: {}')
  t.equal(leaving, 'the program cannot be told to disconnect')
  t.equal(
    fitted(connect, 'broker.accept: { expect: { clean: true } }'),
    'a program is started to do something',
  )
  const looped = fitted(connect, accept, `repeat: { times: 2, do: [{ ${publish} }] }`, expect)
  t.equal(looped, 'the program does its one thing when it starts')
})
