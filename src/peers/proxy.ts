import type { Duplex } from 'node:stream'
import type { Later, PassingWrite } from '../faults/fault.ts'
import type { Packet } from '../model/packet.ts'
import type { Recorder } from '../model/recorder.ts'
import { otherSide, type Side } from '../model/side.ts'
import { type Version, versionOfLevel } from '../model/version.ts'
import { HalfOpenLink } from '../transport/half-open-link.ts'
import { encode } from '../wire/codec.ts'
import { type Incoming, PacketFlow } from './packet-flow.ts'

/** The end of one side of a proxy, or of both. */
export type Cut = { how: 'fin' | 'rst'; side: Side | 'both' }

/** What becomes of one packet that came to the proxy: what goes out in its place, and the cut behind that. */
export type Treatment = { writes: readonly PassingWrite[]; cut?: Cut }

export type ProxyOptions = {
  actor: string
  client: Duplex
  broker: Duplex
  /** Numbers of the two connections within the case. */
  numbers: { [side in Side]: number }
  /** Names of those at the other ends, for the trace. */
  peers: { [side in Side]: string }
  version: Version
  maxPacketBytes: number
  recorder: Recorder
  /** Decides about a packet that has come whole; `seq` is its event in the trace. */
  treat(from: Side, packet: Packet, seq: number, bytes: Uint8Array): Treatment
  /** A packet went to the other side, whole and for the first time. */
  onPassed(from: Side, packet: Packet, seq: number): void
  /** All packets of one read have been handled, or a side has ended. */
  changed(): void
}

/** How a side ended: `by` whom. */
export type SideEnding = { by: 'us' | 'them'; how: 'fin' | 'rst' }

/** Bytes kept back from which on nothing more is read from their side. */
const heldMaxBytes = 1024 * 1024

type Waiting = { packet: Packet; bytes: Uint8Array; seq: number }

/**
 * Stands between a client and a broker and passes on what each says, byte for byte. What comes is framed, decoded and
 * recorded on the one connection, and recorded again on the other as it goes out: a packet that is lost stands in the trace once.
 * It knows nothing of scenarios; `treat` decides about each packet. A packet passes when it is whole: what is no packet passes
 * as it came, and the end of a side passes as what it was, FIN behind all that was said before, RST at once.
 */
export class Relay {
  /** How each side ended, once it has. */
  readonly endings: { [side in Side]?: SideEnding } = {}
  /** Whether a side has said anything at all. */
  readonly heard: { [side in Side]: boolean } = { client: false, broker: false }
  /** Why what a side sends is no MQTT, once it is not. */
  readonly broken: { [side in Side]?: string } = {}
  private readonly options: ProxyOptions
  private readonly legs: { [side in Side]: HalfOpenLink }
  private readonly ways: { [side in Side]: Way }
  private version: Version

  constructor(options: ProxyOptions) {
    this.options = options
    this.version = options.version
    this.ways = { client: wayOf('client', options), broker: wayOf('broker', options) }
    this.legs = {
      client: this.legOf('client', options.client),
      broker: this.legOf('broker', options.broker),
    }
    this.recordOpen('client')
    this.recordOpen('broker')
  }

  /** Bytes that wait here for a side to take them, and packets kept back. */
  get waitingBytes(): number {
    const { client, broker } = this.legs
    return (
      client.unsentBytes + broker.unsentBytes + this.ways.client.kept() + this.ways.broker.kept()
    )
  }

  numberOf(side: Side): number {
    return this.options.numbers[side]
  }

  /** What is held of this side, by type, in its order. */
  heldOf(from: Side): Packet['type'][] {
    return this.ways[from].held.map(({ packet }) => packet.type)
  }

  /** Sends the client a packet that the broker knows nothing of. */
  inject(packet: Packet): void {
    const bytes = encode(packet, this.version)
    this.record('client', packet, bytes, true)
    this.legs.client.write(bytes)
  }

  /** Passes what was held of this side, in its order. */
  release(from: Side): void {
    const way = this.ways[from]
    for (const { packet, bytes, seq } of way.held.splice(0)) this.pass(from, packet, bytes, seq)
    this.legs[from].resume('held')
    this.checkFlow(from)
  }

  /** Reads nothing more from this side until `resume`. */
  stall(side: Side): void {
    this.legs[side].pause('stalled')
  }

  resume(side: Side): void {
    this.legs[side].resume('stalled')
  }

  /** The cut comes when so many more bytes of this side have passed. */
  cutAfter(from: Side, bytes: number, cut: Cut, struck: () => void): void {
    this.ways[from].limit = { left: bytes, cut, struck }
  }

  /** Ends one side or both. Resolves when the system has been told. */
  async cut({ how, side }: Cut): Promise<void> {
    const sides: Side[] = side === 'both' ? ['client', 'broker'] : [side]
    const ends = sides.map(each => {
      this.end(each, { by: 'us', how })
      return this.legs[each].cut(how)
    })
    await Promise.all(ends)
  }

