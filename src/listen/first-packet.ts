import type { Duplex } from 'node:stream'
import type { Connect } from '../model/packet.ts'
import { type Version, versionOfLevel } from '../model/version.ts'
import { bodyStart } from '../wire/codec/body-start.ts'
import { decode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'

/**
 * Somebody who connected and never sent a CONNECT that could be read. `wrong`: it speaks MQTT and breaks it; whoever speaks something else,
 * or nothing, is no client and is judged by nobody. `bytes`: the packet, or
 * the beginning of what is none.
 */
export type Stranger = {
  why: string
  wrong: boolean
  bytes: Uint8Array
  version: Version
}

export type FirstPacketOptions = {
  /** How long a CONNECT may take, from the opening of the connection. */
  connectMs: number
  /** What carries MQTT on this port, in words. */
  carried: string
  /** So many bytes of it have come that are no whole packet; `end` drops the connection, and says why. */
  onUnfinished?(bytes: number, end: (why: string) => void): void
  onClient(stream: Duplex, connect: Connect, version: Version): void
  /** The Protocol Level is none we know; the caller may answer. */
  onLevel(stream: Duplex, level: number, bytes: Uint8Array): void
  onStranger(stream: Duplex, stranger: Stranger): void
}

/** A CONNECT with the largest will, user name, password and client id has five strings of 64 KiB. */
const connectBytesMax = 384 * 1024
/** So many reads are put together into one: a chunk of one byte takes a hundred times that. */
const chunksMax = 64
/** Of what is no packet a report keeps so much. */
const shownBytesMax = 256

/**
 * Waits for the CONNECT of a new connection, within bounds of time and size, and hands the connection on with all its bytes unread.
 * Who a client is and which version it speaks must be known before its packets can be judged.
 */
export function awaitConnect(stream: Duplex, options: FirstPacketOptions): void {
  const framer = createFramer({ maxPacketBytes: connectBytesMax })
  let chunks: Uint8Array[] = []
  let length = 0
  const timer = setTimeout(() => giveUp(lateness(length, options.connectMs)), options.connectMs)
  stream.on('data', onData)
  stream.once('close', onClose)
  stream.resume()

  function onData(chunk: Buffer): void {
    chunks.push(chunk)
    length += chunk.length
    const [frame] = framer.push(chunk)
    if (chunks.length === 1) {
      const other = otherProtocol(chunk, options.carried)
      if (other) return giveUp(other)
    }
    if (frame?.kind === 'broken') {
      return isConnect(chunks[0]) ? giveUp(frame.reason, true) : giveUp('speaks no MQTT')
    }
    if (frame?.kind === 'packet') return settle(frame.bytes)
    if (chunks.length > chunksMax) chunks = [Buffer.concat(chunks)]
    options.onUnfinished?.(length + framer.heldBytes, giveUp)
  }

  function settle(bytes: Uint8Array): void {
    const level = levelOf(bytes)
    if (!isConnect(bytes)) {
      if (!isOfClient(bytes)) return giveUp('speaks no MQTT')
      return giveUp('the first packet is no CONNECT', true, bytes)
    }
    const version = level === undefined ? undefined : versionOfLevel(level)
    if (level !== undefined && version === undefined) {
      leave()
      options.onLevel(stream, level, Buffer.concat(chunks))
      return
    }
    const packet = decode(bytes, version ?? '3.1.1')
    if (packet?.type !== 'CONNECT' || !version) {
      return giveUp('a CONNECT that is malformed', true, bytes)
    }
    leave()
    stream.pause()
    // What follows is a read of its own: a client that floods at once waits for its turn behind its CONNECT.
    const all = Buffer.concat(chunks)
    if (all.length > bytes.length) stream.unshift(all.subarray(bytes.length))
    stream.unshift(all.subarray(0, bytes.length))
    options.onClient(stream, packet, version)
  }

  function onClose(): void {
    giveUp(length === 0 ? 'closed without a byte' : 'closed before its CONNECT was whole')
  }

  function giveUp(why: string, wrong = false, packet?: Uint8Array): void {
    leave()
    // A view would keep all of it.
    const bytes = packet ?? Uint8Array.from(Buffer.concat(chunks).subarray(0, shownBytesMax))
    const version = versionOfLevel(levelOf(bytes) ?? 4) ?? '3.1.1'
    options.onStranger(stream, { why, wrong, bytes, version })
  }

  function leave(): void {
    clearTimeout(timer)
    stream.removeListener('data', onData)
    stream.removeListener('close', onClose)
  }
}

function isConnect(bytes: Uint8Array | undefined): boolean {
  return (bytes?.[0] ?? 0) >> 4 === 1
}

/** Whether it is a packet that a client sends, whole and well made: chance brings about none. */
function isOfClient(bytes: Uint8Array): boolean {
  const packet = decode(bytes, '3.1.1') ?? decode(bytes, '5.0')
  return packet !== undefined && !/^(CONNACK|SUBACK|UNSUBACK|PINGRESP)$/.test(packet.type)
}

function lateness(bytes: number, ms: number): string {
  const within = `in ${ms / 1000} s`
  return bytes === 0
    ? `sent nothing ${within}`
    : `sent ${bytes} bytes and no whole CONNECT ${within}`
}

/** The mistakes people make: another protocol on this port. */
function otherProtocol(chunk: Uint8Array, carried: string): string | undefined {
  if (chunk[0] === 0x16 && chunk[1] === 0x03) return `speaks TLS; this port is ${carried}`
  const text = Buffer.from(chunk.subarray(0, 8)).toString('latin1')
  if (/^(GET|POST|HEAD|PUT|OPTIONS) /.test(text)) {
    return `speaks HTTP, perhaps MQTT over WebSocket; this port is ${carried}`
  }
  return undefined
}

/** Byte of the Protocol Level: behind the fixed header and the protocol name. */
function levelOf(bytes: Uint8Array): number | undefined {
  const at = bodyStart(bytes)
  const name = ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
  return bytes[at + 2 + name]
}
