import type { TraceEvent, Unstamped } from '../../model/trace.ts'
import type { Redactor } from './redact.ts'
import { shortened, sizeOf } from './shortened.ts'

/** Beyond these a trace keeps its beginning and its end: 100,000 messages in one case must not fill the memory. */
const headMax = 4000
const tailMax = 8000
/** So many bytes of packets stay as they are; of long packets behind that only the beginning does. */
const wholeBytesMax = 1024 * 1024
const longBytes = 1024
/** What is left of a trace that is cut because of a flood. */
const cutHeadMax = 50
const cutTailMax = 150

/** What several traces together may hold of long packets; `leftBytes` shrinks as they are kept. */
export type Allowance = { leftBytes: number }

/** The trace of one case while it grows. Judges see every event as it comes; the bounded list is for people. */
export class TraceLog {
  private head: TraceEvent[] = []
  private tail: TraceEvent[] = []
  private count = 0
  private left = 0
  private wholeBytes = 0
  private readonly began = performance.now()
  private readonly onEvent: (event: TraceEvent, shown: TraceEvent) => void
  private readonly redactor: Redactor
  private readonly shared: Allowance

  /**
   * @param onEvent Gets the event as it was, for judges, and as it is kept, for people.
   * @param shared Of all traces that are held side by side.
   */
  constructor(
    redactor: Redactor,
    onEvent: (event: TraceEvent, shown: TraceEvent) => void,
    shared: Allowance = { leftBytes: Number.POSITIVE_INFINITY },
  ) {
    this.redactor = redactor
    this.onEvent = onEvent
    this.shared = shared
  }

  get nowMs(): number {
    return Math.round((performance.now() - this.began) * 1000) / 1000
  }

  get lastSeq(): number {
    return this.count - 1
  }

  record(body: Unstamped): TraceEvent {
    // Bodies are made for this call alone, so they become the event.
    const event = body as TraceEvent
    event.seq = this.count++
    event.at = this.nowMs
    const shown = this.redactor.event(event)
    const kept = this.kept(shown)
    if (this.left === 0 && this.head.length < headMax) this.head.push(kept)
    else this.tail.push(kept)
    if (this.tail.length > 2 * tailMax) {
      this.left += this.tail.length - tailMax
      this.tail = this.tail.slice(-tailMax)
    }
    this.onEvent(event, shown)
    return event
  }

  /** How many events it holds. */
  get size(): number {
    return this.head.length + this.tail.length
  }

  /** Lets go of all but the beginning and the end, of what is there so far. */
  cut(): void {
    const all = [...this.head, ...this.tail]
    if (all.length <= cutHeadMax + cutTailMax) return
    this.left += all.length - cutHeadMax - cutTailMax
    this.head = all.slice(0, cutHeadMax)
    this.tail = all.slice(-cutTailMax)
  }

  private kept(event: TraceEvent): TraceEvent {
    const bytes = sizeOf(event)
    if (bytes > longBytes) {
      const fits = this.wholeBytes + bytes <= wholeBytesMax && bytes <= this.shared.leftBytes
      if (!fits) return shortened(event)
      this.shared.leftBytes -= bytes
    }
    this.wholeBytes += bytes
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
