import type { TraceEvent } from '../../model/trace.ts'

/** CONNACK codes by which a server says that it cannot serve just now: 3.1 and 3.1.1 §3.2.2.3, 5.0 §3.2.2.2. */
const codes = { before5: new Set([0x03]), in5: new Set([0x88, 0x89]) }

/** Whether the target refused a connection because it has too much to do. That breaks no rule, and nothing follows from it. */
export function saysUnavailable(trace: readonly TraceEvent[]): boolean {
  const versions = new Map<number, string>()
  return trace.some(event => {
    if (event.kind === 'open') versions.set(event.connection, event.version)
    if (event.kind !== 'packet' || event.from !== 'target' || event.packet.type !== 'CONNACK')
      return false
    const is5 = versions.get(event.connection) === '5.0'
    return (is5 ? codes.in5 : codes.before5).has(event.packet.code)
  })
}
