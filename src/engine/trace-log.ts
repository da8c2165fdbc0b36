import type { TraceEvent, Unstamped } from '../model/trace.ts'
import { redact, type Secrets } from './redact.ts'

/** Beyond these a trace keeps its beginning and its end: 100,000 messages in one case must not fill the memory. */
const headMax = 4000
const tailMax = 8000

/** The trace of one case while it grows. Judges see every event as it comes; the bounded list is for people. */
export class TraceLog {
  private readonly head: TraceEvent[] = []
  private tail: TraceEvent[] = []
  private count = 0
  private left = 0
  private readonly began = performance.now()
  private readonly onEvent: (event: TraceEvent) => void

  private readonly secrets: Secrets

  constructor(secrets: Secrets, onEvent: (event: TraceEvent) => void) {
    this.secrets = secrets
    this.onEvent = onEvent
  }

  get nowMs(): number {
    return Math.round((performance.now() - this.began) * 1000) / 1000
  }

  get lastSeq(): number {
    return this.count - 1
  }

  record(body: Unstamped): TraceEvent {
    // Bodies are made for this call alone, so they become the event.
    const event = redact(body, this.secrets) as TraceEvent
    event.seq = this.count++
    event.at = this.nowMs
    if (this.head.length < headMax) this.head.push(event)
    else this.tail.push(event)
    if (this.tail.length > 2 * tailMax) {
      this.left += this.tail.length - tailMax
      this.tail = this.tail.slice(-tailMax)
    }
    this.onEvent(event)
    return event
  }

  events(): TraceEvent[] {
    if (this.left === 0) return [...this.head, ...this.tail]
    const note: TraceEvent = {
      kind: 'note',
      text: `${this.left} events left out`,
      seq: (this.head.at(-1)?.seq ?? 0) + 1,
      at: this.head.at(-1)?.at ?? 0,
    }
    return [...this.head, note, ...this.tail]
  }
}
