import type { Breach } from '../../model/finding.ts'
import { packetTypes } from '../../model/packet-type.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import { type Version, versionOfLevel } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { readVarint } from '../../wire/varint.ts'
import { audit } from './packet-form.ts'
import { judgeTextFrame, judgeUpgrade } from './websocket.ts'
import { asksUnderZero } from './zero-id.ts'

/** Judges the form of every packet of the target by its bytes, as they stand in the trace. */
export type Audit = { observe(event: TraceEvent): readonly Breach[] }

/** What has to be known of a connection to judge the bytes of a packet. */
type Connection = {
  version: Version
  /** A CONNECT decides the version: not where we send it ourselves, whose level may be wrong on purpose. */
  relayed: boolean
  /** The other side used the Packet Identifier 0. */
  usedZero: boolean
  /** It asked for a level that no version has: a server may refuse in the form of any. Source: 5.0 MQTT-3.1.2-2. */
  unknownLevel: boolean
}

export function createAudit({ target }: { target: TargetRole }): Audit {
  const connections = new Map<number, Connection>()

  function observe(event: TraceEvent): readonly Breach[] {
    switch (event.kind) {
      case 'open': {
        const { connection, version, leg } = event
        connections.set(connection, {
          version,
          relayed: leg !== undefined,
          usedZero: false,
          unknownLevel: false,
        })
        return judgeUpgrade(event, target)
      }
      case 'close': {
        const { version = '3.1.1' } = connections.get(event.connection) ?? {}
        connections.delete(event.connection)
        return judgeTextFrame(event, version)
      }
      case 'packet':
        return onPacket(event)
      case 'bytes':
        return onBytes(event)
      case 'fault':
      case 'restart':
      case 'command':
      case 'app':
      case 'step':
      case 'fence':
      case 'wait':
      case 'finding':
      case 'note':
        return none
    }
  }

  function onPacket({ connection: number, from, packet, bytes, seq }: EventOf<'packet'>) {
    const connection = connections.get(number)
    if (!connection) return none
    const theirs = from === 'target'
    if (packet.type === 'CONNECT' && (theirs || connection.relayed)) {
      connection.version = versionOfLevel(packet.protocolLevel) ?? connection.version
    }
    if (theirs) {
      const free = packet.type === 'CONNACK' && connection.unknownLevel && packet.code !== 0
      return free ? none : judge(connection, bytes, seq)
    }
    if (packet.type === 'CONNECT') {
      connection.unknownLevel = versionOfLevel(packet.protocolLevel) === undefined
    }
    connection.usedZero ||= 'id' in packet && packet.id === 0
    return none
  }

  function onBytes({ connection: number, from, bytes, why, seq }: EventOf<'bytes'>) {
    const connection = connections.get(number)
    if (!connection) return none
    if (from === 'target') {
      return why === 'garbage' && isOnePacket(bytes) ? judge(connection, bytes, seq) : none
    }
    connection.usedZero ||= asksUnderZero(bytes)
    return none
  }

  function judge(connection: Connection, bytes: Uint8Array, seq: number): readonly Breach[] {
    const { version, usedZero } = connection
    // Whether a client may stay at identifier 0 is for the scenario to say (3.1.1: no, 5.0: it should not). One that stays holds to
    // the letter of the rule that an answer has the identifier of what it answers.
    const answersZero = usedZero && target === 'client'
    const from = target === 'client' ? 'client' : 'server'
    const found = audit(bytes, { version, from, answersZero })
    if (found.length === 0) return none
    return found.map(one => ({
      ...one,
      message: sentence(one.message, bytes[0]),
      seq,
      judge: 'audit' as const,
    }))
  }

  return { observe }
}

/** `a string holds U+0000` says neither who sent it nor in what; `PUBLISH has QoS 3` is a sentence of its own. */
function sentence(says: string, firstByte = 0): string {
  if (packetTypes.some(type => says.startsWith(type))) return says
  return `The target sent ${packetTypes[(firstByte >> 4) - 1] ?? 'bytes that are no packet'}: ${says}`
}

/**
 * The trace keeps the beginning only of what is too large to be taken: such bytes cannot be judged. What no type or
 * remaining length holds together is judged up to there.
 */
function isOnePacket(bytes: Uint8Array): boolean {
  if (bytes[0]! >> 4 === 0) return true
  const length = readVarint(bytes, 1)
  return length.kind !== 'value' || length.next + length.value === bytes.length
}

const none: readonly Breach[] = Object.freeze([])
