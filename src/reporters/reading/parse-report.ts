import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { schemaNumber } from '../../model/report/report.ts'
import { type ReportFile, reportFile, reportOfSchema1 } from '../../model/report/report-file.ts'
import type { RunReport } from '../../model/report.ts'
import { decoderOf } from './decode.ts'
import { shapeProblems } from './shape-problems.ts'
import { wholeReport } from './whole-report.ts'

/** Text that is no report. `problems` says where, one line each. */
export class ReportError extends Error {
  override name = 'ReportError'
  problems: string[]

  constructor(message: string, problems: string[] = []) {
    super([message, ...problems.map(problem => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}

/** The report that `json` wrote, by this version or one before; throws ReportError where it is not one. Fields it does not know are kept. */
export function parseReport(text: string): RunReport {
  const value = parseJson(text)
  const schema = typeof value === 'object' && value !== null && 'schema' in value && value.schema
  if (schema === false) throw new ReportError('not a report of mqttspec: it has no "schema" number')
  if (schema === 1) {
    return { ...(readAs(reportOfSchema1, value) as RunReport), schema: schemaNumber }
  }
  if (schema !== schemaNumber) {
    throw new ReportError(
      `this mqttspec reads reports of schema 1 to ${schemaNumber}, the report says ${JSON.stringify(schema)}`,
    )
  }
  const report = wholeReport(readAs(reportFile, value) as ReportFile)
  if (typeof report === 'string') throw new ReportError(`not a whole report: ${report}`)
  return report
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ReportError(`not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

type Shape = { fits: (value: unknown) => boolean; decode: (value: unknown) => unknown }
const made = new Map<TSchema, Shape>()

function readAs(shape: TSchema, value: unknown): unknown {
  let known = made.get(shape)
  if (known === undefined) {
    const compiled = Compile(shape)
    known = {
      fits: one => compiled.Check(one),
      decode: decoderOf(shape) ?? (one => one),
    }
    made.set(shape, known)
  }
  if (!known.fits(value)) {
    throw new ReportError('not a report of mqttspec:', shapeProblems(shape, value))
  }
  return known.decode(value)
}
