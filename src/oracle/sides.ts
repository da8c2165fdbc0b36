import type { Party, TraceEvent } from '../model/trace.ts'

/**
 * The event as a judge of that party has to see it. Judges know two parties: the one they judge, which they call the target, and the
 * other. So the same judges serve for the target, for the broker behind a proxy, and for our own side.
 */
export function seenOf(event: TraceEvent, judged: Party): TraceEvent {
  if (judged === 'target') return event
  if ('from' in event) return { ...event, from: event.from === judged ? 'target' : 'harness' }
  if ('by' in event) return { ...event, by: event.by === judged ? 'target' : 'harness' }
  return event
}
