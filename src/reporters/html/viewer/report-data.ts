import type { CaseResult, ReportFile, RunReport, StatementOutcome } from '../../../model/report.ts'
import { type Outcome, outcomeOf } from '../../counting/counts.ts'
import { causesIn } from '../../counting/groups.ts'
import { wholeReport } from '../../reading/whole-report.ts'
import { wellFormed } from './route.ts'

/** A report with what pages look up in it. Traces stay as they are written until somebody looks at one. */
export type ReportData = {
  report: RunReport
  causes: ReturnType<typeof causesIn>
  byId: ReadonlyMap<string, CaseResult>
  statements: ReadonlyMap<string, StatementOutcome>
  /** Cases whose findings name the statement. */
  breaking: ReadonlyMap<string, string[]>
  outcomes: ReadonlyMap<CaseResult, Outcome>
}

/** Throws an Error in words where the text is no report. */
export function readReport(text: string): ReportData {
  let read: RunReport | ReportFile
  try {
    read = JSON.parse(text) as RunReport | ReportFile
  } catch {
    throw new Error('this is no JSON')
  }
  const isReport =
    typeof read === 'object' &&
    read !== null &&
    Array.isArray(read.results) &&
    Array.isArray(read.statements) &&
    typeof read.target?.name === 'string'
  if (!isReport) throw new Error('this is no report of mqttspec --reporter json')
  // A page holds every case whole, as files of older versions do.
  const report = 'suites' in read ? wholeReport(read) : read
  if (typeof report === 'string') throw new Error(`this report is not whole: ${report}`)
  const breaking = new Map<string, string[]>()
  for (const { id, findings } of report.results) {
    for (const statement of new Set(findings.map(one => one.statement))) {
      breaking.set(statement, [...(breaking.get(statement) ?? []), id])
    }
  }
  return {
    report,
    causes: causesIn(report),
    byId: new Map(report.results.map(result => [wellFormed(result.id), result])),
    statements: new Map(report.statements.map(one => [wellFormed(one.id), one])),
    breaking,
    outcomes: new Map(report.results.map(result => [result, outcomeOf(result)])),
  }
}

/** What stands in the page, or in a file that was dropped: plain, or packed by gzip. */
export async function unpacked(bytes: Uint8Array): Promise<string> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes)
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).text()
}

const revived = new WeakMap<object, unknown>()

/** A case with bytes where the file has hex and text. */
export function withBytes(result: CaseResult): CaseResult {
  const known = revived.get(result)
  if (known) return known as CaseResult
  const made = { ...result, trace: result.trace.map(event => revive(event)) } as CaseResult
  revived.set(result, made)
  return made
}

function revive(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    if (name === 'bytes') return fromHex(value)
    return name === 'payload' || name === 'password' ? new TextEncoder().encode(value) : value
  }
  if (Array.isArray(value)) return value.map(item => revive(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'hex' && typeof only[1] === 'string') {
    return fromHex(only[1])
  }
  return Object.fromEntries(entries.map(([key, own]) => [key, revive(own, key)]))
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], digits => Number.parseInt(digits, 16))
}
