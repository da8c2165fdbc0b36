import type { Ending } from '../engine/verdict.ts'
import type { Fault } from '../faults/index.ts'
import type { Breach } from '../model/finding.ts'
import type { Packet, Publish } from '../model/packet.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { ack, allocateId, type Session } from '../peers/session.ts'
import { coversOf, type Exercise } from './exercises.ts'
import { toGo } from './share.ts'

/** What the programme may do with the client it is played to. */
export type Stage = {
  readonly version: Version
  readonly session: Session
  readonly nowMs: number
  readonly lastSeq: number
  readonly connected: boolean
  /** The client asked for a session that outlives its connection. */
  readonly kept: boolean
  /** The client's Receive Maximum lets us send one more. */
  readonly windowOpen: boolean
  /** A topic on which the client gets messages at this QoS or a higher one. */
  topicAt(qos: number): string | undefined
  send(packet: Packet): void
  /** Only the first two bytes of it. */
  sendHalf(packet: Packet): void
  /** The session takes note of a packet of the client; the answers are returned, not sent. */
  take(packet: Packet): Packet[]
  fault(fault: Fault): void
  cut(how: 'fin' | 'rst'): void
  /** For somebody who watches. */
  announce(text: string): void
  /** Takes down what the client broke. */
  find(breach: Breach): void
  waited(rule: string, ms: number): void
  /** The events since `seq`, behind those that opened the connection they began on, as far as there is room for them. */
  eventsSince(seq: number, isWrong: boolean): TraceEvent[]
}

/** A piece that was begun, and how it ended. Findings are weighed later. */
export type Played = {
  piece: Exercise
  ending: Ending
  /** Its part of the trace: both ends included. */
  from: number
  to: number
  beganMs: number
  endedMs: number
  trace: TraceEvent[]
}

type Playing = {
  piece: Exercise
  /** Packet identifier of the exchange. */
  id: number
  from: number
  beganMs: number
  struck: boolean
  where: 'here' | 'away' | 'back'
  /** When it last got on, or the client came back. */
  sinceMs: number
  /** How long the client was connected before, since it last got on: some are awake for a fraction of a second at a time. */
  awakeMs: number
  /** So many connections it began anew on. */
  returns: number
  /** PUBRECs on this connection, for a piece with copies. */
  answers: number
  /** So many connections the client ended by itself, without DISCONNECT, while an exchange of ours was open. */
  closes: number
}

/** Who ended a connection: we did, or the client with or without DISCONNECT. */
export type GoneBy = 'us' | 'closed' | 'disconnect'

/** So long nothing forbidden may come where only silence is right. */
const silenceMs = 1000
/** A client that comes back so often without taking an exchange up again will not do it. */
const returnsMax = 8

/**
 * Plays the programme to one client, a piece at a time: a piece for the client's own exchanges begins at its next PUBLISH, one for
 * ours as soon as it has subscribed. It decides what is lost and cut; the judges decide what was wrong.
 */
export class ExercisePlayer {
  readonly todo: Exercise[]
  readonly played: Played[] = []
  private playing: Playing | undefined
  private readonly stage: Stage
  private readonly patienceMs: number

  constructor(pieces: Exercise[], stage: Stage, patienceMs: number) {
    this.todo = [...pieces]
    this.stage = stage
    this.patienceMs = patienceMs
  }

  /** The client has to be told that its session is gone, though it is not. */
  get forgets(): boolean {
    const { playing } = this
    return playing?.piece.forgets === true && playing.where === 'away'
  }

  /** True where the piece has taken care of the packet; nobody else answers it then. */
  onPacket(packet: Packet, seq: number): boolean {
    if (packet.type === 'PUBLISH' && !this.playing) this.beginAtPublish(packet, seq)
    const { playing } = this
    if (playing && packet.type === 'PUBREC' && packet.id === playing.id) playing.answers += 1
    if (!playing || playing.struck || !strikesAt(playing, packet)) return false
    this.strike(playing, packet, seq)
    return true
  }

  /** After a packet has been answered: the piece may be over, and another begin. */
  afterPacket(packet: Packet): void {
    const { playing } = this
    if (playing && this.isOver(playing, packet)) this.finish({ kind: 'done' })
    this.next()
  }

  onGone(by: GoneBy): void {
    const { playing } = this
    if (!playing) return
    playing.awakeMs += this.stage.nowMs - playing.sinceMs
    if (by === 'closed') playing.closes += 1
    const { copies = 1 } = playing.piece
    if (by !== 'us' && copies > playing.answers && copies > 1) this.fellShort(playing, by)
    else if (this.stage.kept) playing.where = 'away'
    else {
      this.finish({
        kind: 'inconclusive',
        reason: 'the connection ended, and with it the session',
      })
    }
  }

