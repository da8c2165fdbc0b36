import type { CaseResult, RunReport, ScenarioInFile, SuiteInFile } from '../model/report.ts'
import { toHex } from '../model/text/hex.ts'
import { isSaidByScenario, replayRule, suitesInFile } from './json/suites-in-file.ts'
import { casesByStatement } from './reading/whole-report.ts'
import type { Reporter, ReporterOptions, Traces } from './reporter.ts'

/**
 * The report as other tools read it (schema/report.json): what it holds can be judged, drawn and merged again. A scenario, a result, a
 * statement, a cause to a line, so that `grep` and `diff` are of use.
 */
export function json({ traces }: Pick<ReporterOptions, 'traces'>): Reporter {
  const parts = (report: RunReport) => fileParts(report, traces)
  return { parts, end: report => [...parts(report)].join('') }
}

/** One result at a time: a report is larger than what a text can hold, or memory should. */
function* fileParts(report: RunReport, traces: Traces): Generator<string> {
  const { results, statements, schema, ...rest } = report
  const replay = replayRule(results)
  // Where traces of all are asked for each has one.
  const whole = new Set(
    results.filter(result => traces === 'all' || !isSaidByScenario(result, replay)),
  )
  const covering = casesByStatement(results)
  const { findings, target, summary, ...behind } = rest
  const { mqttspec, startedAt, durationMs, sleptMs, seed, exitCode, shard, problem, ...end } =
    behind
  const head = { mqttspec, schema, startedAt, durationMs, sleptMs, seed, exitCode, shard, problem }
  yield* valueParts({ ...head, target, summary, findings, replay }, '{\n')
  yield ',\n  "suites": '
  yield* suiteParts(suitesInFile(results, whole))
  yield ',\n  "results": '
  yield* list([...whole], result => resultText(result, traces))
  const said = statements.map(({ cases, ...one }) => {
    const isDerived = String(cases) === String(covering.get(one.id) ?? [])
    return isDerived ? one : { ...one, cases }
  })
  yield* valueParts({ statements: said, ...end }, ',\n')
  yield '\n}\n'
}

function* suiteParts(suites: SuiteInFile[]): Generator<string> {
  let before = '[\n'
  for (const { suite, file, scenarios } of suites) {
    yield `${before}    { "suite": ${stringify(suite)}, "file": ${stringify(file)}, "scenarios": `
    yield* list<ScenarioInFile>(scenarios, stringify)
    yield ' }'
    before = ',\n'
  }
  yield suites.length === 0 ? '[]' : '\n  ]'
}

/** A report with every case whole, as a page holds it: that is what schema 1 is. */
export function* reportParts(
  { results, ...rest }: RunReport,
  textOf: (result: CaseResult, index: number) => string,
): Generator<string> {
  yield '{\n  "results": '
  yield* list(results, textOf)
  yield* valueParts({ ...rest, schema: 1 }, ',\n')
  yield '\n}\n'
}

function* valueParts(values: object, first: string): Generator<string> {
  let before = first
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    yield `${before}  ${JSON.stringify(name)}: `
    before = ',\n'
    if (Array.isArray(value)) yield* list<unknown>(value, stringify)
    else yield stringify(value)
  }
}

function* list<T>(
  items: readonly T[],
  textOf: (item: T, index: number) => string,
): Generator<string> {
  if (items.length === 0) return yield '[]'
  let before = '[\n'
  for (const [index, item] of items.entries()) {
    yield `${before}    ${textOf(item, index)}`
    before = ',\n'
  }
  yield '\n  ]'
}

/** One result as it stands in the report. */
export function resultText(result: CaseResult, traces: Traces): string {
  return stringify(withTraces(result, traces))
}

function withTraces(result: CaseResult, traces: Traces): CaseResult {
  const isQuiet = result.verdict === 'pass' || result.verdict === 'skipped'
  return traces === 'all' || (traces === 'failed' && !isQuiet) ? result : withoutTraces(result)
}

/** What is left out is not even asked for: it may have to be read first. */
export function withoutTraces(result: CaseResult): CaseResult {
  const { first } = result
  return { ...without(result), ...(first ? { first: without(first) } : {}) }
}

function without<T extends { trace: unknown[] }>(traced: T): T {
  const keys = Object.keys(traced) as (keyof T)[]
  const entries = keys.map(key => [key, key === 'trace' ? [] : traced[key]])
  return Object.fromEntries(entries) as unknown as T
}

function stringify(value: unknown): string {
  return JSON.stringify(plain(value))
}

/** Bytes become text or hex: what was on the wire always hex, payloads text where a reader can read it. */
function plain(value: unknown, name = ''): unknown {
  if (value instanceof Uint8Array) {
    if (name === 'bytes') return toHex(value)
    const text = name === 'payload' || name === 'password' ? printable(value) : undefined
    return text ?? { hex: toHex(value) }
  }
  if (Array.isArray(value)) return value.map(item => plain(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, plain(own, key)]))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function printable(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes)
    return /[\p{Cc}\p{Cf}]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
