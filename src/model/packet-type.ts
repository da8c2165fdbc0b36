export const packetTypes = [
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const

/** Index in `packetTypes` + 1 is the packet type of the fixed header. Source: 5.0 §2.1.2. */
export type PacketType = (typeof packetTypes)[number]
