import type { Breach } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { EdgeName } from './coverage.ts'
import type { Point } from './point.ts'

/** What came of running one schedule. */
export type Outcome = {
  /** Points in the order they came. */
  points: Point[]
  /** How many of the points had come when the last fault struck; what is behind can be struck only because of it. */
  struckAt: number
  /** How many of the schedule's faults came to pass. */
  struck: number
  /** Edges of the state machines that were taken, each once. */
  edges: Set<EdgeName>
  breaches: Breach[]
  /** The state of the exchange that the first breach is about, as `sender S1`; empty where it is about none. */
  state: string
  /** Kept only where the schedule ran alone. */
  trace: TraceEvent[]
  /** Nothing could be judged: the target was not there, or our own connection failed. */
  lost?: string
}
