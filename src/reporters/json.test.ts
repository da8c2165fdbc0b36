import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import {
  caseOf,
  findingOf,
  packetEvent,
  publishOf,
  reportOf,
  traceOf,
} from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { reportJsonSchema } from '../model/report/json-schema.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import { createReporter } from './index.ts'
import { reportParts, resultText } from './json.ts'
import { parseReport, ReportError } from './reading/parse-report.ts'
import type { ReporterOptions } from './reporter.ts'

const everything = () => reportOf([caseOf('every/event:5.0', { trace: everyEvent() })])
const passed = (id: string, more: Partial<CaseResult> = {}) =>
  caseOf(id, {
    kills: 2,
    bugs: ['S59'],
    about: 'A story.',
    covers: [id.includes(':5.0') ? '5.0:MQTT-4.3.3-10' : '3.1.1:MQTT-4.3.3-2'],
    ...more,
  })
/** Most of it passes or is skipped; beside it stands all that makes a case differ from its scenario. */
const mixed = () =>
  reportOf([
    passed('a/x:3.1.1:qos=1'),
    passed('a/x:5.0:qos=1', { verdict: 'fail', reason: 'late', trace: everyEvent() }),
    passed('a/x:5.0:qos=2', { verdict: 'skipped', reason: 'no QoS 2', durationMs: 0 }),
    passed('a/x:5.0:qos=3'),
    passed('a/x:5.0:qos=3', { durationMs: 99 }),
    passed('a/x:5.0:qos=4', { sleptMs: 2000 }),
    passed('a/x:5.0:qos=5', { title: 'Another title' }),
    passed('a/x:5.0:qos=6', { covers: ['5.0:MQTT-1.5.4-1', '5.0:§3.1'] }),
    passed('a/x:5.0:qos=7', { covers: ['3.1.1:MQTT-4.3.3-2'] }),
    passed('a/x:5.0:qos=8', { findings: [findingOf({ level: 'MAY' })] }),
    passed('a/x:5.0:qos=9', { replay: 'somebody else' }),
    passed('a/x:5.0:qos=a', { notes: ['20 in flight'] }),
    passed('a/x:5.0:qos=b', { transport: 'ws' }),
    passed('a/x:5.0:qos=c', { verdict: 'skipped', reason: 'seen late' }),
    passed('a/y:3.1.1', { bugs: [] }),
    passed('b/x:3.1.1', { place: { file: 'b.yaml', line: 1, column: 1 } }),
    passed('b/x:5.0:$case=$&', { place: { file: 'b.yaml', line: 1, column: 1 } }),
    passed('elsewhere/x:5.0', { suite: 'own' }),
    passed('stranger', { suite: 'own' }),
    passed('own/a:__proto__', { suite: 'own' }),
    passed('a/x:3.1.1:qos=2'),
  ])
const reports = {
  everything,
  mixed,
  failing: failingReport,
  hostile: hostileReport,
  empty: () => reportOf([]),
}

t.test('schema/report.json is its source', async t => {
  const file = readFileSync(new URL('../../schema/report.json', import.meta.url), 'utf8')
  t.equal(
    file,
    `${JSON.stringify(reportJsonSchema(), null, 2)}\n`,
    'else npm run generate writes it anew',
  )
})

t.test('reports fit the schema, and the schema names every field', async t => {
  const fits = validator(reportJsonSchema())
  const fitsClosed = validator(closed(JSON.parse(JSON.stringify(reportJsonSchema()))))
  for (const [name, make] of Object.entries(reports)) {
    const value = JSON.parse(await written(make()))
    t.ok(fits(value), `${name}: ${JSON.stringify(fits.errors?.slice(0, 3))}`)
    t.ok(fitsClosed(value), `${name}, closed: ${JSON.stringify(fitsClosed.errors?.slice(0, 3))}`)
  }
})

t.test('a report read back is the report', async t => {
  for (const [name, make] of Object.entries(reports)) {
    const report = make()
    t.strictSame(unbuffered(parseReport(await written(report))), unbuffered(report), name)
    const bare = { ...report, results: report.results.map(result => ({ ...result, trace: [] })) }
    const { end } = await createReporter('json', { traces: 'none' })
    t.strictSame(unbuffered(parseReport(end(report))), unbuffered(bare), `${name} without traces`)
  }
})

