import type { StatementRef } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import type { Case } from '../scenario/ast.ts'

/** The statement that demands each packet as an answer. `closed` stands for the end of the connection. */
const demandedBy: { [packet: string]: { [V in Version]: string } } = {
  CONNACK: { '3.1': '§3.2', '3.1.1': 'MQTT-3.1.4-4', '5.0': 'MQTT-3.1.4-5' },
  PUBLISH: { '3.1': '§4.1', '3.1.1': 'MQTT-4.5.0-1', '5.0': 'MQTT-4.5.0-1' },
  PUBACK: { '3.1': '§3.4', '3.1.1': 'MQTT-4.3.2-2', '5.0': 'MQTT-4.3.2-4' },
  PUBREC: { '3.1': '§3.5', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-8' },
  PUBREL: { '3.1': '§3.6', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-4' },
  PUBCOMP: { '3.1': '§3.7', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-11' },
  SUBACK: { '3.1': '§3.9', '3.1.1': 'MQTT-3.8.4-1', '5.0': 'MQTT-3.8.4-1' },
  UNSUBACK: { '3.1': '§3.11', '3.1.1': 'MQTT-3.10.4-4', '5.0': 'MQTT-3.10.4-4' },
  PINGRESP: { '3.1': '§3.13', '3.1.1': 'MQTT-3.12.4-1', '5.0': 'MQTT-3.12.4-1' },
  PINGREQ: { '3.1': '§3.12', '3.1.1': 'MQTT-3.1.2-23', '5.0': 'MQTT-3.1.2-20' },
  closed: { '3.1': '§2.1', '3.1.1': 'MQTT-4.8.0-1', '5.0': 'MQTT-4.13.1-1' },
}

/** What a miss breaks when the step cites nothing: the packet's own rule if the scenario covers it, else its first cover. */
export function citeFor(kase: Case, packetType?: string): StatementRef {
  const demanded = packetType ? demandedBy[packetType]?.[kase.version] : undefined
  const own: StatementRef | undefined = demanded ? `${kase.version}:${demanded}` : undefined
  if (own && kase.covers.includes(own)) return own
  return kase.covers[0] ?? own ?? `${kase.version}:§4.3`
}
