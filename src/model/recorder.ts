import type { TraceEvent, Unstamped } from './trace.ts'

/** Where everything that happens in a case is written down. */
export type Recorder = { record(body: Unstamped): TraceEvent }
