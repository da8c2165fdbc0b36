import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import {
  caseOf,
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
import { parseReport, ReportError } from './reading/parse-report.ts'
import type { ReporterOptions } from './reporter.ts'

const everything = () => reportOf([caseOf('every/event:5.0', { trace: everyEvent() })])
const reports = {
  everything,
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
    t.same(unbuffered(parseReport(await written(report))), unbuffered(report), name)
  }
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
  t.match(refused({ schema: 2 }), /reads reports of schema 1, the report says 2/)
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
  const bare = JSON.parse(await written(reportOf([caseOf('a/b:5.0')])))
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
    if (error instanceof ReportError) return false
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
