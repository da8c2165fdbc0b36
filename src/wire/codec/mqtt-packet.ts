import mqttPacket from 'mqtt-packet'
import type { Packet } from '../../model/packet.ts'
import { protocolLevel, type Version } from '../../model/version.ts'
import { bodyStart } from './body-start.ts'

/*
 * All that we know of mqtt-packet, and all that we do about what it does otherwise than we need:
 *
 * - it throws, reads past the end, or goes on, where a packet is malformed: one that stumbled is thrown away;
 * - a CONNECT changes how its parser reads what follows;
 * - it refuses legal forms: those are given to it in forms that mean the same, and what was changed is put back;
 * - the identifier of a field that is cut off it makes −1.
 */

/** What it reads out of one whole packet, with the bytes as it was given them; undefined where it refuses them. Never throws. */
export function readRaw(
  frame: Uint8Array,
  version: Version,
): { raw: Raw; bytes: Buffer } | undefined {
  const bytes = prepared(frame, version)
  const raw = parsers[version].read(bytes)
  if (raw === undefined || raw.cmd === 'connect') parsers[version] = createParser(version)
  return raw && { raw, bytes }
}

/** Puts back what `prepared` changed. */
export function restored(
  packet: Packet | undefined,
  frame: Uint8Array,
  version: Version,
): Packet | undefined {
  if (packet?.type === 'DISCONNECT' && version === '5.0' && isDisputedDisconnect(frame))
    packet.code = 0x8c
  return packet
}

/** The Packet Identifier, where the field was whole. */
export function idOf(raw: Raw): number | undefined {
  return raw.messageId === undefined || raw.messageId < 0 ? undefined : raw.messageId
}

/** What mqtt-packet makes of a packet; which fields there are depends on `cmd` and version. */
export type Raw = {
  cmd: string
  length: number
  qos: number
  dup: boolean
  retain: boolean
  messageId?: number
  topic: string
  payload: Buffer
  returnCode?: number
  reasonCode?: number
  sessionPresent?: boolean
  granted?: number[]
  subscriptions?: { topic: string; qos: number; nl?: boolean; rap?: boolean; rh?: number }[]
  unsubscriptions?: string[]
  protocolId: string
  protocolVersion: number
  bridgeMode?: boolean
  clientId: string
  clean: boolean
  keepalive: number
  username?: string
  password?: Buffer
  will?: { topic: string; payload: Buffer; qos: number; retain: boolean }
}

type Parser = { read(bytes: Buffer): Raw | undefined }

/** `read` returns the packet if the bytes are exactly one, else undefined. */
function createParser(version: Version): Parser {
  const parser = mqttPacket.parser({ protocolVersion: protocolLevel[version] })
  let packets: number
  let last: Raw | undefined
  parser.on('packet', packet => {
    packets += 1
    last = packet as unknown as Raw
  })
  parser.on('error', () => {
    packets = Number.NaN
  })
  return {
    read(bytes) {
      packets = 0
      try {
        return parser.parse(bytes) === 0 && packets === 1 ? last : undefined
      } catch {
        // It reads past the end of some fields that are cut off.
        return undefined
      }
    },
  }
}

const parsers: Record<Version, Parser> = {
  '3.1': createParser('3.1'),
  '3.1.1': createParser('3.1.1'),
  '5.0': createParser('5.0'),
}

/** The frame as mqtt-packet takes it: legal forms that it refuses are given in ones that mean the same. */
function prepared(frame: Uint8Array, version: Version): Buffer {
  const first = frame[0] ?? 0
  if (version === '3.1' && isFlagged(first)) {
    const plain = Buffer.from(frame)
    plain[0] = (first & 0xf0) | usualFlags(first >> 4)
    return plain
  }
  // AUTH without code and properties. Source: 5.0 §3.15.2.1.
  if (version === '5.0' && frame.length === 2 && first === 0xf0 && frame[1] === 0) return shortAuth
  // DISCONNECT 0x8C is in the table of §2.4 and not in that of §3.14.2.1; the decoder gives it back.
  if (version === '5.0' && isDisputedDisconnect(frame)) {
    const plain = Buffer.from(frame)
    plain[bodyStart(plain)] = 0x80
    return plain
  }
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length)
}

function isDisputedDisconnect(frame: Uint8Array): boolean {
  return frame[0] === 0xe0 && frame.length > 2 && frame[bodyStart(frame)] === 0x8c
}

const shortAuth = Buffer.from([0xf0, 0x02, 0x00, 0x00])

/** 3.1 repeats PUBREL, SUBSCRIBE and UNSUBSCRIBE with DUP, and leaves unused flags free. Source: 3.1 §2.1. */
function isFlagged(first: number): boolean {
  return first >> 4 !== 3 && (first & 0x0f) !== usualFlags(first >> 4)
}

function usualFlags(type: number): number {
  return type === 6 || type === 8 || type === 10 ? 2 : 0
}