t.test(
  'of a case that passed a report says its name and its time, and of a scenario all once',
  async t => {
    const { end } = await createReporter('json', {})
    const text = end(mixed())
    const { suites, results, replay } = JSON.parse(text)
    t.equal(replay, "mqttspec run '$case' --seed 4711")
    t.same(suites[0].scenarios[0], {
      id: 'x',
      title: 'A PUBLISH resent after a lost PUBREC is delivered once',
      about: 'A story.',
      at: '9:5',
      covers: { '3.1.1': ['MQTT-4.3.3-2'], '5.0': ['MQTT-4.3.3-10'] },
      bugs: ['S59'],
      kills: 2,
      cases: {
        ':3.1.1:qos=1': 12.5,
        ':5.0:qos=1': { verdict: 'fail' },
        ':5.0:qos=2': 'no QoS 2',
        ':5.0:qos=3': 12.5,
      },
    })
    const whole = new Set(results.map((one: CaseResult) => one.id))
    t.ok(whole.has('a/x:5.0:qos=1') && whole.has('a/x:5.0:qos=4') && whole.has('a/x:5.0:qos=9'))
    t.notOk(whole.has('a/x:3.1.1:qos=1') || whole.has('a/x:5.0:qos=b'))
    const line = (id: string) => text.split('\n').filter(one => one.includes(`"${id}"`)).length
    t.equal(line('y'), 1, 'a scenario is one line')
  },
)

t.test('files of schema 1, with every case whole, are read as ever', async t => {
  for (const [name, make] of Object.entries(reports)) {
    const report = make()
    const text = [...reportParts(report, one => resultText(one, 'all'))].join('')
    t.strictSame(unbuffered(parseReport(text)), unbuffered(report), name)
  }
})

t.test('a report whose parts do not fit each other is told', async t => {
  const good = JSON.parse(await written(failingReport()))
  t.throws(() => parseReport(JSON.stringify({ ...good, results: [] })), {
    message: /not a whole report: results holds no qos2/,
  })
  const added = { ...good.results[0], id: 'qos2/added:5.0' }
  const more = parseReport(JSON.stringify({ ...good, results: [...good.results, added] }))
  t.equal(more.results.at(-1)?.id, 'qos2/added:5.0', 'what no scenario names is seen all the same')
})

t.test('payloads are text where they can be read and hex where not', async t => {
  const payloads = ['once', 'ü', '', 'a\nb', '\ufeffx'].map(text => Buffer.from(text))
  const bodies = [...payloads, Buffer.from('c080', 'hex')].map(payload =>
    packetEvent('pub', 'harness', publishOf({ payload })),
  )
  const value = JSON.parse(await written(reportOf([caseOf('a/b:5.0', { trace: traceOf(bodies) })])))
  const shown = value.results[0].trace.map(
    (one: { packet: { payload: unknown } }) => one.packet.payload,
  )
  t.same(shown, ['once', 'ü', '', { hex: '610a62' }, { hex: 'efbbbf78' }, { hex: 'c080' }])
  t.equal(value.results[0].trace[0].bytes, '3000')
})

t.test('what is no report is refused with the place', async t => {
  const good = JSON.parse(await written(failingReport()))
  const refused = (change: object | string) => {
    try {
      parseReport(typeof change === 'string' ? change : JSON.stringify({ ...good, ...change }))
    } catch (error) {
      if (error instanceof ReportError) return error.message
    }
    return 'taken'
  }
  t.match(refused('{"mqttspec": '), /^not JSON: /)
  t.match(refused('[]'), /no "schema" number/)
  t.match(refused('null'), /no "schema" number/)
  t.match(refused('{}'), /no "schema" number/)
  t.match(refused({ schema: 3 }), /reads reports of schema 1 to 2, the report says 3/)
  t.match(refused({ seed: 'x' }), /seed: expected a number, got "x"/)
  t.match(refused({ seed: 1.5 }), /seed: expected a whole number, got 1.5/)
  t.match(refused({ exitCode: -1 }), /exitCode: expected 0 or more, got -1/)
  t.match(refused({ schema: undefined }), /no "schema" number/)
  t.match(refused({ startedAt: 'yesterday' }), /startedAt: expected a date and time/)
  t.match(refused({ results: [{}] }), /results\[0\]\.id is missing/)
  t.match(
    refused({ results: [{ ...good.results[0], verdict: 'maybe' }] }),
    /results\[0\]\.verdict: expected one of pass, .*, got "maybe"/,
  )
  const covers = ['MQTT-4.3.3-8']
  t.match(
    refused({ results: [{ ...good.results[0], covers }] }),
    /results\[0\]\.covers\[0\]: expected text like .*, got "MQTT-4.3.3-8"/,
  )
  const one = { name: 'aedes', role: 'broker', address: '', versions: [] }
  t.match(
    refused({ target: { ...one, fingerprint: { delivers: [] } } }),
    /target\.fingerprint\.delivers: expected another type of value/,
  )
  const odd = [{ seq: 0, at: 0, kind: 'magic' }]
  t.match(
    refused({ results: [{ ...good.results[0], trace: odd }] }),
    /results\[0\]\.trace\[0\]\.kind: expected one of open, .*, got "magic"/,
  )
  t.match(refused({ target: undefined }), /target is missing/)
  t.equal(refused({ later: 'a field of a later version' }), 'taken')
})

