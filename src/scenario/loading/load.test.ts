import t from 'tap'
import { formatProblems } from '../problem.ts'
import { KeptSuites, loadSuites, type SourceFile } from './load.ts'

const design = `# yaml-language-server: $schema=../../schema/suite.json
#
# The story of the suite,
# in two lines.
suite: qos2/broker-receives
title: QoS 2, the broker as receiver
role: client            # what the harness plays: client, broker or proxy
scenarios:
  # A receiver that sent PUBREC must not deliver again when the sender, which never saw it, resends.
  - id: pubrec-lost
    title: A PUBLISH resent after a lost PUBREC is delivered once
    covers: { 3.1.1: [MQTT-4.3.3-2, MQTT-3.1.2-4], 5.0: [MQTT-4.3.3-10, MQTT-3.1.2-23] }
    matrix: { version: [3.1.1, 5.0], close: [fin, rst] }
    steps:
      - sub.connect: {}
      - sub.subscribe: { filter: $topic, qos: 2 }
      - pub.connect: { session: kept }
      - pub.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once } }
      - pub.lose: { PUBREC: { id: 7 } }            # it reaches our socket; we act as if it had not
      - pub.cut: $close
      - pub.connect: { session: kept, expect: { sessionPresent: true } }
      - pub.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, dup: true, payload: once } }
      - pub.expect: { PUBREC: { id: 7 } }
      - pub.send: { PUBREL: { id: 7 } }
      - pub.expect: { PUBCOMP: { id: 7 } }
      - fence: [pub, sub]
    verify: [exactly-once]
`

/** The suite of a text that must have no mistakes. */
function load(text: string, fragments: { path: string; text: string }[] = []) {
  const files = [{ path: 'suites/a.yaml', text }]
  const { suites, problems } = loadSuites(files, { fragments })
  if (problems.length > 0) throw new Error(formatProblems(problems, () => text))
  return suites[0]!
}

const suite = (scenario: string) => `suite: a\ntitle: A\nrole: client\nscenarios:\n${scenario}`

/** The steps of a scenario with a connected \`pub\` before them. */
function stepsOf(steps: string[], keys = '') {
  const { cases } = load(
    suite(
      `  - id: x\n    title: X\n${keys}    steps:\n      - pub.connect: {}\n${steps.map(step => `      - ${step}\n`).join('')}      - fence: pub\n`,
    ),
  )
  return cases[0]!.steps.slice(1, -1).map(({ body }) => body)
}

t.test('the example of the design becomes four cases', async t => {
  const read = load(design)
  t.match(read, {
    id: 'qos2/broker-receives',
    role: 'client',
    file: 'suites/a.yaml',
    about: 'The story of the suite,\nin two lines.',
  })
  t.same(
    read.cases.map(({ id }) => id),
    ['3.1.1:close=fin', '3.1.1:close=rst', '5.0:close=fin', '5.0:close=rst'].map(
      choice => `qos2/broker-receives/pubrec-lost:${choice}`,
    ),
  )
  const last = read.cases[3]!
  t.match(last, {
    version: '5.0',
    bindings: { close: 'rst' },
    covers: ['5.0:MQTT-4.3.3-10', '5.0:MQTT-3.1.2-23'],
    about:
      'A receiver that sent PUBREC must not deliver again when the sender, which never saw it, resends.',
    place: { file: 'suites/a.yaml', line: 10, column: 9 },
    verify: [{ name: 'exactly-once', args: {} }],
  })
  t.equal(last.steps.length, 12)
  t.match(last.steps[3], {
    actor: 'pub',
    text: 'pub.send: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once } }',
    place: { line: 18, column: 9 },
    body: {
      verb: 'send',
      packets: [
        {
          type: 'PUBLISH',
          fields: {
            topic: { kind: 'ref', name: 'topic', place: { line: 18, column: 39 } },
            qos: 2,
            id: 7,
            payload: 'once',
          },
        },
      ],
    },
  })
  t.match(last.steps[5], { text: 'pub.cut: $close', body: { verb: 'cut', how: 'rst' } })
  t.match(last.steps[6]?.body, {
    session: 'kept',
    answers: 'auto',
    judging: { as: 'check' },
    expect: {
      packet: {
        type: 'CONNACK',
        fields: { sessionPresent: { kind: 'equals', value: true } },
      },
    },
  })
})

