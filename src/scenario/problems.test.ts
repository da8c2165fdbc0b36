import fc from 'fast-check'
import t from 'tap'
import { readYaml } from '../model/schema/read-yaml.ts'
import { loadSuites } from './loading/load.ts'
import { type ProblemCode, problemCodes } from './problem.ts'

/*
 * Each text has one mistake. «…» marks where it must be reported; the marks are taken out before the text is read.
 */
type Bad = [code: ProblemCode, text: string, message?: RegExp, hint?: RegExp]

const head = 'suite: a\ntitle: A\nrole: client\n'
const scenario = (body: string) => `${head}scenarios:\n  - id: x\n    title: X\n${body}`
/** Steps behind a connected `pub`, before a fence. */
const steps = (...lines: string[]) =>
  scenario(
    `    steps:\n      - pub.connect: {}\n${lines.map(line => `      - ${line}\n`).join('')}      - fence: pub\n`,
  )
/** Steps at a proxy that is there. */
const proxied = (...lines: string[]) =>
  `suite: a\ntitle: A\nrole: proxy\nscenarios:\n  - id: x\n    title: X\n    steps:\n      - app.connect:\n      - proxy.accept:\n${lines.map(line => `      - ${line}\n`).join('')}      - fence: proxy\n`
/** A scenario without a mistake, in one line. */
const sound = '{ id: x, title: X, steps: [{ pub.connect: {} }, { fence: pub }] }'
const keys = (lines: string, step = 'pub.ping:') =>
  scenario(`${lines}\n    steps:\n      - pub.connect: {}\n      - ${step}\n`)

