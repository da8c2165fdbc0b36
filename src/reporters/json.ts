import type { CaseResult, RunReport } from '../model/report.ts'
import { toHex } from '../model/text/hex.ts'
import type { Reporter, ReporterOptions, Traces } from './reporter.ts'

/**
 * The report as other tools read it (schema/report.json): what it holds can be judged, drawn and merged again. A result, a statement, a
 * finding to a line, so that `grep` and `diff` are of use.
 */
export function json({ traces }: Pick<ReporterOptions, 'traces'>): Reporter {
  const parts = (report: RunReport) => reportParts(report, result => resultText(result, traces))
  return { parts, end: report => [...parts(report)].join('') }
}

/** One result at a time: a report is larger than what a text can hold, or memory should. */
export function* reportParts(
  report: RunReport,
  textOf: (result: CaseResult, index: number) => string,
): Generator<string> {
  let before = '{\n'
  for (const [name, value] of Object.entries(report)) {
    if (value === undefined) continue
    yield `${before}  ${JSON.stringify(name)}: `
    before = ',\n'
    if (name === 'results') yield* list(report.results, textOf)
    else if (Array.isArray(value)) yield* list<unknown>(value, stringify)
    else yield stringify(value)
  }
  yield '\n}\n'
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
