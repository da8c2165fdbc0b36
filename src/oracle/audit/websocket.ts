import type { Breach, StatementRef } from '../../model/finding.ts'
import type { EventOf } from '../../model/trace.ts'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'

/** The name under which MQTT goes through a WebSocket. */
const subprotocol = 'mqtt'

/** What the target agreed to, or asked for, when a connection became a WebSocket. */
export function judgeUpgrade(event: EventOf<'open'>, target: TargetRole): Breach[] {
  const { upgrade, version, seq } = event
  if (!upgrade) return []
  const { offered, chosen } = upgrade
  if (target === 'client') {
    if (offered.includes(subprotocol)) return []
    return breach(version, 3, seq, {
      message: 'The client did not offer the subprotocol "mqtt"',
      expected: 'Sec-WebSocket-Protocol with mqtt in its list',
      got: offered.length === 0 ? 'no subprotocol' : offered.join(', '),
    })
  }
  // What was not offered cannot be selected.
  if (chosen === subprotocol || !offered.includes(subprotocol)) return []
  return breach(version, 4, seq, {
    message: 'The server did not select the subprotocol "mqtt" that was offered',
    expected: 'Sec-WebSocket-Protocol: mqtt',
    got: chosen ?? 'no subprotocol',
  })
}

/** Data of MQTT that was no binary frame, and over which the other side dropped the connection. */
export function judgeTextFrame(event: EventOf<'close'>, version: Version): Breach[] {
  if (!event.textFrame || event.by === 'target') return []
  return breach(version, 1, event.seq, {
    message: 'The target sent a text frame',
    expected: 'MQTT in binary frames alone',
    got: 'a text frame',
  })
}

/** 3.1 says nothing of WebSockets. */
function breach(
  version: Version,
  number: 1 | 3 | 4,
  seq: number,
  what: Pick<Breach, 'message' | 'expected' | 'got'>,
): Breach[] {
  if (version === '3.1') return []
  const statement: StatementRef = `${version}:MQTT-6.0.0-${number}`
  return [{ statement, level: 'MUST', ...what, seq, judge: 'audit' }]
}