t.test('without a matrix the versions are those that are covered', async t => {
  const scenario = (covers: string) =>
    load(
      suite(`  - id: x\n    title: X\n${covers}    steps: [{ pub.connect: {} }, { fence: pub }]\n`),
    )
  const versions = (covers: string) => scenario(covers).cases.map(({ version }) => version)
  t.same(versions(''), ['3.1.1', '5.0'])
  t.same(versions('    covers: { 3.1: [§4.1], 5.0: [MQTT-4.3.3-10] }\n'), ['3.1', '5.0'])
})

t.test(
  'a matrix value with a name is called by it in the id, and stands in the steps as it is',
  async t => {
    const { cases } = load(
      suite(
        '  - id: x\n    title: X\n    matrix: { version: [5.0], packet: { no-topic: "34 00", "a/#": "34 01" } }\n    steps:\n      - pub.connect: {}\n      - pub.bytes: $packet\n      - fence: pub\n',
      ),
    )
    t.same(
      cases.map(({ id }) => id),
      ['a/x:5.0:packet=no-topic', 'a/x:5.0:packet=a/#'],
    )
    t.same(cases[0]?.steps[1]?.body, { verb: 'bytes', bytes: Uint8Array.of(0x34, 0) })
    t.match(cases[1]?.bindings, { packet: '34 01' })
  },
)

t.test('matrix values are typed where they are used', async t => {
  const [publish] = stepsOf(
    ['pub.publish: { topic: $t/x, qos: $q, payload: $q }'],
    '    matrix: { q: [2], t: [$$SYS, "$topic"] }\n',
  )
  t.match(publish, { packet: { fields: { topic: '$SYS/x', qos: 2, payload: '2' } } })
  const read = load(
    suite(
      '  - id: x\n    title: X\n    matrix: { version: [5.0], t: ["$topic", a b] }\n    steps:\n      - pub.connect: {}\n      - pub.publish: { topic: "$\u007bt}x" }\n      - fence: pub\n',
    ),
  )
  t.same(
    read.cases.map(({ id, bindings }) => [id, bindings]),
    [
      ['a/x:5.0:t=$topic', { t: '$topic' }],
      ['a/x:5.0:t=a%20b', { t: 'a b' }],
    ],
  )
  t.match(read.cases[0]?.steps[1]?.body, {
    packet: { fields: { topic: { kind: 'template', parts: [{ name: 'topic' }, 'x'] } } },
  })
})

t.test('every way to write what comes next', async t => {
  const read = stepsOf([
    'pub.expect: { PUBREC: { id: 7 } }',
    'pub.await: closed',
    'pub.expect: { oneOf: [{ PUBREC: {} }, closed], level: should, cite: MQTT-4.3.3-8 }',
    'pub.expect: { PUBLISH: { id: $_, payload: { not: { hex: "00" } }, qos: { min: 1 }, properties: { is: absent } } }',
    'pub.expect: { SUBACK: { codes: [{ oneOf: [0, 1] }, 2] } }',
    'pub.lose: PUBREC',
  ])
  t.match(read[0], {
    verb: 'expect',
    expected: { kind: 'packet', packet: { type: 'PUBREC' } },
    judging: { as: 'check', level: 'MUST' },
  })
  t.match(read[1], { verb: 'expect', expected: { kind: 'closed' }, judging: { as: 'given' } })
  t.match(read[2], {
    expected: { kind: 'oneOf', options: [{ kind: 'packet' }, { kind: 'closed' }] },
    judging: { level: 'SHOULD', cite: { '5.0': '5.0:MQTT-4.3.3-8' } },
  })
  t.match(read[3], {
    expected: {
      packet: {
        fields: {
          id: { kind: 'present' },
          payload: { kind: 'not', matcher: { kind: 'equals', value: { kind: 'bytes' } } },
          qos: { kind: 'range', min: 1 },
          properties: { kind: 'absent' },
        },
      },
    },
  })
  t.match(read[4], {
    expected: {
      packet: { fields: { codes: { kind: 'list', items: [{ kind: 'oneOf' }, { value: 2 }] } } },
    },
  })
  t.match(read[5], { verb: 'lose', packet: { type: 'PUBREC', fields: {} } })
})

