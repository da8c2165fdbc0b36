import type { End } from '../capture/tcp-stream.ts'
import type { Recorder } from '../model/recorder.ts'
import type { Party, Upgrade } from '../model/trace.ts'
import { type Version, versionOfLevel } from '../model/version.ts'
import { PacketFlow } from '../peers/packet-flow.ts'
import { bodyStart } from '../wire/codec/body-start.ts'
import { decode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { WebSocketReader } from './websocket-reader.ts'

/** What a connection turned out to be that carries no MQTT, or none that can be read. */
export type Unread = { why: string; isMqtt: boolean }

export type ConversationOptions = {
  number: number
  /** Of the client. */
  address: string
  recorder: Recorder
  /** Its port is known for MQTT: what is said on it is MQTT, be it ever so wrong. */
  isExpected: boolean
  /** The capture has the connection from its first byte. */
  fromTheStart: boolean
  onUnread(unread: Unread): void
}

/** A CONNECT with the largest will, user name, password and client id has five strings of 64 KiB. */
const connectBytesMax = 384 * 1024
const packetBytesMax = 4 * 1024 * 1024

const parties: { [end in End]: Party } = { client: 'harness', server: 'target' }

/**
 * One connection between a client and a broker that are both not ours, from bytes to the trace. The client stands in it where the harness
 * does in other traces, the broker as the target.
 */
export class ObservedConversation {
  private state: 'waiting' | 'mqtt' | 'unreadable' | 'over' = 'waiting'
  private websocket: WebSocketReader | undefined
  private upgrade: Upgrade | undefined
  private held: { from: End; bytes: Uint8Array }[] = []
  private heldBytes = 0
  /** The client by its id; by its address before that is known. */
  private actor: string
  private flows: { [end in End]: PacketFlow } | undefined
  private readonly options: ConversationOptions

  constructor(options: ConversationOptions) {
    this.options = options
    this.actor = options.address
    if (!options.fromTheStart) {
      this.unread('it began before the capture: what it is about is not known', options.isExpected)
    }
  }

  push(from: End, bytes: Uint8Array): void {
    if (this.websocket) this.websocket.push(from, bytes)
    else this.take(from, bytes)
  }

  /** Bytes of MQTT, whatever they came in. */
  private take(from: End, bytes: Uint8Array): void {
    switch (this.state) {
      case 'waiting':
        this.wait(from, bytes)
        return
      case 'mqtt':
        this.read(from, bytes)
        return
      case 'unreadable':
      case 'over':
        return
    }
  }

  /** Memory that is held for what is not whole yet. */
  get unfinishedBytes(): number {
    const { held, flows, websocket } = this
    const waiting = held.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const reading =
      this.state === 'mqtt' && flows
        ? flows.client.unfinishedBytes + flows.server.unfinishedBytes
        : 0
    return waiting + reading + (websocket?.unfinishedBytes ?? 0)
  }

  /** So many bytes were sent that nobody saw: where the next packet begins cannot be told. */
  miss(from: End, bytes: number): void {
    this.giveUp(
      `the capture lacks ${bytes} bytes of the ${from === 'client' ? 'client' : 'broker'}`,
    )
  }

  /** Nothing more of this connection is read; it goes on for those whose it is. */
  giveUp(why: string): void {
    const isMqtt = this.state === 'mqtt' || this.options.isExpected
    if (this.state === 'mqtt') {
      const { number: connection, recorder } = this.options
      const { actor } = this
      recorder.record({
        kind: 'note',
        text: `${why}: the rest of connection ${connection} is not judged`,
      })
      recorder.record({ kind: 'close', connection, actor, by: 'harness', how: 'rst' })
    }
    this.unread(why, isMqtt)
  }

  end(by: End, how: 'fin' | 'rst'): void {
    if (this.state === 'mqtt' || this.state === 'unreadable') {
      if (this.state === 'mqtt') for (const flow of Object.values(this.flows ?? {})) flow.end()
      const { number: connection, recorder } = this.options
      const { actor } = this
      recorder.record({ kind: 'close', connection, actor, by: parties[by], how })
    }
    this.state = 'over'
    this.flows = undefined
    this.held = []
  }

  /** Until the client has said what it speaks, and in MQTT which version. */
  private wait(from: End, bytes: Uint8Array): void {
    this.held.push({ from, bytes: bytes.slice() })
    this.heldBytes += bytes.length
    const said = Buffer.concat(this.held.filter(one => one.from === 'client').map(one => one.bytes))
    if (said.length === 0) {
      if (this.heldBytes > connectBytesMax)
        this.unread('the broker speaks and the client does not', false)
      return
    }
    if (!this.upgrade) {
      const other = otherProtocol(said)
      if (other === 'http') {
        this.becomeWebSocket()
        return
      }
      if (other !== undefined) {
        this.unread(other, this.options.isExpected)
        return
      }
    }
    const version = this.versionOf(said)
    if (version === 'not yet') {
      if (said.length > connectBytesMax) this.unread('its first packet does not end', true)
    } else if (version === 'no MQTT') this.unread('it carries no MQTT', false)
    else this.begin(version, said)
  }

  private versionOf(said: Uint8Array): Version | 'not yet' | 'no MQTT' {
    const [frame] = createFramer({ maxPacketBytes: connectBytesMax }).push(said)
    const isConnect = (said[0] ?? 0) >> 4 === 1
    if (!this.options.isExpected && !this.upgrade) {
      if (!isConnect) return 'no MQTT'
      if (frame && !isNamedMqtt(frame.bytes)) return 'no MQTT'
    }
    if (!frame) return 'not yet'
    return (isConnect ? versionOfLevel(levelOf(frame.bytes) ?? 0) : undefined) ?? '3.1.1'
  }

  private begin(version: Version, said: Uint8Array): void {
    const { number: connection, recorder } = this.options
    const [first] = createFramer({ maxPacketBytes: connectBytesMax }).push(said)
    const connect = first?.kind === 'packet' ? decode(first.bytes, version) : undefined
    const named = connect?.type === 'CONNECT' && connect.clientId !== ''
    if (named) this.actor = connect.clientId
    const { actor } = this
    this.flows = { client: this.flowOf('client', version), server: this.flowOf('server', version) }
    const upgrade = this.upgrade ? { upgrade: this.upgrade } : {}
    recorder.record({ kind: 'open', connection, actor, by: 'harness', version, ...upgrade })
    this.state = 'mqtt'
    for (const { from, bytes } of this.held.splice(0)) this.read(from, bytes)
  }

  private flowOf(end: End, version: Version): PacketFlow {
    const { number: connection, recorder } = this.options
    const { actor } = this
    return new PacketFlow({
      connection,
      actor,
      from: parties[end],
      plays: end,
      version,
      maxPacketBytes: packetBytesMax,
      recorder,
    })
  }

  private read(from: End, bytes: Uint8Array): void {
    const flow = this.flows?.[from]
    if (!flow || this.state !== 'mqtt') return
    for (const incoming of flow.read(bytes)) {
      // What cannot be read has been judged; what follows it says nothing any more, on either side.
      if (incoming.kind === 'unreadable') {
        this.state = 'unreadable'
        return
      }
    }
  }

  private becomeWebSocket(): void {
    this.websocket = new WebSocketReader({
      onUpgrade: upgrade => {
        this.upgrade = upgrade
      },
      onBytes: (from, bytes) => this.take(from, bytes),
      onText: from => this.textFrame(from),
      onUnreadable: why => this.unread(why, this.state === 'mqtt'),
    })
    for (const { from, bytes } of this.held.splice(0)) this.websocket.push(from, bytes)
  }

  private textFrame(from: End): void {
    if (this.state === 'mqtt') {
      const { number: connection, recorder } = this.options
      const { actor } = this
      // As if the other side had dropped the connection over it, which it has to.
      const by = parties[from === 'client' ? 'server' : 'client']
      recorder.record({ kind: 'close', connection, actor, by, how: 'rst', textFrame: true })
    }
    this.state = 'over'
  }

  private unread(why: string, isMqtt: boolean): void {
    if (this.state === 'over') return
    this.state = 'over'
    this.websocket = undefined
    this.flows = undefined
    this.held = []
    this.options.onUnread({ why, isMqtt })
  }
}

function otherProtocol(said: Uint8Array): string | undefined {
  if (said[0] === 0x16 && (said[1] ?? 3) === 0x03) return 'it is TLS, which cannot be read'
  return /^GET /.test(Buffer.from(said.subarray(0, 4)).toString('latin1')) ? 'http' : undefined
}

/** `MQTT` or `MQIsdp` where CONNECT has its protocol name. */
function isNamedMqtt(bytes: Uint8Array): boolean {
  const at = bodyStart(bytes)
  const name = Buffer.from(bytes.subarray(at + 2, at + 8)).toString('latin1')
  return (bytes[at + 1] === 4 && name.startsWith('MQTT')) || name === 'MQIsdp'
}

/** Byte of the Protocol Level: behind the fixed header and the protocol name. */
function levelOf(bytes: Uint8Array): number | undefined {
  const at = bodyStart(bytes)
  const name = ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
  return bytes[at + 2 + name]
}