  /** The client has connected. `resumed`: its session goes on. */
  onBack(resumed: boolean): void {
    const { playing } = this
    if (playing) {
      if (resumed || (playing.piece.forgets && playing.struck)) {
        playing.where = 'back'
        playing.sinceMs = this.stage.nowMs
        playing.returns += 1
      } else {
        const reason = 'the client came back and asked for a new session'
        this.finish({ kind: 'skipped', reason })
      }
    }
    this.next()
  }

  /** Called now and then. */
  tick(): void {
    const { playing, stage } = this
    if (!playing || playing.where === 'away') return
    const forMs = playing.awakeMs + stage.nowMs - playing.sinceMs
    if (wantsSilence(playing)) {
      if (forMs < silenceMs) return
      stage.waited('nothing of the old exchange may come', silenceMs)
      this.finish({ kind: 'done' })
    } else if (playing.piece.by === 'us' && playing.closes > returnsMax) {
      this.neverAnswers(playing)
    } else if (forMs > this.patienceMs + 500 || playing.returns > returnsMax) {
      const seconds = Math.round(this.patienceMs / 100) / 10
      const within =
        playing.returns > returnsMax
          ? `over ${playing.returns} connections`
          : `in ${seconds} s of connection`
      this.finish({
        kind: 'inconclusive',
        reason: `the exchange of id ${playing.id} did not end ${within}`,
      })
    } else return
    this.next()
  }

  /** Nobody listens any longer. */
  close(): void {
    const { playing } = this
    if (!playing) return
    const reason =
      playing.where === 'away'
        ? 'the client did not come back before the listening ended'
        : 'the listening ended in the middle of it'
    this.finish({ kind: 'inconclusive', reason })
  }

  /**
   * The client ended a connection with copies unanswered, and what comes on the next makes it no good: each copy is answered where it came. A
   * link may break by itself, so the piece is played once more; whoever ends a connection there twice does not answer.
   */
  private fellShort(playing: Playing, by: 'closed' | 'disconnect'): void {
    const { piece, answers } = playing
    const short = `the client ended the connection with ${answers} of ${piece.copies} copies answered`
    if (this.fallen.has(piece.id) && by === 'closed') {
      this.stage.find({
        statement: coversOf(piece, this.stage.version)[0] ?? `${this.stage.version}:§4.3`,
        level: 'MUST',
        message: `PUBLISH id ${playing.id} came ${piece.copies} times: ${short}, and the time before too`,
        expected: `PUBREC id ${playing.id} for each`,
        got: `${answers}, and the end of the connection`,
        seq: this.stage.lastSeq,
        judge: 'referee',
      })
      this.finish({ kind: 'failed' })
    } else if (this.fallen.has(piece.id)) this.finish({ kind: 'inconclusive', reason: short })
    else {
      this.fallen.add(piece.id)
      this.playing = undefined
      this.todo.unshift(piece)
      this.stage.announce(`${piece.id} begins anew: ${short}`)
    }
  }

  /** A client that ends every connection by itself as often as it is given a message does not answer it. */
  private neverAnswers(playing: Playing): void {
    const { piece, id, closes } = playing
    const packet = piece.stray ? 'PUBREL' : 'PUBLISH'
    this.stage.find({
      statement: coversOf(piece, this.stage.version)[0] ?? `${this.stage.version}:§4.3`,
      level: 'MUST',
      message: `The exchange of id ${id} never ended: the client closed ${closes} connections on it, one after another`,
      expected: `an answer to ${packet} id ${id}`,
      got: `the end of ${closes} connections`,
      seq: this.stage.lastSeq,
      judge: 'referee',
    })
    this.finish({ kind: 'failed' })
  }

  /** Pieces that were begun a second time. */
  private readonly fallen = new Set<string>()

  private beginAtPublish(packet: Publish, seq: number): void {
    const { id, qos, dup } = packet
    if (id === undefined || dup || (qos === 2 && this.stage.session.held.has(id))) return
    const index = this.todo.findIndex(
      piece => piece.by === 'client' && piece.qos === qos && this.suits(piece),
    )
    if (index >= 0) this.begin(index, id, seq)
  }

  /** Begins the next exchange of ours, if the client would get it. */
  private next(): void {
    if (this.playing || !this.stage.connected || !this.stage.windowOpen) return
    const index = this.todo.findIndex(
      piece =>
        piece.by === 'us' && this.stage.topicAt(piece.qos) !== undefined && this.suits(piece),
    )
    if (index < 0) return
    const { session, lastSeq } = this.stage
    this.begin(index, allocateId(session), lastSeq + 1)
    this.sendOurs(this.playing!)
  }

