import type { CaseResult } from '../model/report.ts'

/*
 * A broker may live on as a process and serve nobody: a thread of it died, a lock was never given back. Then no case that follows
 * says anything. A sign of it is a CONNECT without CONNACK; whether it is one, a plain CONNECT tells.
 */

/** Whether some CONNECT of a case that did not go well stayed without CONNACK. */
export function leftWaiting(result: CaseResult): boolean {
  if (result.verdict === 'pass' || result.verdict === 'warn') return false
  const waiting = new Set<number>()
  for (const event of result.trace) {
    if (event.kind !== 'packet') continue
    if (event.from === 'harness' && event.packet.type === 'CONNECT') waiting.add(event.connection)
    if (event.packet.type === 'CONNACK') waiting.delete(event.connection)
  }
  return waiting.size > 0
}

export const deafness = { reason: 'it runs, but answers no CONNECT any more' }
