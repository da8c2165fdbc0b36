import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'

/** What tells of a case that was running when the target was lost. Times are in ms, on one clock for all of them. */
export type Clue = {
  /** When we sent something in it last. */
  sentMs: number
  /** When we sent first what was never answered; infinite where all was. */
  ignoredMs: number
}

/**
 * @param nowMs The end of the case.
 * @param promptMs A connection that is closed no later than this is an answer: a deaf broker may close what it does not serve.
 */
export function clueOf({ trace, durationMs }: CaseResult, nowMs: number, promptMs: number): Clue {
  const beganMs = nowMs - durationMs
  /** By connection: when we sent the first and the last thing that is unanswered. */
  const ignored = new Map<number, { firstMs: number; lastMs: number }>()
  let sentMs = beganMs
  for (const event of trace) {
    if (event.kind !== 'packet' && event.kind !== 'bytes' && event.kind !== 'close') continue
    const { connection } = event
    const atMs = beganMs + event.at
    if (isOurs(event)) {
      sentMs = atMs
      const { firstMs = atMs } = ignored.get(connection) ?? {}
      ignored.set(connection, { firstMs, lastMs: atMs })
      continue
    }
    const { lastMs = 0 } = ignored.get(connection) ?? {}
    if (event.kind !== 'close' || atMs - lastMs <= promptMs) ignored.delete(connection)
  }
  return { sentMs, ignoredMs: Math.min(...[...ignored.values()].map(({ firstMs }) => firstMs)) }
}

function isOurs(event: TraceEvent & { kind: 'packet' | 'bytes' | 'close' }): boolean {
  return event.kind !== 'close' && event.from === 'harness'
}

/**
 * The likeliest to have done it first. A broker dies of what it was sent last. What made it deaf was sent before all else that it did not
 * answer any more.
 */
export function likeliestFirst<T extends Clue>(suspects: T[], isDeaf: boolean): T[] {
  return suspects.toSorted(
    (one, other) =>
      (isDeaf ? compare(one.ignoredMs, other.ignoredMs) : 0) || compare(other.sentMs, one.sentMs),
  )
}

/** Infinite times are equal to each other. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one - other
}
