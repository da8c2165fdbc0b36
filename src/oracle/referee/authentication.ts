import type { Auth, Connack, Packet, Properties } from '../../model/packet.ts'
import { type Ruling, say } from '../ruling.ts'
import { checkSize } from './limits.ts'
import type { Connection } from './state.ts'

/*
 * Enhanced authentication. Source: 5.0 §4.12.
 */

/** Reason codes of AUTH. Source: 5.0 §3.15.2.1. */
const continueAuthentication = 0x18
const reAuthenticate = 0x19

export function methodOf({ properties }: { properties: Properties }): string | undefined {
  const method = properties.authenticationMethod
  return typeof method === 'string' ? method : undefined
}

/** An AUTH of the target. */
export function onAuth(
  ruling: Ruling,
  connection: Connection,
  packet: Auth,
  sizeBytes: number,
): void {
  if (connection.phase === 'open') return
  tooLong(ruling, connection, packet, sizeBytes)
  const agreed = connection.authenticationMethod
  if (agreed === undefined) {
    say(ruling, connection.version, 'authUnasked', {
      message: 'AUTH came, and CONNECT named no Authentication Method',
      expected: 'no AUTH',
      got: 'AUTH',
    })
    return
  }
  if (connection.phase === 'connecting' && packet.code !== continueAuthentication) {
    say(ruling, connection.version, 'authContinues', {
      message: `AUTH has the code ${hex(packet.code)} before CONNACK`,
      expected: 'AUTH, code 0x18',
      got: `AUTH, code ${hex(packet.code)}`,
    })
  }
  const method = methodOf(packet)
  // Without properties it has no method either; where it must have some the audit tells.
  if (method === undefined || method === agreed) return
  say(
    ruling,
    connection.version,
    packet.code === reAuthenticate ? 'reauthMethodKept' : 'authMethodKept',
    {
      message: 'AUTH has another Authentication Method than CONNECT',
      expected: `the Authentication Method ${agreed}`,
      got: `the Authentication Method ${method}`,
    },
  )
}

/** A successful CONNACK names the method again, or none where CONNECT named none. */
export function connackKeepsMethod(ruling: Ruling, connection: Connection, packet: Connack): void {
  if (connection.version !== '5.0' || packet.code !== 0) return
  const agreed = connection.authenticationMethod
  const method = methodOf(packet)
  if (method === agreed) return
  say(ruling, '5.0', agreed === undefined ? 'authUnasked' : 'authMethodKept', {
    message:
      agreed === undefined
        ? 'CONNACK has an Authentication Method, and CONNECT named none'
        : 'CONNACK does not have the Authentication Method of CONNECT',
    expected:
      agreed === undefined ? 'no Authentication Method' : `the Authentication Method ${agreed}`,
    got: method === undefined ? 'none' : `the Authentication Method ${method}`,
  })
}

/** A client that authenticates has nothing else to say until it is accepted. */
export function beforeAuthenticated(ruling: Ruling, connection: Connection, packet: Packet): void {
  if (ruling.target !== 'client' || connection.phase !== 'connecting') return
  if (connection.authenticationMethod === undefined || packet.type === 'AUTH') return
  say(ruling, connection.version, 'beforeAuthenticated', {
    message: `${packet.type} came before CONNACK, and CONNECT named an Authentication Method`,
    expected: 'AUTH or DISCONNECT',
    got: packet.type,
  })
}

/** What may be left out is left out where it does not fit the other side's Maximum Packet Size. */
function tooLong(ruling: Ruling, connection: Connection, packet: Auth, sizeBytes: number): void {
  const { properties } = packet
  const { maximumPacketSize } = connection.limits
  if (properties.reasonString === undefined && properties.userProperties === undefined) {
    checkSize(ruling, connection, packet, sizeBytes)
    return
  }
  if (sizeBytes <= maximumPacketSize) return
  const told = {
    expected: `at most ${maximumPacketSize} bytes (Maximum Packet Size)`,
    got: `${sizeBytes} bytes`,
  }
  if (properties.reasonString !== undefined) {
    say(ruling, connection.version, 'authReasonTooLong', {
      message: `AUTH has a Reason String, and ${sizeBytes} bytes`,
      ...told,
    })
  }
  if (properties.userProperties !== undefined) {
    say(ruling, connection.version, 'authUserPropertyTooLong', {
      message: `AUTH has User Properties, and ${sizeBytes} bytes`,
      ...told,
    })
  }
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}