t.test('every way to lose, break and disturb', async t => {
  const publish = 'PUBLISH: { topic: a, qos: 2, id: 7, payload: { size: 9 } }'
  const read = stepsOf([
    `pub.cut: { how: rst, after: 3, ${publish} }`,
    `pub.truncate: { ${publish} }`,
    `pub.truncate: { ${publish}, keep: 4 }`,
    `pub.duplicate: { ${publish}, times: 3 }`,
    `pub.split: { ${publish}, at: [1, 5] }`,
    `pub.split: { ${publish}, at: every }`,
    'pub.reorder: [PINGREQ, { PUBREL: { id: 8, flags: 0, extra: "00", lengthBytes: 4 } }]',
    'pub.reorder: { packets: [PINGREQ, DISCONNECT], order: [2, 1] }',
    'pub.coalesce: [PINGREQ, PINGREQ]',
    'pub.hold: [PUBREC, PUBCOMP]',
    'pub.release: PUBREC',
    'pub.delay: { packets: PUBREC, ms: 50 }',
    'pub.bytes: "30 02 00 00"',
    'pub.stall',
    'pub.cut: mid-packet',
  ])
  t.match(read, [
    {
      verb: 'cut',
      how: 'rst',
      after: 3,
      packet: { fields: { payload: { kind: 'sized', bytes: 9 } } },
    },
    { verb: 'packet-fault', fault: 'truncate', told: {} },
    { verb: 'packet-fault', fault: 'truncate', told: { keep: 4 } },
    { verb: 'packet-fault', fault: 'duplicate', told: { times: 3 } },
    { verb: 'packet-fault', fault: 'split', told: { at: [1, 5] } },
    { verb: 'packet-fault', fault: 'split', told: { at: 'every' } },
    {
      verb: 'packets-fault',
      fault: 'reorder',
      packets: [{ type: 'PINGREQ' }, { flags: 0, lengthBytes: 4 }],
    },
    { verb: 'packets-fault', fault: 'reorder', told: { order: [2, 1] } },
    { verb: 'packets-fault', fault: 'coalesce', packets: { length: 2 } },
    { verb: 'answers-fault', fault: 'hold', packets: ['PUBREC', 'PUBCOMP'] },
    { verb: 'release', packets: ['PUBREC'] },
    { verb: 'answers-fault', fault: 'delay', told: { ms: 50 } },
    { verb: 'bytes', bytes: { length: 4 } },
    { verb: 'stall' },
    { verb: 'cut', how: 'mid-packet' },
  ])
})

t.test('a step says what it breaks on purpose, for each version it runs in', async t => {
  const broken = (breaks: string) => {
    const text = [
      'suite: a\ntitle: A\nrole: client\nscenarios:\n  - id: x\n    title: X',
      '    matrix: { version: [3.1, 3.1.1, 5.0] }\n    steps:',
      `      - pub.connect: {}\n      - pub.send: PINGREQ\n        breaks: ${breaks}\n      - fence: pub\n`,
    ].join('\n')
    const { suites, problems } = loadSuites([{ path: 'a.yaml', text }])
    t.same(problems, [])
    return suites[0]?.cases[0]?.steps[1]?.breaks
  }
  t.same(broken('MQTT-3.3.1-2'), {
    '3.1.1': ['3.1.1:MQTT-3.3.1-2'],
    '5.0': ['5.0:MQTT-3.3.1-2'],
  })
  t.same(broken('[MQTT-3.3.1-2, MQTT-3.3.1-4]')?.['5.0'], ['5.0:MQTT-3.3.1-2', '5.0:MQTT-3.3.1-4'])
  t.same(broken('{ 5.0: [MQTT-3.3.1-2, MQTT-3.3.1-4], 3.1: §3.3 }'), {
    '3.1': ['3.1:§3.3'],
    '5.0': ['5.0:MQTT-3.3.1-2', '5.0:MQTT-3.3.1-4'],
  })
})