const bad: Bad[] = [
  [
    'MISSING_KEY',
    proxied('«p»roxy.lose: { PUBREC: {} }'),
    /both sides send PUBREC: the key "from"/,
  ],
  [
    'OUT_OF_RANGE',
    proxied('«p»roxy.lose: { CONNACK: {}, from: client }'),
    /client sends no CONNACK/,
  ],
  [
    'UNKNOWN_KEY',
    proxied('«p»roxy.lose: { CONNACK: {}, side: both }'),
    /"side" says nothing without/,
  ],
  [
    'MISSING_KEY',
    proxied('«p»roxy.cut: { how: fin, after: 3 }'),
    /"after" and "from" stand together/,
  ],
  ['UNKNOWN_FAULT', proxied('proxy.cut: «fim»'), /fim/, /fin/],
  ['WRONG_ACTOR', proxied('proxy.«send»: PINGREQ'), /a proxy has no verb "send"/],
  ['WRONG_ACTOR', steps('pub.«struck»:'), /it belongs to a proxy/],
  [
    'NOT_CONNECTED',
    'suite: a\ntitle: A\nrole: proxy\nscenarios:\n  - id: x\n    title: X\n    steps:\n      - app.connect:\n      - «p»roxy.expect: { CONNECT: {} }\n',
    /no connection/,
    /proxy\.accept/,
  ],
  [
    'UNKNOWN_STATEMENT',
    steps('pub.ping:\n        breaks: «MQTT-9.9.9-9»'),
    /MQTT 3.1.1 has no statement/,
    /write \{ 3.1.1: …, 5.0: … \}/,
  ],
  // 3.1.1 has no such number.
  ['UNKNOWN_STATEMENT', steps('pub.ping:\n        breaks: «MQTT-1.5.4-1»')],
  ['UNKNOWN_STATEMENT', steps('pub.ping:\n        breaks: { 5.0: [«MQTT-3.1.4-9»] }'), /MQTT 5.0/],
  ['WRONG_TYPE', steps('«breaks: MQTT-3.3.1-2»'), /beside "breaks"/],
  ['BAD_YAML', 'suite: [a]\n  «]»'],
  ['BAD_YAML', '«#» nothing\n', /empty/],
  ['WRONG_TYPE', '«suite»\n', /expected a suite, got "suite"/],
  ['WRONG_TYPE', steps('pub.send: { PUBLISH: { qos: «two» } }'), /integer from 0 to 3, got "two"/],
  ['WRONG_TYPE', steps('pub.send: { PUBLISH: { dup: «1» } }'), /true or false, got "1"/],
  ['WRONG_TYPE', steps('pub.send: { PUBLISH: { qos: «[1]» } }'), /got a list/],
  ['WRONG_TYPE', steps('pub.bytes: «30 0»'), /bytes in hex/],
  ['WRONG_TYPE', steps('pub.send: { PUBLISH: { id: «$topic/1» } }'), /an integer/],
  [
    'WRONG_TYPE',
    keys('    matrix: { q: [1, one] }', 'pub.publish: { topic: a, qos: «$q» }'),
    /got "one" \(\$q\)/,
  ],
  [
    'WRONG_TYPE',
    steps('each: { as: q, in: [0, x], do: [{ pub.publish: { topic: a, qos: «$q» } }] }'),
    /got "x" \(\$q\)/,
  ],
  ['WRONG_TYPE', steps('pub.expect: { PUBLISH: { qos: { is: «[]» } } }')],
  ['OUT_OF_RANGE', steps('pub.send: { PUBLISH: { qos: «4» } }'), /from 0 to 3/],
  ['OUT_OF_RANGE', steps('pub.send: { PUBREL: { id: «65536» } }')],
  [
    'OUT_OF_RANGE',
    steps('repeat: { times: 5, as: i, do: [{ pub.publish: { topic: a, qos: «$i» } }] }'),
    /got "5" \(\$i\)/,
  ],
  [
    'OUT_OF_RANGE',
    `${head}scenarios:\n  - id: «x»\n    title: X\n    matrix: { a: [1, 2, 3, 4], b: [1, 2, 3, 4], c: [1, 2, 3, 4], d: [1, 2, 3, 4], e: [1, 2, 3, 4] }\n    steps: [{ pub.connect: {} }]\n`,
    /1024 combinations/,
  ],
  ['OUT_OF_RANGE', `${head}scenarios: «[]»\n`],
  ['OUT_OF_RANGE', steps('«p»ub.reorder: { packets: [PINGREQ, PINGREQ], order: [3, 1] }')],
  ['UNKNOWN_KEY', `${head}«titel»: A\nscenarios: [${sound}]\n`, /"titel"/, /"title"/],
  ['UNKNOWN_KEY', steps('pub.send: { PUBLISH: { «topc»: a } }'), /"topc"/, /"topic"/],
  ['UNKNOWN_KEY', steps('pub.publish: { topic: a, «constructor»: a }')],
  ['UNKNOWN_KEY', steps('pub.send: { PUBREL: { id: 1 }, «PUBREC»: { id: 1 } }'), /cannot stand/],
  ['UNKNOWN_KEY', steps('pub.send: PINGREQ\n        «pub.expect»: PINGRESP'), /a step is one key/],
  ['UNKNOWN_KEY', steps('«p»ub.truncate: { PINGREQ: {}, keep: 1, drop: 1 }')],
  ['MISSING_KEY', '«suite: a»\ntitle: A\nscenarios: []\n', /"role"/],
  ['MISSING_KEY', steps('pub.publish: «{ qos: 1 }»'), /"topic"/],
  ['MISSING_KEY', steps('«p»ub.subscribe: { qos: 1 }'), /filter/],
  ['MISSING_KEY', steps('pub.expect: «{ level: should }»'), /expected what comes next/],
  ['DUPLICATE_KEY', `${head}scenarios: [${sound}]\n«title»: B\n`, /first on line 2/],
  [
    'DUPLICATE_ID',
    `${steps()}  - id: «x»\n    title: Y\n    steps: [{ pub.connect: {} }, { fence: pub }]\n`,
    /"a\/x" already, at a.yaml:5/,
  ],
  ['DUPLICATE_ID', keys('    matrix: { q: [1, «1»] }', 'pub.publish: { topic: a, qos: $q }')],
  [
    'DUPLICATE_ID',
    keys('    matrix: { q: { a: 1, b: «1» } }', 'pub.publish: { topic: a, qos: $q }'),
  ],
  [
    'BAD_ID',
    keys('    matrix: { q: { «a b»: 1 } }', 'pub.publish: { topic: a, qos: $q }'),
    /"a b"/,
  ],
  [
    'DUPLICATE_ID',
    keys(
      '    matrix: { q: [1, 2] }',
      '«e»ach: { as: q, in: [1], do: [{ pub.publish: { topic: a, qos: $q } }] }',
    ),
  ],
  ['BAD_ID', `suite: «A b»\ntitle: A\nrole: client\nscenarios: [${sound}]\n`],
  ['BAD_ID', keys('    matrix: { «topic»: [a] }'), /is taken/],
  ['BAD_ID', steps('«Pub».ping:')],
  ['UNKNOWN_WORD', steps('pub.answers: «by-hnad»'), /"by-hnad"/, /"by-hand"/],
  ['UNKNOWN_WORD', steps('pub.connect: { session: «keep» }'), /no session/, /"kept"/],
  ['UNKNOWN_WORD', steps('elapse: { rule: «patience», s: 1 }')],
  ['UNKNOWN_VERSION', keys('    matrix: { version: [«5»] }'), /no version of MQTT is called "5"/],
  [
    'UNKNOWN_ROLE',
    `${head.replace('client', '«cleint»')}scenarios: [${sound}]\n`,
    /"cleint"/,
    /"client"/,
  ],
  ['UNKNOWN_VERB', steps('pub.«sned»: PINGREQ'), /"sned"/, /"send"/],
  ['UNKNOWN_VERB', steps('«togther»: []'), /"togther"/, /"together"/],
  ['UNKNOWN_VERB', steps('«send»: PINGREQ'), /"send"/, /actor\.send/],
  ['UNKNOWN_VERB', steps('«sleep»: 1')],
  ['UNKNOWN_FAULT', steps('pub.cut: «fni»'), /no way to cut is called "fni"/, /"fin"/],
  ['UNKNOWN_FAULT', steps('target.restart: «kil»'), /"kil"/, /"kill"/],
  [
    'UNKNOWN_FAULT',
    keys('    matrix: { close: [fin, rset] }', 'pub.cut: «$close»\n      - fence: pub'),
    /"rset" \(\$close\)/,
  ],
  ['UNKNOWN_PACKET', steps('pub.send: { «PUBLSH»: {} }'), /"PUBLSH"/, /"PUBLISH"/],
  ['UNKNOWN_PACKET', steps('pub.expect: «close»'), /"close"/, /"closed"/],
  ['UNKNOWN_PACKET', steps('pub.hold: «PUBLISH»')],
  [
    'UNKNOWN_STATEMENT',
    keys('    covers: { 5.0: [«MQTT-4.3.3-99»] }'),
    /MQTT 5\.0 has no statement/,
    /MQTT-4\.3\.3-9/,
  ],
  ['UNKNOWN_STATEMENT', keys('    covers: { 3.1: [«MQTT-4.3.3-1»] }'), /3\.1/, /numbers none/],
  ['UNKNOWN_STATEMENT', steps('pub.expect: { PINGRESP: {}, cite: «MQTT-0.0.0-1» }'), /no version/],
  ['UNKNOWN_BUG', keys('    bugs: [«R99»]'), /"R99"/, /"R\d+"/],
  ['UNKNOWN_FRAGMENT', steps('use: «setpu»'), /"setpu"/],
  [
    'UNKNOWN_VERIFIER',
    keys('    verify: [«exactly-onec»]', 'fence: pub'),
    /"exactly-onec"/,
    /"exactly-once"/,
  ],
  ['UNKNOWN_FEATURE', keys('    requires: [{ not: «retaind» }]'), /"retaind"/, /"retained"/],
  ['UNKNOWN_ACTOR', steps('«f»ence: [pub, pup]'), /"pup"/, /"pub"/],
  ['WRONG_ACTOR', steps('pub.«accept»: {}'), /belongs to a fake broker/],
  ['WRONG_ACTOR', steps('target.«ping»'), /belongs to a fake client/],
  ['WRONG_STEP', steps('together: [{ «p»ub.send: PINGREQ }]')],
  ['WRONG_STEP', steps('oneOf: [[{ «p»ub.send: PINGREQ }], [{ pub.expect: PINGRESP }]]')],
  ['BAD_VARIABLE', steps('pub.publish: { topic: a/«$»/b }'), /"\$"/, /"\$\$"/],
  ['UNBOUND', steps('pub.send: { PUBREL: { id: «$id» } }'), /\$id/],
  ['UNBOUND', steps('pub.publish: { topic: «$topci» }'), /\$topci/, /"\$topic"/],
  ['UNBOUND', steps('pub.expect: { PUBLISH: { id: { not: «$id» } } }')],
  ['UNBOUND', keys('    matrix: { close: [fin, rst] }', 'pub.cut: «$clos»'), /\$clos/, /"\$close"/],
  [
    'UNBOUND',
    steps('pub.stal: {}', 'pub.publish: { topic: «$topci» }'),
    /nowhere else/,
    /"\$topic"/,
  ],
  [
    'UNBOUND',
    steps(
      'pub.expect: { oneOf: [{ PUBLISH: { id: $id } }, { PUBREL: {} }] }',
      'pub.send: { PUBREC: { id: «$id» } }',
    ),
  ],
  [
    'UNBOUND',
    steps(
      'repeat: { times: 2, do: [{ pub.expect: { PUBREL: { id: $id } } }, { pub.send: { PUBCOMP: { id: $id } } }] }',
      'pub.send: { PUBCOMP: { id: «$id» } }',
    ),
  ],
  ['UNUSED', steps('pub.expect: { PUBLISH: { id: «$id» } }'), /\$id is bound here/, /\$_/],
  ['UNUSED', keys('    matrix: { «close»: [fin, rst] }'), /"close"/],
  [
    'UNUSED',
    `${head}matrix: { q: [1] }\nscenarios:\n  - id: «x»\n    title: X\n    steps: [{ pub.connect: {} }, { fence: pub }]\n`,
    /in this scenario/,
  ],
  ['UNUSED', steps('«e»ach: { as: q, in: [1, 2], do: [{ pub.ping: {} }] }'), /\$q is counted/],
  [
    'UNUSED',
    `${head}fragments: { f: { params: [«who»], steps: [{ pub.ping: {} }] } }\nscenarios: [{ id: x, title: X, steps: [{ pub.connect: {} }, { use: { fragment: f, with: { who: a } } }] }]\n`,
    /"who"/,
  ],
  [
    'RECURSION',
    `${head}fragments: { f: { steps: [{ use: g }] }, g: { steps: [{ use: «f» }] } }\nscenarios: [{ id: x, title: X, steps: [{ pub.connect: {} }, { use: f }] }]\n`,
    /f → g → f \(in the fragment used at a\.yaml:4:\d+\) \(in the fragment used at a\.yaml:5:\d+\)/,
  ],
  [
    'NOT_AWAITED',
    'suite: a\ntitle: A\nrole: broker\nscenarios:\n  - id: x\n    title: X\n    steps:\n      - app.connect:\n      - broker.accept:\n      - «a»pp.publish: { topic: $topic, payload: a, tag: m }\n      - broker.expect: { PUBLISH: {} }\n',
    /commanded before it has told/,
    /app\.await/,
  ],
  ['NOT_CONNECTED', scenario('    steps:\n      - «p»ub.ping:\n'), /"pub"/, /pub\.connect/],
  ['NO_CHECK', `${head}scenarios:\n  - id: «x»\n    title: X\n    steps: [{ pub.connect: {} }]\n`],
  [
    'NO_FENCE',
    keys('    verify: [«exactly-once»]', 'pub.publish: { topic: a }'),
    /no step is a fence/,
  ],
  [
    'NO_FENCE',
    keys('    verify: [«exactly-once»]', 'fence: pub\n      - pub.publish: { topic: a }'),
    /behind the last fence/,
  ],
  [
    'NO_COVERS',
    `${head}scenarios:\n  - id: «x»\n    title: X\n    covers: { 3.1.1: [MQTT-4.3.3-2] }\n    matrix: { version: [3.1.1, 5.0] }\n    steps: [{ pub.connect: {} }, { fence: pub }]\n`,
    /runs in 5\.0/,
  ],
  [
    'OUT_OF_RANGE',
    steps('«»pub.publish: { topic: a, payload: { size: 16777217 } }'),
    /16777217 bytes: 16777216 at most/,
  ],
  [
    'OUT_OF_RANGE',
    steps(
      'pub.duplicate: { PUBLISH: { topic: a, payload: { size: 1000000 } }, times: 200 }',
    ).replace('- id: x', '- id: «x»'),
    /sends 200000000 bytes in all/,
  ],
  ['TOO_LARGE', `«#»${'x'.repeat(1_000_000)}`],
]