  private begin(index: number, id: number, from: number): void {
    const [piece] = this.todo.splice(index, 1)
    this.stage.announce(`${piece!.id}: ${piece!.title}`)
    const now = this.stage.nowMs
    this.playing = {
      piece: piece!,
      id,
      from,
      beganMs: now,
      struck: false,
      where: 'here',
      sinceMs: now,
      awakeMs: 0,
      returns: 0,
      answers: 0,
      closes: 0,
    }
  }

  private suits(piece: Exercise): boolean {
    return piece.strike?.cut === undefined || this.stage.kept
  }

  private sendOurs(playing: Playing): void {
    const { stage } = this
    const { piece, id } = playing
    if (piece.stray) {
      stage.send(ack('PUBREL', id))
      return
    }
    const packet: Publish = {
      type: 'PUBLISH',
      topic: stage.topicAt(piece.qos)!,
      qos: piece.qos,
      dup: false,
      retain: false,
      id,
      payload: new TextEncoder().encode(`mqttspec ${piece.id}`),
      properties: {},
    }
    if (piece.qos === 1) stage.send(atQos0(packet))
    stage.session.flows.set(id, { packet, state: 'publish', code: 0 })
    if (piece.strike?.how === 'half') {
      playing.struck = true
      stage.sendHalf(packet)
      stage.cut(piece.strike.cut ?? 'fin')
      return
    }
    const copies = piece.copies ?? 1
    if (copies > 1) stage.fault({ kind: 'duplicate', packet: 'PUBLISH', copies })
    for (let copy = 0; copy < copies; copy++) stage.send({ ...packet, dup: copy > 0 })
  }

  private strike(playing: Playing, packet: Packet, seq: number): void {
    const { stage } = this
    const { strike } = playing.piece
    if (!strike) return
    playing.struck = true
    playing.sinceMs = stage.nowMs
    playing.awakeMs = 0
    switch (strike.how) {
      case 'lose':
        stage.fault({ kind: 'lose', seq, packet: packet.type })
        break
      case 'hold':
        for (const reply of stage.take(packet)) stage.fault({ kind: 'hold', packet: reply.type })
        break
      case 'half':
        for (const reply of stage.take(packet)) stage.sendHalf(reply)
        break
      case 'answer':
        for (const reply of stage.take(packet)) stage.send(reply)
        break
      case 'repeat':
        for (const reply of stage.take(packet)) {
          stage.fault({ kind: 'duplicate', packet: reply.type, copies: 2 })
          stage.send(reply)
          stage.send(reply)
        }
        break
      case 'refuse':
        stage.send({ ...ack('PUBREC', playing.id), code: 0x97 } as Packet)
        break
    }
    if (strike.cut) stage.cut(strike.cut)
  }

  private isOver(playing: Playing, packet: Packet): boolean {
    const { piece, id, struck } = playing
    if ((piece.strike && !struck) || wantsSilence(playing)) return false
    if (!('id' in packet) || packet.id !== id) return false
    if (piece.stray) return packet.type === 'PUBCOMP'
    if (piece.by === 'us') return !this.stage.session.flows.has(id)
    return packet.type === 'PUBREL' || (packet.type === 'PUBLISH' && packet.qos === 1)
  }

  private waitsFor(piece: Exercise): string {
    const { stage } = this
    if (!this.suits(piece)) return 'needs a session that is kept'
    if (piece.by === 'client') return `at a QoS ${piece.qos} message of the client`
    return stage.topicAt(piece.qos) === undefined
      ? `once it subscribes at QoS ${piece.qos}`
      : 'by itself'
  }

  private finish(ending: Ending): void {
    const { playing, stage } = this
    if (!playing) return
    this.playing = undefined
    const { piece, from, beganMs } = playing
    this.played.push({
      piece,
      ending,
      from,
      to: stage.lastSeq,
      beganMs,
      endedMs: stage.nowMs,
      trace: stage.eventsSince(from, ending.kind !== 'done'),
    })
    const outcome = 'reason' in ending ? `is given up: ${ending.reason}` : 'is over'
    const { length } = this.todo
    const left =
      length === 0
        ? 'the programme is over'
        : `${length} to go: ${toGo(this.todo, one => this.waitsFor(one))}`
    stage.announce(`${piece.id} ${outcome}; ${left}`)
  }
}

function strikesAt({ piece, id }: Playing, packet: Packet): boolean {
  return piece.strike?.at === packet.type && 'id' in packet && packet.id === id
}

/** Over when nothing came for a while: the client must not take the exchange up again. */
function wantsSilence({ piece, struck, where }: Playing): boolean {
  if (!struck) return false
  return piece.strike?.how === 'refuse' || (piece.forgets === true && where === 'back')
}

function atQos0(packet: Publish): Publish {
  const { id: _id, ...rest } = packet
  return { ...rest, qos: 0, payload: new TextEncoder().encode('mqttspec receives-qos0') }
}
