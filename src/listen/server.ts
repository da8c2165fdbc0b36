import type { Duplex } from 'node:stream'
import type { Finding } from '../model/finding.ts'
import type { Connect, Publish } from '../model/packet.ts'
import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { Unfinished } from '../peers/unfinished.ts'
import { type TransportName, transportNamed } from '../transport/index.ts'
import { type DoorIdentity, Listener } from '../transport/listen.ts'
import { reset } from '../transport/reset.ts'
import { remoteOf } from '../transport/socket-beneath.ts'
import { encode } from '../wire/codec.ts'
import { type Exercise, piecesFor, programme } from './exercises.ts'
import { awaitConnect, type Stranger } from './first-packet.ts'
import { Retained, Waiting } from './messages.ts'
import { type Replay, resultsOf, strangerResult } from './results.ts'
import { FindingTexts, PieceTraces } from './rooms.ts'
import { ServedClient } from './served-client.ts'
import type { Shown } from './share.ts'
import { Turns } from './turns.ts'

export { type Exercise, programme } from './exercises.ts'

export type ListenOptions = {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Versions that are accepted. */
  versions: readonly Version[]
  pieces?: readonly Exercise[]
  /** How long a client may owe an answer or a resend. Default 10 s: devices are slow. */
  patienceMs?: number
  /** How long a connection may take to its CONNECT. */
  connectMs?: number
  /** Of packets that are not whole, over all connections; half of it for those of one address. Default 64 MiB. */
  unfinishedBytesMax?: number
  /** Of what clients begin and do not end, about. Default 48 MiB. */
  heldBytesMax?: number
  /** Plain TCP, unless it is said. */
  transport?: TransportName
  /** What is shown where the transport is encrypted; one of our own if nothing is given. */
  identity?: DoorIdentity
  /** The command line, for the reports. */
  replay: Replay
  onEvent?(client: string, event: TraceEvent): void
  /** A piece of the programme begins or ends. */
  onPiece?(client: string, text: string): void
  onFinding?(client: string, finding: Finding): void
  /** Somebody who is no client of ours, or is not let in. */
  onStranger?(from: string, why: string): void
}

/** A fake broker that is there for whoever dials in. */
export type Listening = {
  readonly port: number
  /** Who vouches for what is shown, as PEM, where the transport is encrypted and the certificate one of our own. */
  readonly ca: string
  /** The clients so far, and what was seen of them. */
  clients(): { name: string; version: Version; shown: Shown }[]
  /** Stops, and gives a case for every piece and client. */
  close(): CaseResult[]
}

const none = new Uint8Array(0)
const maxPacketBytes = 4 * 1024 * 1024
const guestsMax = 1024
const connectionsMax = 1000
/** Connections of one address that have not sent a CONNECT yet: of more, the oldest is dropped, so that who comes next is still heard. */
const unspokenMax = 64
/** Connections of one address that are clients. */
const perAddressMax = 600
const strangersMax = 100
const unfinishedBytesMax = 64 * 1024 * 1024
/** Events of all clients together: beyond that the longest traces are cut to their beginning and end. */
const eventsMax = 12_000
/** So many of a trace that is cut, of few clients; and of many together. */
const eventsKept = 200
const eventsKeptOfAll = 6000
/** Of the long packets of all clients together; of those behind that a trace keeps the beginning. A page holds them four times over. */
const longPacketBytesMax = 4 * 1024 * 1024
/** Of what clients begin and do not end: exchanges, subscriptions, secrets. Beyond that the client that holds most is given up. */
const heldBytesMax = 48 * 1024 * 1024
/** It is weighed when so much was read, and with every tick. */
const weighedBytes = 8 * 1024 * 1024
const tickMs = 200

