/** Who may send a code in a packet: bits, so that one lookup answers. */
const client = 1
const server = 2
const disputed = 4

export type CodeTable = Uint8Array

/** Whether the code is listed for a packet from that side. */
export function isListed(table: CodeTable, code: number, from: 'client' | 'server'): boolean {
  return (table[code]! & (from === 'client' ? client : server)) !== 0
}

/** Whether the standard's tables disagree about the code in that packet. */
export function isDisputed(table: CodeTable, code: number): boolean {
  return (table[code]! & disputed) !== 0
}

/** Return codes of CONNACK. Source: 3.1 §3.2, 3.1.1 §3.2.2.3. */
export const connackReturnCodes = table({ server: [0, 1, 2, 3, 4, 5] })
/** Source: 5.0 §3.2.2.2. */
export const connackCodes = table({
  server: [
    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
    0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
  ],
})
/** PUBACK and PUBREC; 0x10 is for servers. Source: 5.0 §3.4.2.1, §3.5.2.1. */
export const pubackCodes = table({
  both: [0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  server: [0x10],
})
/** PUBREL and PUBCOMP. Source: 5.0 §3.6.2.1, §3.7.2.1. */
export const pubrelCodes = table({ both: [0x00, 0x92] })
/** Source: 3.1.1 §3.9.3. */
export const subackReturnCodes = table({ server: [0x00, 0x01, 0x02, 0x80] })
/** Source: 5.0 §3.9.3. */
export const subackCodes = table({
  server: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
})
/** Source: 5.0 §3.11.3. */
export const unsubackCodes = table({ server: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91] })
/**
 * Source: 5.0 §3.14.2.1. It gives 0x00 to clients only, yet makes it the value of every DISCONNECT without a code; and §2.4
 * lists 0x8C for DISCONNECT where §3.14.2.1 does not.
 */
export const disconnectCodes = table({
  client: [0x00, 0x04],
  both: [0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
  server: [
    0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
  ],
  disputed: [0x00, 0x8c],
})
/** Source: 5.0 §3.15.2.1. */
export const authCodes = table({ server: [0x00], both: [0x18], client: [0x19] })

function table(codes: {
  both?: number[]
  client?: number[]
  server?: number[]
  disputed?: number[]
}): CodeTable {
  const bits = new Uint8Array(256)
  const mark = (list: number[] | undefined, bit: number) => {
    for (const code of list ?? []) bits[code]! |= bit
  }
  mark(codes.both, client | server)
  mark(codes.client, client)
  mark(codes.server, server)
  mark(codes.disputed, disputed)
  return bits
}