t.test('each mistake is reported with its code, where it is', async t => {
  for (const [code, marked, message, hint] of bad) {
    const { text, place } = unmark(marked)
    const { problems } = loadSuites([{ path: 'a.yaml', text }])
    const found = problems.find(
      ({ code: its, span }) =>
        its === code && span.line === place.line && span.column === place.column,
    )
    const title = `${code} ${
      marked
        .slice(0, 200)
        .split('\n')
        .find(line => line.includes('«')) ?? ''
    }`
    t.ok(
      found,
      `${title}\n${problems.map(p => `${p.span.line}:${p.span.column} ${p.code} ${p.message}`).join('\n')}`,
    )
    if (place.length > 1) t.equal(found?.span.length, place.length, `${title}: its length`)
    if (message) t.match(found?.message, message)
    if (hint) t.match(found?.hint, hint)
  }
})

t.test('a mistake makes no others of what is right', async t => {
  const codes = (text: string) =>
    loadSuites([{ path: 'a.yaml', text }]).problems.map(({ code }) => code)
  const covers = 'covers: { 3.1.1: [MQTT-4.3.3-22], 5.0: [MQTT-4.3.3-10] }'
  t.same(
    codes(keys(`    ${covers}\n    matrix: { version: [3.1.1, 5.0] }`)),
    ['UNKNOWN_STATEMENT'],
    'the version of a mistaken statement is covered',
  )
  const bound = 'pub.expect: { PUBLISH: { id: $id, payload: $_ } }'
  const loop = 'repeat: { times: 2, as: n, do: [{ pub.publish: { topic: a/$n } }] }'
  t.same(codes(steps('pub.stal: {}', bound, 'pub.send: { PUBREC: { id: $id } }', loop)), [
    'UNKNOWN_VERB',
  ])
  t.same(codes(steps('pub.stal: {}', 'use: x', 'pub.send: { PUBREL: { id: $id } }')), [
    'UNKNOWN_VERB',
    'UNKNOWN_FRAGMENT',
  ])
})

