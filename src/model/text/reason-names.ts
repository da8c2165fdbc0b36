import type { PacketType } from '../packet.ts'
import { hexByte } from './hex.ts'

/** A code in hex with its name: `0x97 Quota exceeded`. Return codes of 3.1 and 3.1.1 are those below 0x80 in CONNACK. */
export function namedCode(packet: PacketType, code: number): string {
  const name =
    packet === 'CONNACK' && code > 0 && code < 0x80 ? returnCodes[code] : nameOf(packet, code)
  return name === undefined ? hexByte(code) : `${hexByte(code)} ${name}`
}

function nameOf(packet: PacketType, code: number): string | undefined {
  if (code === 0) return nameOfZero(packet)
  return reasonCodes[code]
}

function nameOfZero(packet: PacketType): string {
  if (packet === 'DISCONNECT') return 'Normal disconnection'
  return packet === 'SUBACK' ? 'Granted QoS 0' : 'Success'
}

/** Source: 3.1.1 §3.2.2.3. */
const returnCodes: { readonly [code: number]: string } = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'Server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
}

/** Source: 5.0 §2.4. */
const reasonCodes: { readonly [code: number]: string } = {
  1: 'Granted QoS 1',
  2: 'Granted QoS 2',
  4: 'Disconnect with Will Message',
  16: 'No matching subscribers',
  17: 'No subscription existed',
  24: 'Continue authentication',
  25: 'Re-authenticate',
  128: 'Unspecified error',
  129: 'Malformed Packet',
  130: 'Protocol Error',
  131: 'Implementation specific error',
  132: 'Unsupported Protocol Version',
  133: 'Client Identifier not valid',
  134: 'Bad User Name or Password',
  135: 'Not authorized',
  136: 'Server unavailable',
  137: 'Server busy',
  138: 'Banned',
  139: 'Server shutting down',
  140: 'Bad authentication method',
  141: 'Keep Alive timeout',
  142: 'Session taken over',
  143: 'Topic Filter invalid',
  144: 'Topic Name invalid',
  145: 'Packet Identifier in use',
  146: 'Packet Identifier not found',
  147: 'Receive Maximum exceeded',
  148: 'Topic Alias invalid',
  149: 'Packet too large',
  150: 'Message rate too high',
  151: 'Quota exceeded',
  152: 'Administrative action',
  153: 'Payload format invalid',
  154: 'Retain not supported',
  155: 'QoS not supported',
  156: 'Use another server',
  157: 'Server moved',
  158: 'Shared Subscriptions not supported',
  159: 'Connection rate exceeded',
  160: 'Maximum connect time',
  161: 'Subscription Identifiers not supported',
  162: 'Wildcard Subscriptions not supported',
}