  /** Drops both connections without a word. */
  destroy(): void {
    for (const side of ['client', 'broker'] as const) {
      this.endings[side] ??= { by: 'us', how: 'rst' }
      this.legs[side].destroy()
    }
    for (const way of Object.values(this.ways)) way.stop()
  }

  private legOf(side: Side, stream: Duplex): HalfOpenLink {
    const leg = new HalfOpenLink(stream, {
      onBytes: bytes => this.receive(side, bytes),
      onFin: () => this.onFin(side),
      onLost: () => this.onLost(side),
      onDrain: () => this.legs[otherSide(side)].resume('full'),
    })
    stream.resume()
    return leg
  }

  private receive(from: Side, chunk: Uint8Array): void {
    const way = this.ways[from]
    this.heard[from] = true
    if (way.raw) this.passRaw(from, chunk)
    else {
      for (const incoming of way.flow.read(chunk)) {
        this.receivePacket(from, incoming)
        if (this.legs[from].closed) break
      }
    }
    this.checkFlow(from)
    this.options.changed()
  }

  private receivePacket(from: Side, incoming: Incoming): void {
    if (incoming.kind === 'unreadable') {
      // From here on the side speaks no MQTT: its bytes pass as they are.
      this.ways[from].raw ||= incoming.lost
      this.broken[from] ??= incoming.why
      this.passRaw(from, incoming.bytes)
      return
    }
    const { packet, bytes, seq } = incoming
    if (packet.type === 'CONNECT') this.speak(versionOfLevel(packet.protocolLevel))
    this.apply(from, this.options.treat(from, packet, seq, bytes), { packet, bytes, seq })
  }

  private apply(from: Side, { writes, cut }: Treatment, what: Waiting): void {
    // The first whole copy is the packet; what follows only repeats it.
    let passed = false
    for (const write of writes) {
      this.perform(from, write, what, passed)
      passed ||= write.as !== 'bytes'
    }
    if (cut) void this.cut(cut)
  }

  private perform(from: Side, write: PassingWrite, what: Waiting, again: boolean): void {
    const { packet, bytes, seq } = what
    switch (write.as) {
      case 'packet':
        if ('when' in write) this.defer(from, write.when, what)
        else if (again) this.send(from, bytes, packet)
        else this.pass(from, packet, bytes, seq)
        return
      case 'pieces':
        for (const [index, piece] of write.pieces.entries()) {
          this.send(from, piece, index === 0 ? packet : 'rest', bytes)
        }
        if (!again) this.options.onPassed(from, packet, seq)
        return
      case 'bytes':
        this.send(from, write.bytes, write.why)
        return
    }
    write satisfies never
  }

  private defer(from: Side, when: Later, what: Waiting): void {
    const way = this.ways[from]
    // The bytes are a view of what was read; kept longer they need a room of their own.
    const late = { ...what, bytes: what.bytes.slice() }
    switch (when.kind) {
      case 'on release':
        way.held.push(late)
        return
      case 'after':
        way.delay(when.ms, late, () => this.pass(from, late.packet, late.bytes, late.seq))
        return
      case 'behind':
        way.behind.push({ ...late, left: when.packets })
        return
    }
    when satisfies never
  }

  private pass(from: Side, packet: Packet, bytes: Uint8Array, seq: number): void {
    if (this.send(from, bytes, packet)) this.options.onPassed(from, packet, seq)
    const due = this.ways[from].overtaken()
    for (const late of due) this.pass(from, late.packet, late.bytes, late.seq)
  }

  /** What is no packet, as it came. */
  private passRaw(from: Side, bytes: Uint8Array): void {
    this.send(from, bytes, 'raw')
  }

  /**
   * Writes bytes to the other side and records them there: a packet, or what is none. Returns whether all of them went out.
   *
   * @param all the whole packet, where `bytes` is its first piece
   */
  private send(
    from: Side,
    bytes: Uint8Array,
    what: Packet | 'raw' | 'partial' | 'rest',
    all = bytes,
  ): boolean {
    const to = otherSide(from)
    if (!this.legs[to].open || bytes.length === 0) return false
    const { limit } = this.ways[from]
    const last = limit !== undefined && bytes.length >= limit.left
    const part = last ? bytes.subarray(0, limit.left) : bytes
    const whole = part.length === bytes.length
    if (limit) limit.left -= part.length
    if (!whole) this.recordBytes(to, part, 'partial')
    else if (what === 'raw' || what === 'partial') this.recordBytes(to, part, what)
    else if (what !== 'rest') this.record(to, what, all)
    this.legs[to].write(part)
    if (last) {
      delete this.ways[from].limit
      limit.struck()
      void this.cut(limit.cut)
    }
    return whole
  }