t.test('loops and branches hold steps', async t => {
  const read = stepsOf([
    'each: { as: q, in: [0, 1], do: [{ pub.publish: { topic: a, qos: $q } }] }',
    'repeat: { times: 3, as: i, do: [{ pub.publish: { topic: a, payload: m-$i } }] }',
    'oneOf: [[{ pub.expect: PINGRESP }], [{ pub.expect: closed }]]',
    'together: [{ pub.expect: PINGRESP }, { pub.lose: PINGRESP }]',
    'elapse: { rule: will-delay, s: 1.5 }',
  ])
  t.match(read, [
    { verb: 'each', as: 'q', values: [0, 1], steps: [{ body: { verb: 'publish' } }] },
    { verb: 'repeat', as: 'i', from: 1, times: 3, steps: { length: 1 } },
    { verb: 'oneOf', branches: [{ length: 1 }, { length: 1 }], judging: { as: 'check' } },
    { verb: 'together', steps: { length: 2 } },
    { verb: 'elapse', rule: 'will-delay', s: 1.5 },
  ])
})

t.test('a client under test has applications and fake brokers', async t => {
  const { cases } = load(`suite: b
title: B
role: broker
requires: [can-publish, { not: qos2 }, { delivers: at-pubrel }]
tags: [one]
scenarios:
  - id: x
    title: X
    bugs: R01
    tags: [two]
    steps:
      - app.connect: { session: kept, keepAliveS: 30, wait: true }
      - broker.refuse:
      - broker.accept: { sessionPresent: false, code: 0, expect: { clean: false, clientId: $id }, answers: by-hand }
      - app.publish: { topic: $topic, qos: 2, payload: once, tag: $id }
      - app.expect: { published: { tag: $id } }
      - target.restart: kill
      - fence: [app, broker]
    verify: { delivered: { payload: once, times: 1 } }
`)
  const [first] = cases
  t.same(first?.tags, ['one', 'two'])
  t.same(first?.bugs, ['R01'])
  t.match(first?.requires, [
    { kind: 'feature', name: 'can-publish' },
    { kind: 'not', condition: { name: 'qos2' } },
    { kind: 'choice', name: 'delivers', value: 'at-pubrel' },
  ])
  t.match(
    first?.steps.map(({ body }) => body),
    [
      { verb: 'app.connect', fields: { session: 'kept', keepAliveS: 30 }, wait: true },
      { verb: 'refuse', times: 1 },
      {
        verb: 'accept',
        answers: 'by-hand',
        silent: false,
        fields: { sessionPresent: false, code: 0 },
        expect: { packet: { type: 'CONNECT' } },
      },
      { verb: 'app.publish' },
      { verb: 'app.expect', event: 'published' },
      { verb: 'target.restart', how: 'kill' },
      { verb: 'fence', actors: ['app', 'broker'] },
    ],
  )
  t.match(first?.verify, [{ name: 'delivered', args: { payload: 'once', times: 1 } }])
})

