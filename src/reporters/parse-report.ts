import type { AppCommand } from '../model/app.ts'
import { fromHex } from '../model/hex.ts'
import type { RunReport } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import { checkSchema } from './check-schema.ts'
import { reportSchema, schemaNumber } from './json-schema.ts'

/** Text that is no report. `problems` says where, one line each. */
export class ReportError extends Error {
  override name = 'ReportError'
  problems: string[]

  constructor(message: string, problems: string[] = []) {
    super([message, ...problems.map(problem => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}

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
  const problems = checkSchema(value, reportSchema, reportSchema.$defs)
  if (problems.length > 0) throw new ReportError('not a report of mqttspec:', problems)
  const report = value as RunReport
  for (const { trace, first } of report.results) {
    for (const event of [...trace, ...(first?.trace ?? [])]) restore(event)
  }
  return report
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ReportError(`not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

/** Puts bytes where the file has text or hex, in place. */
function restore(event: TraceEvent): void {
  switch (event.kind) {
    case 'packet': {
      const { packet } = event
      event.bytes = fromHex(event.bytes as unknown as string)
      if (packet.type === 'PUBLISH') restorePayload(packet)
      if (packet.type === 'CONNECT' && packet.will !== undefined) {
        restorePayload(packet.will)
        restoreProperties(packet.will.properties)
      }
      if (packet.type === 'CONNECT' && packet.password !== undefined)
        packet.password = bytesOf(packet.password)
      if ('properties' in packet) restoreProperties(packet.properties)
      return
    }
    case 'bytes':
      event.bytes = fromHex(event.bytes as unknown as string)
      return
    case 'command':
      if (event.command.payload !== undefined) restorePayload(event.command as WithPayload)
      return
    case 'app':
      if (event.event.event === 'delivered') {
        restorePayload(event.event)
        restoreProperties(event.event.properties ?? {})
      }
      return
    case 'open':
    case 'close':
    case 'fault':
    case 'restart':
    case 'step':
    case 'fence':
    case 'wait':
    case 'finding':
    case 'note':
      return
  }
}

/** What stands in the file where the model has bytes. */
type Written = string | { hex: string }
type WithPayload = Pick<AppCommand & { payload: Uint8Array }, 'payload'>

function restorePayload(holder: WithPayload): void {
  holder.payload = bytesOf(holder.payload)
}

function restoreProperties(properties: { [name: string]: unknown }): void {
  for (const [name, value] of Object.entries(properties)) {
    const isHex = typeof value === 'object' && value !== null && 'hex' in value
    // What an adapter hands over is its own affair: only what `json` would have written is taken for bytes.
    if (isHex && /^([0-9a-f]{2})*$/.test(String(value.hex)))
      properties[name] = fromHex(String(value.hex))
  }
}

function bytesOf(field: Uint8Array): Uint8Array {
  const written = field as unknown as Written
  if (typeof written === 'string') return new TextEncoder().encode(written)
  return fromHex(written.hex)
}