  /** Backpressure: as long as the other side takes less than comes, or too much is kept back, nothing is read. */
  private checkFlow(from: Side): void {
    if (this.legs[otherSide(from)].full) this.legs[from].pause('full')
    if (this.ways[from].kept() > heldMaxBytes) this.legs[from].pause('held')
  }

  private onFin(from: Side): void {
    const way = this.ways[from]
    this.flushRest(from)
    way.stop()
    this.end(from, { by: 'them', how: 'fin' })
    const to = otherSide(from)
    const first = this.endings[to] === undefined
    this.legs[to].endWriting()
    if (first) this.end(to, { by: 'us', how: 'fin' })
    this.options.changed()
  }

  /** What the side said before its FIN and that has not passed: what was late or behind, and a packet that is not whole. */
  private flushRest(from: Side): void {
    const way = this.ways[from]
    for (const late of way.take()) this.pass(from, late.packet, late.bytes, late.seq)
    if (!way.raw) this.send(from, way.flow.end(), 'partial')
  }

  private onLost(from: Side): void {
    this.ways[from].stop()
    this.end(from, { by: 'them', how: 'rst' })
    const to = otherSide(from)
    this.end(to, { by: 'us', how: 'rst' })
    void this.legs[to].cut('rst')
    this.options.changed()
  }

  /** The first end of a side is the one that counts. */
  private end(side: Side, ending: SideEnding): void {
    if (this.endings[side]) return
    this.endings[side] = ending
    const { by } = ending
    this.options.recorder.record({
      kind: 'close',
      connection: this.options.numbers[side],
      actor: this.options.actor,
      by: by === 'us' ? 'harness' : partyOf(side),
      how: ending.how,
    })
  }

  private speak(version: Version | undefined): void {
    if (version === undefined) return
    this.version = version
    for (const { flow } of Object.values(this.ways)) flow.version = version
  }

  private recordOpen(side: Side): void {
    this.options.recorder.record({
      kind: 'open',
      connection: this.options.numbers[side],
      actor: this.options.actor,
      by: side === 'client' ? 'target' : 'harness',
      version: this.options.version,
      leg: side,
      peer: this.options.peers[side],
    })
  }

  private record(to: Side, packet: Packet, bytes: Uint8Array, auto = false): void {
    this.options.recorder.record({
      kind: 'packet',
      connection: this.options.numbers[to],
      actor: this.options.actor,
      from: 'harness',
      packet,
      bytes,
      ...(auto ? { auto: true as const } : {}),
    })
  }

  private recordBytes(to: Side, bytes: Uint8Array, why: 'raw' | 'partial'): void {
    this.options.recorder.record({
      kind: 'bytes',
      connection: this.options.numbers[to],
      actor: this.options.actor,
      from: 'harness',
      bytes: bytes.subarray(0, 4096),
      why,
    })
  }
}

function partyOf(side: Side): 'target' | 'upstream' {
  return side === 'client' ? 'target' : 'upstream'
}

function wayOf(from: Side, options: ProxyOptions): Way {
  const { numbers, actor, version, maxPacketBytes, recorder } = options
  return new Way(
    new PacketFlow({
      connection: numbers[from],
      actor,
      from: partyOf(from),
      plays: from === 'client' ? 'client' : 'server',
      version,
      maxPacketBytes,
      recorder,
    }),
  )
}

/** One direction: how far its stream is understood, and what of it is kept back. */
class Way {
  readonly flow: PacketFlow
  /** The stream is no MQTT any more. */
  raw = false
  readonly held: Waiting[] = []
  readonly behind: (Waiting & { left: number })[] = []
  limit?: { left: number; cut: Cut; struck(): void }
  private readonly late = new Map<NodeJS.Timeout, Waiting>()

  constructor(flow: PacketFlow) {
    this.flow = flow
  }

  delay(ms: number, what: Waiting, pass: () => void): void {
    const timer = setTimeout(() => {
      this.late.delete(timer)
      pass()
    }, ms)
    this.late.set(timer, what)
  }

  /** A packet has passed: what was to go behind it. */
  overtaken(): Waiting[] {
    for (const entry of this.behind) entry.left -= 1
    const due = this.behind.filter(({ left }) => left <= 0)
    for (const entry of due) this.behind.splice(this.behind.indexOf(entry), 1)
    return due
  }

  /** What is late or behind, in its order; it is not late any more. */
  take(): Waiting[] {
    const all = [...this.behind.splice(0), ...this.late.values()]
    this.stop()
    return all.sort((a, b) => a.seq - b.seq)
  }

  kept(): number {
    let bytes = 0
    for (const entry of [...this.held, ...this.behind, ...this.late.values()]) {
      bytes += entry.bytes.length
    }
    return bytes
  }

  stop(): void {
    for (const timer of this.late.keys()) clearTimeout(timer)
    this.late.clear()
  }
}