t.test('every code is tried', async t => {
  const tried = new Set(bad.map(([code]) => code))
  t.same(
    Object.keys(problemCodes).filter(code => !tried.has(code as ProblemCode)),
    [],
  )
})

function unmark(marked: string) {
  const start = marked.indexOf('«')
  const before = marked.slice(0, start).split('\n')
  return {
    text: marked.replace(/[«»]/g, ''),
    place: {
      line: before.length,
      column: before.at(-1)!.length + 1,
      length: marked.indexOf('»') - start - 1,
    },
  }
}

t.test('all mistakes of all files are reported at once, each once', async t => {
  const { problems } = loadSuites([
    { path: 'b.yaml', text: `${head}colour: blue\nscenarios: [{ id: x, title: X, steps: [] }]\n` },
    {
      path: 'a.yaml',
      text: keys('    matrix: { q: [1, 2, 3] }', 'pub.sned: $q').replace(
        'role: client',
        'role: clint',
      ),
    },
  ])
  t.same(
    problems.map(({ code, span }) => `${span.file}:${span.line} ${code}`),
    ['a.yaml:3 UNKNOWN_ROLE', 'b.yaml:4 UNKNOWN_KEY', 'b.yaml:5 NO_CHECK'],
  )
})

t.test('a mistake in a fragment is said once, with the first place that uses it', async t => {
  const { problems } = loadSuites([{ path: 'a.yaml', text: steps('use: f', 'use: f') }], {
    fragments: [{ path: 'f.yaml', text: 'fragments: { f: { steps: [{ pub.sned: PINGREQ }] } }\n' }],
  })
  t.match(problems, [
    {
      code: 'UNKNOWN_VERB',
      span: { file: 'f.yaml', line: 1 },
      message: /in the fragment used at a\.yaml:9:9\)$/,
    },
  ])
  t.equal(problems.length, 1)
})

