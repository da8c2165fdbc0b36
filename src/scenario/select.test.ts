import t from 'tap'
import { loadSuites } from './loading/load.ts'
import { selectCases, selectFor } from './select.ts'

const text = (id: string, role: string) => `suite: ${id}
title: A
role: ${role}
scenarios:
  - id: one
    title: X
    tags: [slow]
    matrix: { version: [3.1.1, 5.0], close: [fin, rst] }
    steps: [{ pub.${role === 'client' ? 'connect' : 'accept'}: {} }, { pub.cut: $close }, { fence: pub }]
  - id: one-more
    title: Y
    steps: [{ pub.${role === 'client' ? 'connect' : 'accept'}: {} }, { fence: pub }]
`
const { suites } = loadSuites([
  { path: 'suites/broker/qos2-receiver.yaml', text: text('qos2/broker-receives', 'client') },
  { path: './suites/client/qos2.yaml', text: text('qos2/client', 'broker') },
])

const count = (...words: string[]) => selectCases(suites, { words }).cases.length

t.test('without words all cases are meant, in the order of the suites', async t => {
  const { cases, unknown } = selectCases(suites, { words: [] })
  t.equal(cases.length, 12)
  t.same(unknown, [])
  t.equal(cases[0]?.id, 'qos2/broker-receives/one:3.1.1:close=fin')
})

t.test('a word means a part of an id from its front', async t => {
  t.equal(count('qos2'), 12)
  t.equal(count('qos2/broker-receives'), 6)
  t.equal(count('qos2/broker-receives/one'), 4, 'and not one-more')
  t.equal(count('qos2/broker-receives/one:5.0'), 2)
  t.equal(count('qos2/broker-receives/one:5.0:close=rst'), 1)
  t.equal(count('one-more'), 4, 'a scenario by its own id')
  t.equal(count('qos2/broker'), 0)
})

t.test('a word means a file or a folder', async t => {
  t.equal(count('suites/broker'), 6)
  t.equal(count('./suites/broker/'), 6)
  t.equal(count('suites/client/qos2.yaml'), 6)
  t.equal(count('qos2-receiver.yaml'), 6)
  t.equal(count('client'), 6)
})

t.test('a word means a statement or a section of the standard', async t => {
  const yaml = text('a/b', 'client')
    .replace('title: X', 'title: X\n    covers: { 3.1.1: [MQTT-4.3.3-2], 5.0: [MQTT-4.3.3-10] }')
    .replace(
      'title: Y',
      'title: Y\n    matrix: { version: [5.0] }\n    covers: { 5.0: [MQTT-4.3.2-3] }',
    )
  const { suites, problems } = loadSuites([{ path: 'a.yaml', text: yaml }])
  t.same(problems, [])
  const ids = (word: string) => selectCases(suites, { words: [word] }).cases.length
  t.equal(ids('4.3.3'), 4)
  t.equal(ids('4.3'), 5)
  t.equal(ids('§4.3'), 5)
  t.equal(ids('MQTT-4.3.3-2'), 2)
  t.equal(ids('5.0:MQTT-4.3.3-10'), 2)
  t.equal(ids('5.0:4.3.3'), 2)
  t.equal(ids('MQTT-4.3.3-1'), 0, 'and not -10')
  t.equal(ids('4.3.30'), 0)
})

t.test('a star stands for anything', async t => {
  t.equal(count('*close=rst'), 4)
  t.equal(count('qos2/*/one:5.0*'), 4)
  t.equal(count('one*', 'qos2/client'), 12, 'several words add up')
  t.equal(count(`${'*'.repeat(1000)}x`), 0, 'many of them cost nothing')
})

t.test('tags, versions and role narrow the choice', async t => {
  t.equal(selectCases(suites, { words: [], tags: ['slow'] }).cases.length, 8)
  t.equal(selectCases(suites, { words: [], versions: ['5.0'] }).cases.length, 6)
  t.equal(selectCases(suites, { words: ['one'], roles: ['broker'] }).cases.length, 4)
})

t.test('a word that means nothing is told, with what is near', async t => {
  t.same(selectCases(suites, { words: ['qos2/brokr-receives', 'one'] }).unknown, [
    { word: 'qos2/brokr-receives', hint: 'qos2/broker-receives' },
  ])
  t.same(selectCases(suites, { words: ['wholly-different-thing'] }).unknown, [
    { word: 'wholly-different-thing' },
  ])
})

t.test('heavy cases run only where somebody asks for them', async t => {
  const heavy = text('qos2/wrap', 'client').replace('tags: [slow]', 'tags: [heavy]')
  const both = loadSuites([
    { path: 'suites/broker/wrap.yaml', text: heavy },
    { path: 'suites/broker/light.yaml', text: text('qos2/light', 'client') },
  ]).suites
  const chosen = (words: string[], tags?: string[]) =>
    selectCases(both, { words, ...(tags ? { tags } : {}) }).cases.length
  t.equal(chosen([]), 8, 'without a word all but four')
  t.equal(chosen(['suites/broker']), 8, 'a folder does not ask')
  t.equal(chosen([], ['heavy']), 4, 'the tag does')
  t.equal(chosen(['qos2/wrap']), 6, 'and so does the suite')
  t.equal(chosen(['qos2/wrap/one:5.0:close=fin']), 1, 'and the case')
  const alone = both.filter(suite => suite.id === 'qos2/wrap')
  const only = alone.map(suite => ({ ...suite, cases: suite.cases.slice(0, 4) }))
  t.equal(selectCases(only, { words: [] }).cases.length, 4, 'nothing else is left')
})

t.test('a suite that includes others means them where it is asked for as a whole', async t => {
  const including = {
    path: 'suites/device/client.yaml',
    text: 'suite: device/client\ntitle: A\nrole: broker\nincludes: [../client]\n',
  }
  const own = { path: 'suites/device/own.yaml', text: text('device/own', 'broker') }
  const client = { path: 'suites/client/qos2.yaml', text: text('qos2/client', 'broker') }
  const { suites: all, problems } = loadSuites([including, own, client])
  t.same(problems, [])
  const chosen = (...words: string[]) => selectCases(all, { words }).cases.length
  t.equal(chosen('suites/device'), 12)
  t.equal(chosen('device/client'), 6)
  t.equal(chosen('device/own'), 6)
  t.equal(chosen('device/own/one'), 4)
  const empty = loadSuites([{ path: 'a.yaml', text: 'suite: a\ntitle: A\nrole: broker\n' }])
  t.match(empty.problems, [{ code: 'MISSING_KEY', message: /scenarios/ }])
})

t.test('a path with the separators of Windows means the same', async t => {
  t.equal(count('suites\\broker'), 6)
  t.equal(count('.\\suites\\broker\\qos2-receiver.yaml'), 6)
})

t.test('a word that means suites for both roles means those that fit the target', async t => {
  const roles = (...words: string[]) => [
    ...new Set(selectFor(['client'], suites, { words }).cases.map(kase => kase.role)),
  ]
  t.same(roles('qos2'), ['client'])
  t.same(
    roles('qos2/client'),
    ['broker'],
    'what fits in no case is left in, to be shown as skipped',
  )
  t.same(roles('qos2', 'qos2/client'), ['client', 'broker'])
})
