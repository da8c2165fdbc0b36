import type { TraceBody, TraceEvent } from './trace.ts'

/** Where everything that happens in a case is written down. */
export type Recorder = { record(body: TraceBody): TraceEvent }