t.test('what is sound is not reported', async t => {
  const texts = [
    steps('pub.expect: { PUBLISH: { id: $_ } }', 'pub.expect: { PUBLISH: { id: $_ } }'),
    steps('pub.expect: { PUBLISH: { id: $id } }', 'pub.expect: { PUBREL: { id: $id } }'),
    steps('pub.expect: { PUBLISH: { id: $id, payload: $id } }'),
    steps(
      'oneOf: [[{ pub.expect: { PUBLISH: { id: $id } } }], [{ pub.expect: { PUBREL: { id: $id } } }]]',
      'pub.send: { PUBREC: { id: $id } }',
    ),
    steps(
      'together: [{ pub.expect: { PUBLISH: { id: $a } } }, { pub.expect: { PUBREL: { id: $b } } }]',
      'pub.send: { PUBREC: { id: $a } }',
      'pub.send: { PUBCOMP: { id: $b } }',
    ),
    steps(
      'repeat: { times: 2, do: [{ pub.expect: { PUBREL: { id: $id } } }, { pub.send: { PUBCOMP: { id: $id } } }] }',
    ),
    steps('pub.publish: { topic: $$SYS/x, payload: absent }'),
    steps('pub.connect: { expect: { code: { max: 0x7f } } }'),
  ]
  for (const text of texts) t.same(loadSuites([{ path: 'a.yaml', text }]).problems, [], text)
})