t.test('a fragment is expanded with its arguments, from any file', async t => {
  const library = `fragments:
  exchange:
    params: { who: pub, id: , payload: once }
    steps:
      - $who.send: { PUBLISH: { topic: $topic, qos: 2, id: $id, payload: $payload } }
      - use: { fragment: answered, with: { who: $who, id: $id } }
  answered:
    params: [who, id]
    steps:
      - $who.expect: { PUBREC: { id: $id } }
`
  const text = suite(
    '  - id: x\n    title: X\n    matrix: { id: [7, 8] }\n    steps:\n      - pub.connect: {}\n      - use: { fragment: exchange, with: { id: $id, payload: { hex: "00" } } }\n',
  )
  const { cases } = load(text, [{ path: 'suites/fragments/f.yaml', text: library }])
  t.match(cases[1]?.steps.slice(1), [
    {
      actor: 'pub',
      place: { file: 'suites/fragments/f.yaml', line: 5 },
      body: { packets: [{ fields: { id: 8, payload: { kind: 'bytes' } } }] },
    },
    {
      actor: 'pub',
      place: { line: 10 },
      body: { expected: { packet: { fields: { id: { value: 8 } } } } },
    },
  ])
})

t.test('a long step is cut to a hundred characters', async t => {
  const { cases } = load(
    suite(
      `  - id: x\n    title: X\n    steps:\n      - pub.connect: { clientId: ${'c'.repeat(200)} }\n      - fence: pub\n`,
    ),
  )
  const text = cases[0]?.steps[0]?.text ?? ''
  t.equal(text.length, 100)
  t.match(text, /^pub\.connect: \{ clientId: c+…$/)
})

t.test('sixteen hundred cases load in a second or so', async t => {
  const files = Array.from({ length: 40 }, (_, i) => ({
    path: `suites/s${i}.yaml`,
    text: design
      .replace('qos2/broker-receives', `s${i}`)
      .replace('[fin, rst] }', '[fin, rst], n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }')
      .replaceAll('id: 7', 'id: $n'),
  }))
  loadSuites(files.slice(0, 2))
  // Time of the processor: what else runs on the machine does not count.
  const before = process.cpuUsage()
  const { suites, problems } = loadSuites(files)
  const tookMs = process.cpuUsage(before).user / 1000
  t.same(problems, [])
  t.equal(suites.flatMap(({ cases }) => cases).length, 1600)
  t.ok(tookMs < 3000, `took ${Math.round(tookMs)} ms`)
})

t.test('a file from Windows reads as any other', async t => {
  const text = `suite: a
title: A
role: client
scenarios:
  # Its story,
  # in two lines.
  - id: x
    title: X
    about: |
      One.
      Two.
    steps:
      - pub.connect: {}
      - pub.ping: {}
`
  const plain = loadSuites([{ path: 'a.yaml', text }])
  const windows = loadSuites([{ path: 'a.yaml', text: `\ufeff${text.replaceAll('\n', '\r\n')}` }])
  t.same(windows, plain)
  t.notMatch(JSON.stringify(windows), /\\r/)
})

t.test('a kept suite is read again where its text or a fragment changed', async t => {
  const suite = (name: string, more = '') => ({
    path: `${name}.yaml`,
    text: `suite: ${name}\ntitle: A\nrole: client\nscenarios:\n  - id: one\n    title: One\n    covers: { 3.1.1: [MQTT-4.3.3-2] }\n    steps:\n      - pub.connect: {}\n      - use: f\n${more}`,
  })
  const fragments = (step: string) => [
    { path: 'fragments.yaml', text: `fragments:\n  f:\n    steps:\n      - ${step}\n` },
  ]
  const kept = new KeptSuites()
  const load = (files: SourceFile[], step = 'pub.ping: {}') =>
    loadSuites(files, { fragments: fragments(step), kept })
  const [a, b] = load([suite('a'), suite('b')]).suites
  t.ok(a && b)
  const after = load([suite('b', '      - pub.ping: {}\n'), suite('a')]).suites
  t.equal(after[1], a, 'the same as before')
  t.equal(after[0]?.cases[0]?.steps.length, (b?.cases[0]?.steps.length ?? 0) + 1)
  t.not(load([suite('a')], 'pub.disconnect: {}').suites[0], a)
  const twice = () => load([suite('a'), { ...suite('a'), path: 'copy.yaml' }])
  t.match(twice().problems, [{ code: 'DUPLICATE_ID' }, { code: 'DUPLICATE_ID' }])
  t.same(twice().problems, twice().problems, 'a mistake is told each time')
})
