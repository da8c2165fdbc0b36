import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'

/*
 * A broker may live on as a process and serve nobody: a thread of it died, a lock was never given back. Then no case that follows
 * says anything. A sign of it is a CONNECT without CONNACK; whether it is one, a plain CONNECT tells.
 *
 * A broker that dies closes its connections before anybody hears of its end: what a case then says of a closed connection may be said
 * of a dead broker. The same CONNECT tells.
 */

/** Whether the target should be asked if it is still there before a case's result is believed. */
export function isSignOfLoss(result: CaseResult): boolean {
  switch (result.verdict) {
    case 'pass':
    case 'warn':
    case 'skipped':
      return false
    case 'unstable':
    case 'inconclusive':
      return true
    case 'fail':
    case 'error':
      return leftWaiting(result) || result.trace.some(isEndByTarget)
  }
}

function isEndByTarget(event: TraceEvent): boolean {
  return event.kind === 'close' && event.by === 'target'
}

/** Whether some CONNECT stayed without CONNACK. */
function leftWaiting(result: CaseResult): boolean {
  const waiting = new Set<number>()
  for (const event of result.trace) {
    if (event.kind !== 'packet') continue
    if (event.from === 'harness' && event.packet.type === 'CONNECT') waiting.add(event.connection)
    if (event.packet.type === 'CONNACK') waiting.delete(event.connection)
  }
  return waiting.size > 0
}

export const deafness = 'runs, but answers no CONNECT any more'