t.test('no text makes the loader crash, and what it says is bounded', async t => {
  const words = [
    'pub.send',
    'pub.expect',
    'PUBLISH',
    'id',
    '$id',
    '$',
    'use',
    'f',
    'each',
    'repeat',
    'do',
    'as',
    'in',
    'oneOf',
    'together',
    'fence',
    'matrix',
    '5.0',
    'not',
    '{hex}',
    'steps',
    'with',
    '__proto__',
    'toString',
  ]
  const leaf = fc.constantFrom(...words, '', '7', '-1', 'true', '☃')
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(leaf, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, tree, tree, (some, fragment, matrix) => {
      const text = JSON.stringify({
        suite: 'a',
        title: 'A',
        role: 'client',
        fragments: { f: { params: ['id'], steps: fragment } },
        scenarios: [{ id: 'x', title: 'X', matrix, steps: some }],
      })
      const { problems } = loadSuites([{ path: 'a.yaml', text }])
      for (const { span } of problems) if (span.line < 1 || span.column < 1) return false
      return problems.length < 1000
    }),
    { numRuns: 100 },
  )
  t.pass('100 trees')
})

t.test('a fragment that doubles and doubles is stopped', async t => {
  const fragments = Array.from(
    { length: 30 },
    (_, i) =>
      `  f${i}: { steps: [{ ${i === 0 ? 'pub.ping: {}' : `use: f${i - 1}`} }, { ${i === 0 ? 'pub.ping: {}' : `use: f${i - 1}`} }] }\n`,
  ).join('')
  const text = `${head}fragments:\n${fragments}scenarios: [{ id: x, title: X, steps: [{ pub.connect: {} }, { use: f29 }] }]\n`
  t.equal(readYaml('a.yaml', text).problems.length, 0)
  const { problems } = loadSuites([{ path: 'a.yaml', text }])
  t.match(problems, [{ code: 'OUT_OF_RANGE', message: /more than 5000 steps/ }])
})
