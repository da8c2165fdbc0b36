import type { TraceEvent } from '../../model/trace.ts'
import { timeText } from './time-text.ts'

/** `The target sent no PUBREC id 7 in 5 s`, and what it should have kept to where that is a time of its own. */
export function sentNothing(
  due: string,
  waitedMs: number,
  keepAlive: string | undefined = undefined,
): string {
  return [`The target sent no ${due} in ${timeText(waitedMs)}`, keepAlive]
    .filter(Boolean)
    .join('; ')
}

/** `The target closed the connection (FIN) after 4 ms; PUBREC id 7 was due`. */
export function endedInstead(end: string, due: string): string {
  return `${end.charAt(0).toUpperCase()}${end.slice(1)}; ${due} was due`
}

/** The time within which a client has to send something, as it was told or chose: `Server Keep Alive is 2 s`. */
export function keepAliveOf(
  trace: readonly TraceEvent[],
  connection: number | undefined,
): string | undefined {
  let told: string | undefined
  for (const event of trace) {
    if (event.kind !== 'packet' || event.connection !== connection) continue
    const { packet } = event
    if (packet.type === 'CONNECT' && packet.keepAliveS > 0)
      told = `Keep Alive is ${packet.keepAliveS} s`
    if (packet.type === 'CONNACK' && packet.properties.serverKeepAlive !== undefined)
      told = `Server Keep Alive is ${packet.properties.serverKeepAlive} s`
  }
  return told
}
