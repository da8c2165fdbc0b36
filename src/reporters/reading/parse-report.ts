import { Compile } from 'typebox/compile'
import { report, schemaNumber } from '../../model/report/report.ts'
import type { RunReport } from '../../model/report.ts'
import { decoderOf } from './decode.ts'
import { shapeProblems } from './shape-problems.ts'

/** Text that is no report. `problems` says where, one line each. */
export class ReportError extends Error {
  override name = 'ReportError'
  problems: string[]

  constructor(message: string, problems: string[] = []) {
    super([message, ...problems.map(problem => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}

const fits = Compile(report)
const decode = decoderOf(report)

/** The report that `json` wrote; throws ReportError where it is not one. Fields it does not know are kept. */
export function parseReport(text: string): RunReport {
  const value = parseJson(text)
  const schema = typeof value === 'object' && value !== null && 'schema' in value && value.schema
  if (schema === false) throw new ReportError('not a report of mqttspec: it has no "schema" number')
  if (schema !== schemaNumber) {
    throw new ReportError(
      `this mqttspec reads reports of schema ${schemaNumber}, the report says ${JSON.stringify(schema)}`,
    )
  }
  if (!fits.Check(value)) {
    throw new ReportError('not a report of mqttspec:', shapeProblems(report, value))
  }
  return decode?.(value) as RunReport
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ReportError(`not JSON: ${error instanceof Error ? error.message : error}`)
  }
}