/** Opens the port. Rejects with the system's error. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const house = new House(options)
  await house.open()
  return house
}

class House implements Listening {
  private readonly options: ListenOptions
  private readonly guests = new Map<string, ServedClient>()
  private readonly retained = new Retained()
  private readonly turns = new Turns()
  private readonly waiting = new Waiting()
  private readonly texts = new FindingTexts()
  private readonly pieceTraces = new PieceTraces()
  private readBytes = 0
  private readonly allowance = { leftBytes: longPacketBytesMax }
  private readonly streams = new Set<Duplex>()
  /** By connection: the address it came from. */
  private readonly addresses = new Map<Duplex, string>()
  private readonly unspoken = new Map<Duplex, string>()
  private readonly unfinished: Unfinished<Duplex>
  private readonly strangers: CaseResult[] = []
  private listener: Listener | undefined
  private ticking: NodeJS.Timeout | undefined
  private anonymous = 0

  constructor(options: ListenOptions) {
    this.options = options
    const bytesMax = options.unfinishedBytesMax ?? unfinishedBytesMax
    this.unfinished = new Unfinished({ bytesMax, addressBytesMax: bytesMax / 2 })
  }

  get port(): number {
    return this.listener?.port ?? 0
  }

  async open(): Promise<void> {
    const { host, port, transport, identity } = this.options
    this.listener = await Listener.open({
      host,
      port,
      ...(transport ? { transport } : {}),
      ...(identity ? { identity } : {}),
      changed: () => this.admit(),
      onRefused: (from, why) => {
        const how = `came to no terms with us over ${transportNamed(transport).title}: ${why}`
        this.options.onStranger?.(from, how)
        this.noteStranger(from, { why: how, wrong: false, bytes: none, version: '3.1.1' })
      },
    })
    this.ticking = setInterval(() => this.tick(), tickMs)
    this.admit()
  }

  get ca(): string {
    return this.listener?.invitation.tls?.ca ?? ''
  }

  clients(): { name: string; version: Version; shown: Shown }[] {
    return [...this.guests.values()].map(({ options: { name, version }, shown }) => {
      return { name, version, shown }
    })
  }

  close(): CaseResult[] {
    clearInterval(this.ticking)
    this.turns.close()
    this.listener?.close()
    for (const guest of this.guests.values()) guest.close()
    for (const stream of this.streams) stream.destroy()
    const { replay } = this.options
    return [
      ...[...this.guests.values()].flatMap(guest => resultsOf(guest, replay)),
      ...this.strangers,
    ]
  }

  private tick(): void {
    const guests = [...this.guests.values()]
    for (const guest of guests) guest.tick()
    this.weigh()
    const events = guests.reduce((sum, { record }) => sum + record.size, 0)
    if (events <= eventsMax) return
    const kept = Math.min(eventsKept, Math.floor(eventsKeptOfAll / guests.length))
    for (const { record } of guests) record.cut(kept)
  }

  /** Gives up those who hold the most, until the others have room. */
  private weigh(): void {
    this.readBytes = 0
    const most = this.options.heldBytesMax ?? heldBytesMax
    const weights = [...this.guests.values()].map(guest => ({ guest, bytes: guest.heldBytes }))
    weights.sort((a, b) => b.bytes - a.bytes)
    let all = weights.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { guest, bytes } of weights) {
      if (all <= most) return
      const mebibytes = (of: number) => Math.ceil(of / 1024 / 1024)
      const why = `what it began and did not end takes ${mebibytes(bytes)} MiB, the most of all, who have ${mebibytes(most)} MiB`
      this.options.onStranger?.(guest.options.name, `is given up: ${why}`)
      guest.giveUp(why)
      all -= bytes
    }
  }

  private admit(): void {
    for (;;) {
      const stream = this.listener?.waiting.shift()
      if (!stream) return
      const from = remoteOf(stream)
      const address = addressOf(from)
      const refusal = this.refusalOf(address)
      if (refusal !== undefined) {
        this.options.onStranger?.(from, refusal)
        reset(stream)
        continue
      }
      this.makeRoom(address)
      this.unspoken.set(stream, address)
      this.addresses.set(stream, address)
      this.streams.add(stream)
      stream.once('close', () => this.forget(stream))
      awaitConnect(stream, {
        connectMs: this.options.connectMs ?? 10_000,
        carried: transportNamed(this.options.transport).title,
        onUnfinished: (bytes, end) => this.unfinished.note(stream, { address, bytes, end }, false),
        onClient: (_stream, connect, version) => this.welcome(stream, from, connect, version),
        onLevel: (_stream, level) => this.refuseLevel(stream, from, level),
        onStranger: (_stream, stranger) => this.dismiss(stream, from, stranger),
      })
    }
  }

  /** Why nobody of that address is let in just now. */
  private refusalOf(address: string): string | undefined {
    if (this.streams.size >= connectionsMax) {
      return `turned away: ${connectionsMax} connections are open`
    }
    const own = [...this.addresses.values()].filter(one => one === address).length
    return own >= perAddressMax
      ? `turned away: ${own} connections of ${address} are open`
      : undefined
  }

  /** Drops the oldest connection of an address that has said nothing yet, where there are too many of them. */
  private makeRoom(address: string): void {
    const own = [...this.unspoken].filter(([, one]) => one === address)
    const [oldest] = own
    if (!oldest || own.length < unspokenMax) return
    this.options.onStranger?.(
      address,
      `${unspokenMax} of its connections said nothing; one is reset`,
    )
    this.forget(oldest[0])
    reset(oldest[0])
  }

  private forget(stream: Duplex): void {
    this.streams.delete(stream)
    this.unspoken.delete(stream)
    this.unfinished.forget(stream)
    this.addresses.delete(stream)
  }

  private welcome(stream: Duplex, from: string, connect: Connect, version: Version): void {
    if (!this.options.versions.includes(version)) {
      this.turnAway(stream, from, version, version === '5.0' ? 0x84 : 1, `speaks MQTT ${version}`)
      return
    }
    const key = connect.clientId === '' ? '' : `${version} ${connect.clientId}`
    const known = this.guests.get(key)
    if (!known && this.guests.size >= guestsMax) {
      const why = `turned away: ${guestsMax} clients have been here`
      this.turnAway(stream, from, version, version === '5.0' ? 0x97 : 3, why)
      return
    }
    for (const guest of this.guests.values()) {
      const same = guest.options.clientId === connect.clientId && connect.clientId !== ''
      if (same && guest !== known) guest.leave('taken over')
    }
    if (known?.gaveUp !== undefined) {
      this.turnAway(stream, from, version, version === '5.0' ? 0x97 : 3, 'turned away: given up')
      return
    }
    const guest = known ?? this.newGuest(connect.clientId, version)
    this.unspoken.delete(stream)
    this.unfinished.forget(stream)
    const address = addressOf(from)
    guest.attach(stream, (bytes, isNew, end) => {
      const told = (why: string) => {
        this.options.onStranger?.(from, why)
        end(why)
      }
      this.unfinished.note(stream, { address, bytes, end: told }, isNew)
      return this.unfinished.isCrowded
    })
  }

  private newGuest(clientId: string, version: Version): ServedClient {
    const given = clientId === '' ? `anonymous-${++this.anonymous}` : clientId
    const name = this.uniqueName(given, version)
    const { options } = this
    const guest: ServedClient = new ServedClient({
      name,
      clientId: given,
      version,
      pieces: piecesFor(version, options.pieces ?? programme),
      patienceMs: options.patienceMs ?? 10_000,
      maxPacketBytes,
      retained: () => this.retained.all(),
      allowance: this.allowance,
      texts: this.texts,
      pieceTraces: this.pieceTraces,
      waiting: this.waiting,
      onRead: bytes => {
        this.readBytes += bytes
        if (this.readBytes > weighedBytes) this.weigh()
      },
      connectionsOpen: () => this.streams.size,
      awaitTurn: (tookMs, resume) => this.turns.wait(tookMs, resume),
      publish: message => this.route(message, guest),
      onEvent: event => options.onEvent?.(name, event),
      onPiece: text => options.onPiece?.(name, text),
      onFinding: finding => options.onFinding?.(name, finding),
    })
    this.guests.set(`${version} ${given}`, guest)
    return guest
  }

  /** Client ids may hold anything; names stand in case ids, file names and on command lines. */
  private uniqueName(clientId: string, version: Version): string {
    const plain = clientId.replace(/[^0-9A-Za-z._-]/g, '_').slice(0, 64)
    const taken = new Set<string>()
    for (const { options } of this.guests.values()) {
      if (options.version === version) taken.add(options.name)
    }
    for (let number = 1; ; number++) {
      const name = number === 1 ? plain : `${plain}-${number}`
      if (!taken.has(name)) return name
    }
  }

  private route(message: Publish, from: ServedClient): void {
    this.retained.note(message)
    for (const guest of this.guests.values()) guest.offer(message, guest === from)
  }

  private refuseLevel(stream: Duplex, from: string, level: number): void {
    this.turnAway(stream, from, '3.1.1', 1, `asks for protocol level ${level}`)
  }

  private turnAway(
    stream: Duplex,
    from: string,
    version: Version,
    code: number,
    why: string,
  ): void {
    stream.on('data', () => undefined)
    stream.end(encode({ type: 'CONNACK', sessionPresent: false, code, properties: {} }, version))
    setTimeout(() => stream.destroy(), 1000).unref()
    this.options.onStranger?.(from, why)
    const stranger = { why, wrong: false, bytes: none, version }
    this.noteStranger(from, stranger)
  }

  private dismiss(stream: Duplex, from: string, stranger: Stranger): void {
    reset(stream)
    this.options.onStranger?.(from, stranger.why)
    this.noteStranger(from, stranger)
  }

  private noteStranger(from: string, stranger: Stranger): void {
    if (this.strangers.length >= strangersMax) return
    const number = this.strangers.length + 1
    this.strangers.push(strangerResult(stranger, from, number, this.options.replay))
  }
}

/** `127.0.0.1` of `127.0.0.1:50123`. */
function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, '')
}
