import type { Packet } from '../../model/packet.ts'
import { namedCode } from '../../model/text/reason-names.ts'
import type { Mismatch } from '../packets/match.ts'
import { packetName, packetText } from './packet-text.ts'

/**
 * What is wrong with a packet that came where another was due, by what it did: `PUBLISH id 7 "once" was sent again without DUP`,
 * `PUBREC id 7 refuses with 0x97 Quota exceeded`, `The target sent PUBACK id 99; PINGREQ was due`, `The target went on after a CONNACK with
 * a byte behind its last field; it sent PUBACK id 99`.
 */
export function wrongPacket(
  packet: Packet,
  mismatches: readonly Mismatch[],
  due: { type: string | undefined; text: string; offence?: string | undefined },
): string {
  if (packet.type !== due.type || isAnother(packet, mismatches)) {
    const sent = packetText(packet)
    return due.offence === undefined
      ? `The target sent ${sent}; ${due.text} was due`
      : `The target went on after ${due.offence}; it sent ${sent}`
  }
  return mismatches.map(miss => wrongField(packet, miss)).join('; ')
}

/** Another message, or about another: what else differs is no wonder. */
function isAnother(packet: Packet, mismatches: readonly Mismatch[]): boolean {
  const differs = (name: string) => mismatches.some(({ field }) => field === name)
  if (packet.type === 'PUBLISH') return differs('payload') || differs('topic')
  return differs('id')
}

function wrongField(packet: Packet, { field, expected, got }: Mismatch): string {
  const name = packetName(packet)
  switch (field) {
    case 'dup':
      return expected === 'true'
        ? `${name} was sent again without DUP`
        : `${name} has DUP 1, and is no repeat`
    case 'qos':
      return `${name} came at QoS ${got}; QoS ${expected} was due`
    case 'retain':
      return `${name} has RETAIN ${bit(got)}; RETAIN ${bit(expected)} was due`
    case 'sessionPresent':
      return `CONNACK says Session Present ${bit(got)}; Session Present ${bit(expected)} was due`
    case 'id':
      return `${packet.type} has id ${got}; id ${expected} was due`
    case 'code':
      return wrongCode(packet, name, expected, Number(got))
    default: {
      const code = /^codes\[\d+\]$/.test(field) ? namedCode(packet.type, Number(got)) : undefined
      if (code !== undefined) return `${name} says ${code}; ${codeText(packet, expected)} was due`
      return `${name} has ${field} ${got}; ${expected} was due`
    }
  }
}

function wrongCode(packet: Packet, name: string, expected: string, got: number): string {
  const code = namedCode(packet.type, got)
  if (got >= 0x80 && (expected === 'at most 127' || expected === '0')) {
    return `${name} refuses with ${code}`
  }
  return `${name} has code ${code}; ${codeText(packet, expected)} was due`
}

/** `1 or 132`, `at least 128`: numbers as the standard writes them. */
function codeText({ type }: Packet, expected: string): string {
  if (expected === 'at least 128') return '0x80 or above'
  if (expected === 'at most 127') return 'a code below 0x80'
  return expected.replace(/\d+/g, code => namedCode(type, Number(code)))
}

function bit(value: string): string {
  return value === 'true' ? '1' : '0'
}
