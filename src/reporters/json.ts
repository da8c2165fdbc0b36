import { toHex } from '../model/hex.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import type { Reporter, ReporterOptions, Traces } from './reporter.ts'

/**
 * The report as other tools read it (schema/report.json): what it holds can be judged, drawn and merged again. A result, a statement, a
 * finding to a line, so that `grep` and `diff` are of use.
 */
export function json({ traces }: Pick<ReporterOptions, 'traces'>): Reporter {
  return {
    end(report) {
      const results = report.results.map(result => withTraces(result, traces))
      const fields = Object.entries({ ...report, results }).filter(
        ([, value]) => value !== undefined,
      )
      return `{\n${fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${written(value)}`).join(',\n')}\n}\n`
    },
  }
}

function withTraces(result: CaseResult, traces: Traces): CaseResult {
  const { verdict, first } = result
  const isQuiet = verdict === 'pass' || verdict === 'skipped'
  if (traces === 'all' || (traces === 'failed' && !isQuiet)) return result
  return { ...result, trace: [], ...(first ? { first: { ...first, trace: [] } } : {}) }
}

function written(value: RunReport[keyof RunReport]): string {
  if (!Array.isArray(value) || value.length === 0) return stringify(value)
  return `[\n${value.map(item => `    ${stringify(item)}`).join(',\n')}\n  ]`
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
