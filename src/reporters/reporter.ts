import type { CaseResult, RunHead, RunReport } from '../model/report.ts'

/**
 * Events in, text out. Whoever drives a reporter writes each returned text to the reporter's stream or file, in order,
 * and nothing else: all texts in a row are the report. Only `end` is asked of every reporter, and `end` alone must
 * make a whole report too (`mqttspec report convert` calls nothing else).
 */
export type Reporter = {
  begin?(head: RunHead): string
  caseBegun?(id: string): string
  caseDone?(result: CaseResult): string
  /** Called now and then while cases run; only a live terminal has something to say. */
  tick?(elapsedMs: number): string
  end(report: RunReport): string
  /** What `end` gives, in parts: for a report that may be too large for one text. */
  parts?(report: RunReport): Iterable<string>
  /** The run ended in an error before there was anything to report: takes back what was only drawn for the moment. */
  cancel?(): string
}

export type ReporterOptions = {
  /** ANSI colours; the caller honours NO_COLOR. */
  colour: boolean
  /** Width to keep within; 100 where nobody knows. */
  columns: number
  /** A terminal: one line may be drawn over again. */
  live: boolean
  /** Passing cases too, and every failure drawn. */
  verbose: boolean
  /** No characters beyond ASCII of our own. */
  ascii: boolean
  /** Of which cases a JSON report keeps the traces. Nearly all of a report would be traces of what passed. */
  traces: Traces
}

/** `failed`: all but what passed or was skipped. */
export const traceChoices = ['all', 'failed', 'none'] as const
export type Traces = (typeof traceChoices)[number]

export const defaultOptions: ReporterOptions = {
  colour: false,
  columns: 100,
  live: false,
  verbose: false,
  ascii: false,
  traces: 'failed',
}

/** Makes a reporter for one run. */
export type CreateReporter = (options: ReporterOptions) => Reporter

/** A reporter that needs only the whole report. */
export function atEnd(render: (report: RunReport) => string): CreateReporter {
  return () => ({ end: render })
}
