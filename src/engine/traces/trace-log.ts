import type { TraceEvent, Unstamped } from '../../model/trace.ts'
import type { Redactor } from './redact.ts'
import { ownBytes, shortened, sizeOf } from './shortened.ts'

/** Beyond these a trace keeps its beginning and its end: 100,000 messages in one case must not fill the memory. */
const headMax = 4000
const tailMax = 8000
/** So many bytes of packets stay as they are; of long packets behind that only the beginning does. */
const wholeBytesMax = 1024 * 1024
const longBytes = 1024

/** What is left of a trace that is cut because of a flood. */
const cutMax = 200

/** What several traces together may hold of long packets; `leftBytes` shrinks as they are kept. Such traces last: their bytes are copied. */
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
  private readonly shared: Allowance | undefined

  /**
   * @param onEvent Gets the event as it was, for judges, and as it is kept, for people.
   * @param shared Of all traces that are held side by side, for as long as somebody likes to come.
   */
  constructor(
    redactor: Redactor,
    onEvent: (event: TraceEvent, shown: TraceEvent) => void,
    shared?: Allowance,
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

  /** Lets go of all but so many events from the beginning and the end, a quarter and three, of what is there so far. */
  cut(eventsMax = cutMax): void {
    const all = [...this.head, ...this.tail]
    if (all.length <= eventsMax) return
    const head = Math.floor(eventsMax / 4)
    this.left += all.length - eventsMax
    this.head = all.slice(0, head)
    this.tail = all.slice(head - eventsMax)
  }

  private kept(event: TraceEvent): TraceEvent {
    const bytes = sizeOf(event)
    if (bytes > longBytes) {
      const left = this.shared?.leftBytes ?? Number.POSITIVE_INFINITY
      const fits = this.wholeBytes + bytes <= wholeBytesMax && bytes <= left
      if (!fits) return shortened(event)
      if (this.shared) this.shared.leftBytes -= bytes
    }
    this.wholeBytes += bytes
    return this.shared ? ownBytes(event) : event
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