t.test('our own check of the schema agrees with ajv on damaged reports', async t => {
  const fits = validator(reportJsonSchema())
  const cases = [caseOf('a/b:5.0'), caseOf('a/b:5.0:x', { verdict: 'fail' })]
  const bare = JSON.parse((await createReporter('json', {})).end(reportOf(cases)))
  const events = JSON.parse(await written(everything())).results[0].trace as unknown[]
  const inEvents = events.flatMap(event =>
    [...damages(event)].map(damaged => ({
      ...bare,
      results: [{ ...bare.results[0], trace: [damaged] }],
    })),
  )
  const judged = [...damages(bare), ...inEvents].map(damaged => {
    const valid = fits(damaged)
    if (tryParse(JSON.stringify(damaged)) !== valid) t.fail('disagree', { damaged })
    return valid
  })
  t.ok(judged.filter(valid => !valid).length > 1000, 'many are refused by both')
  t.ok(judged.filter(valid => valid).length > 100, 'and some taken by both')
})

t.test('traces of what passed are left out unless asked for', async t => {
  const trace = everyEvent()
  const cases = (
    ['pass', 'skipped', 'warn', 'fail', 'unstable', 'inconclusive', 'error'] as const
  ).map(verdict => caseOf(`a/${verdict}:5.0`, { verdict, trace }))
  const kept = async (options: Partial<ReporterOptions>) => {
    const { end } = await createReporter('json', options)
    const { results } = parseReport(end(reportOf(cases)))
    return results.filter(one => one.trace.length > 0).map(({ verdict }) => verdict)
  }
  t.same(await kept({}), ['warn', 'fail', 'unstable', 'inconclusive', 'error'])
  t.equal((await kept({ traces: 'all' })).length, 7)
  t.same(await kept({ traces: 'none' }), [])
  t.same(cases[0]?.trace, trace, 'the report itself is left as it is')
})

async function written(report: RunReport): Promise<string> {
  return (await createReporter('json', { traces: 'all' })).end(report)
}

function validator(schema: object) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

/** The schema with every object limited to the fields it names. */
function closed(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object
  if (Array.isArray(schema)) return schema.map(closed)
  const own = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const isOpen = 'properties' in own && own.type === ('object' as unknown)
  return isOpen ? { ...own, additionalProperties: false } : own
}

/** Buffer and Uint8Array hold the same bytes; `same` would tell them apart. */
function unbuffered(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(unbuffered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, unbuffered(own)]))
}

/** Every copy of `value` in which one field, at any depth, is gone or of another type. */
function* damages(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const damaged of damages(item)) yield value.with(index, damaged)
    return
  }
  for (const [key, own] of Object.entries(value)) {
    const { [key]: _, ...rest } = value as { [name: string]: unknown }
    yield rest
    for (const other of [null, -1, 'x', {}, []]) yield { ...value, [key]: other }
    for (const damaged of damages(own)) yield { ...value, [key]: damaged }
  }
}

function tryParse(text: string): boolean {
  try {
    parseReport(text)
    return true
  } catch (error) {
    // That one part names what another does not hold no schema can say.
    if (error instanceof ReportError) return error.message.startsWith('not a whole report')
    throw error
  }
}

t.test('a report is made in parts, and a trace is asked for only when its part is', async t => {
  const { parts } = await createReporter('json', { traces: 'all' })
  const whole = reportOf([])
  const result = caseOf('a/one:5.0')
  let asked = 0
  const many = Array.from({ length: 100 }, () =>
    Object.defineProperty({ ...result }, 'trace', {
      enumerable: true,
      get: () => {
        asked += 1
        return []
      },
    }),
  ) as CaseResult[]
  const texts = parts?.({ ...whole, results: many })[Symbol.iterator]()
  let said = ''
  while (asked === 0) said += texts?.next().value
  t.equal(asked, 1, 'one part, one trace')
  for (let part = texts?.next(); part && !part.done; part = texts?.next()) said += part.value
  t.equal(JSON.parse(said).results.length, 100)
})
