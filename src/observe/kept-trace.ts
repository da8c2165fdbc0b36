import type { Redactor } from '../engine/traces/redact.ts'
import { ownBytes, shortened, sizeOf } from '../engine/traces/shortened.ts'
import type { TraceEvent } from '../model/trace.ts'

/** Of what a client did so much is kept, from its beginning and from its end. */
const headMax = 50
const tailMax = 150
/** What came before a finding is kept with it. */
const beforeMax = 40
const findingsMax = 50
const longBytes = 1024

/** What people see of one client: its beginning, its end, and what led to each finding. Bounded, however long it is watched. */
export class KeptTrace {
  private head: TraceEvent[] = []
  private tail: TraceEvent[] = []
  private pinned = new Map<number, TraceEvent>()
  private pins = 0
  private readonly redactor: Redactor

  constructor(redactor: Redactor) {
    this.redactor = redactor
  }

  add(event: TraceEvent): void {
    const shown = this.redactor.event(event)
    const kept = sizeOf(shown) > longBytes ? shortened(shown) : ownBytes(shown)
    if (this.head.length < headMax) this.head.push(kept)
    else this.tail.push(kept)
    if (this.tail.length > 2 * tailMax) this.tail = this.tail.slice(-tailMax)
  }

  /** Something was found just now. */
  pin(): void {
    if (this.pins++ >= findingsMax) return
    for (const event of this.tail.slice(-beforeMax)) this.pinned.set(event.seq, event)
  }

  events(): TraceEvent[] {
    const last = this.tail.slice(-tailMax)
    const begin = last[0]?.seq ?? Number.POSITIVE_INFINITY
    const between = [...this.pinned.values()].filter(({ seq }) => seq < begin)
    return [...this.head, ...between.sort((a, b) => a.seq - b.seq), ...last]
  }
}
