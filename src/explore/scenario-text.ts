import type { Breach } from '../model/finding.ts'
import type { Connect, Packet, Publish } from '../model/packet.ts'
import { toHex } from '../model/text/hex.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'
import { sentinelPrefix } from '../model/trace.ts'
import type { Defect } from './defect.ts'
import { clientIdEnd, type Peer } from './flow.ts'
import type { Setup } from './setup.ts'

/*
 * A failing run as a scenario of its own. Its trace is told step by step, by hand, up to where the target goes wrong; from there the
 * peers answer by themselves, a fence closes, and the judges find what they found before. A correct target passes it: nothing is
 * expected that the standard does not ask for.
 */

/** The scenario as the text of a suite file. `whole` tells the trace to its end, for what only the end shows. */
export function scenarioText(
  { breach, trace, atoms, replay, statement }: Defect,
  { flow, version }: Setup,
  whole: boolean,
): string {
  const teller = new Teller(trace, flow.peers, whole ? undefined : breach)
  const steps = teller.steps()
  const what = atoms.length === 0 ? 'nothing went wrong on the way' : atoms.join(', then ')
  return `# yaml-language-server: $schema=https://unpkg.com/mqttspec/schema/suite.json
#
# Found by mqttspec explore ${flow.id} --replay ${replay}
# ${what}: ${breach.message}.
suite: explored/${flow.id}
title: ${quoted(flow.title)}
role: client
scenarios:
  - id: found-${replay.replaceAll(':', '-')}
    title: ${quoted(titleOf(breach))}
    covers: { ${version}: [${statement.slice(version.length + 1)}] }
    matrix: { version: [${version}] }
    steps:
${steps.map(step => `      - ${step}`).join('\n')}
`
}

function titleOf({ expected }: Breach): string {
  return `The target is held to: ${expected}`.slice(0, 120)
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

/** One connection, under the name of its actor in the scenario. */
type Line = { actor: string; peer: string; open: boolean; connect: Connect | undefined }

class Teller {
  private readonly trace: readonly TraceEvent[]
  private readonly peers: readonly Peer[]
  /** Nothing of the target is expected from here on. */
  private readonly stopSeq: number
  private readonly lines = new Map<number, Line>()
  private readonly out: string[] = []
  private readonly lost = new Set<number>()
  /** Ids that the target gave, by session and id: their variables, and how often each is told. */
  private readonly names = new Map<string, string>()
  private readonly uses = new Map<string, number>()
  private readonly skip = new Set<number>()

  constructor(trace: readonly TraceEvent[], peers: readonly Peer[], breach: Breach | undefined) {
    this.trace = trace
    this.peers = peers
    this.stopSeq = breach?.seq ?? Number.POSITIVE_INFINITY
    for (const event of trace) {
      if (event.kind === 'fault' && event.fault.kind === 'lose') this.lost.add(event.fault.seq)
    }
  }

  steps(): string[] {
    for (const event of this.trace) {
      if (event.seq >= this.stopSeq && this.stopSeq !== Number.POSITIVE_INFINITY) break
      this.tell(event)
    }
    const open = [...this.lines.values()].filter(line => line.open && line.connect)
    const actors = [...new Set(open.map(({ actor }) => actor))]
    for (const actor of actors) this.out.push(`${actor}.answers: auto`)
    if (actors.length > 0) this.out.push(`fence: [${actors.join(', ')}]`)
    // A variable that is told once binds nothing that anybody asks for.
    return this.out.map(step =>
      [...this.uses].reduce(
        (text, [name, count]) =>
          count > 1 ? text : text.replace(new RegExp(`,? id: \\$${name}(?![0-9])`), ''),
        step,
      ),
    )
  }

  private tell(event: TraceEvent): void {
    switch (event.kind) {
      case 'open':
        this.lines.set(event.connection, {
          actor: this.freeActor(event.actor),
          peer: event.actor,
          open: true,
          connect: undefined,
        })
        return
      case 'packet':
        if (!this.skip.has(event.seq)) this.packet(event)
        return
      case 'bytes':
        this.bytes(event)
        return
      case 'close': {
        const line = this.lines.get(event.connection)
        if (line) line.open = false
        return
      }
      case 'fault':
        this.fault(event)
        return
      case 'restart':
        if (event.phase === 'down') this.out.push(`target.restart: ${event.how}`)
        return
      case 'command':
      case 'app':
      case 'step':
      case 'fence':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
    event satisfies never
  }

  private idEnd(peer: string): string {
    const spec = this.peers.find(({ name }) => name === peer)
    return spec ? clientIdEnd(spec) : peer
  }

  /** A peer whose connection is still open comes under another name: it takes over from itself. */
  private freeActor(peer: string): string {
    const busy = new Set([...this.lines.values()].filter(line => line.open).map(line => line.actor))
    for (let n = 1; ; n++) {
      const actor = n === 1 ? peer : `${peer}${n}`
      if (!busy.has(actor)) return actor
    }
  }

  private packet({ connection, from, packet, seq }: EventOf<'packet'>): void {
    const line = this.lines.get(connection)
    if (!line || isOfFence(packet)) return
    if (from === 'harness') this.ours(line, connection, packet, seq)
    else this.theirs(line, packet, seq)
  }

  private ours(line: Line, connection: number, packet: Packet, seq: number): void {
    switch (packet.type) {
      case 'CONNECT': {
        line.connect = packet
        const accepted = this.answerTo(connection, seq, 'CONNACK')
        const kept = !packet.clean
        const fields = [
          `clientId: "\${client}${this.idEnd(line.peer)}"`,
          `session: ${kept ? 'kept' : 'fresh'}`,
          'answers: by-hand',
          ...(packet.will
            ? [
                `will: { topic: ${this.topic(packet.will.topic)}, payload: ${textOf(packet.will.payload)}, qos: ${packet.will.qos}, retain: ${packet.will.retain} }`,
              ]
            : []),
          ...(packet.properties.receiveMaximum === undefined
            ? []
            : [`properties: { receiveMaximum: ${packet.properties.receiveMaximum} }`]),
        ]
        if (accepted !== undefined) {
          this.skip.add(accepted)
          this.out.push(`${line.actor}.connect: { ${fields.join(', ')} }`)
          return
        }
        this.out.push(`${line.actor}.open`)
        const clean = `clientId: "\${client}${this.idEnd(line.peer)}", clean: ${packet.clean}, keepAliveS: 600`
        const expiry =
          packet.properties.sessionExpiryInterval === undefined
            ? ''
            : `, properties: { sessionExpiryInterval: ${packet.properties.sessionExpiryInterval} }`
        this.out.push(`${line.actor}.send: { CONNECT: { ${clean}${expiry} } }`)
        return
      }
      case 'SUBSCRIBE': {
        const [one] = packet.subscriptions
        if (!one) return
        const granted = this.answerTo(connection, seq, 'SUBACK', packet.id)
        const filter = `filter: ${this.topic(one.filter)}, qos: ${one.qos}`
        if (granted === undefined) {
          const subscriptions = `subscriptions: [{ ${filter} }]`
          this.out.push(`${line.actor}.send: { SUBSCRIBE: { id: ${packet.id}, ${subscriptions} } }`)
          return
        }
        this.skip.add(granted)
        this.out.push(`${line.actor}.subscribe: { ${filter} }`)
        return
      }
      case 'UNSUBSCRIBE': {
        const [filter] = packet.filters
        if (filter === undefined) return
        const done = this.answerTo(connection, seq, 'UNSUBACK', packet.id)
        const text = this.topic(filter)
        if (done === undefined) {
          this.out.push(
            `${line.actor}.send: { UNSUBSCRIBE: { id: ${packet.id}, filters: [${text}] } }`,
          )
          return
        }
        this.skip.add(done)
        this.out.push(`${line.actor}.unsubscribe: { filter: ${text} }`)
        return
      }
      case 'PUBLISH':
        this.out.push(`${line.actor}.send: { PUBLISH: { ${this.publish(packet)} } }`)
        return
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP': {
        const code = packet.code === 0 ? '' : `, code: ${packet.code}`
        const id = this.name(line.peer, packet.id) ?? String(packet.id)
        this.out.push(`${line.actor}.send: { ${packet.type}: { id: ${id}${code} } }`)
        return
      }
      case 'PUBREL':
        this.out.push(`${line.actor}.send: { PUBREL: { id: ${packet.id} } }`)
        return
      case 'DISCONNECT':
        this.out.push(
          `${line.actor}.disconnect: ${packet.code === 0 ? '{}' : `{ code: ${packet.code} }`}`,
        )
        line.open = false
        return
      case 'PINGREQ':
      case 'CONNACK':
      case 'SUBACK':
      case 'UNSUBACK':
      case 'PINGRESP':
      case 'AUTH':
        return
    }
  }

  private publish({ topic, qos, id, dup, retain, payload, properties }: Publish): string {
    return [
      `topic: ${this.topic(topic)}`,
      `qos: ${qos}`,
      ...(id === undefined ? [] : [`id: ${id}`]),
      ...(dup ? ['dup: true'] : []),
      ...(retain ? ['retain: true'] : []),
      `payload: ${textOf(payload)}`,
      ...(properties.messageExpiryInterval === undefined
        ? []
        : [`properties: { messageExpiryInterval: ${properties.messageExpiryInterval} }`]),
    ].join(', ')
  }

  private theirs(line: Line, packet: Packet, seq: number): void {
    const verb = this.lost.has(seq) ? 'lose' : 'expect'
    switch (packet.type) {
      case 'PUBLISH': {
        const id = packet.id === undefined ? '' : `, id: ${this.give(line.peer, packet)}`
        this.out.push(
          `${line.actor}.${verb}: { PUBLISH: { payload: ${textOf(packet.payload)}${id} } }`,
        )
        return
      }
      case 'PUBREL': {
        const id = this.name(line.peer, packet.id)
        if (id === undefined) return
        this.out.push(`${line.actor}.${verb}: { PUBREL: { id: ${id} } }`)
        return
      }
      case 'PUBACK':
      case 'PUBREC':
      case 'PUBCOMP':
        this.out.push(`${line.actor}.${verb}: { ${packet.type}: { id: ${packet.id} } }`)
        return
      case 'CONNACK':
      case 'SUBACK':
      case 'UNSUBACK':
        if (this.lost.has(seq)) this.out.push(`${line.actor}.lose: { ${packet.type}: {} }`)
        return
      default:
        return
    }
  }

  private bytes({ connection, from, bytes }: EventOf<'bytes'>): void {
    const line = this.lines.get(connection)
    if (!line || from !== 'harness') return
    if (!line.connect) this.out.push(`${line.actor}.open`)
    this.out.push(`${line.actor}.bytes: "${toHex(bytes)}"`)
  }

  private fault({ connection, fault }: EventOf<'fault'>): void {
    const line = connection === undefined ? undefined : this.lines.get(connection)
    if (!line) return
    if (fault.kind === 'cut' && line.open) {
      this.out.push(`${line.actor}.cut: ${fault.how}`)
      line.open = false
    }
    if (fault.kind === 'stall') this.out.push(`${line.actor}.stall`)
    if (fault.kind === 'resume') this.out.push(`${line.actor}.resume`)
  }

  /** `seq` of what the target answered on this connection, if it was read. */
  private answerTo(
    connection: number,
    after: number,
    type: 'CONNACK' | 'SUBACK' | 'UNSUBACK',
    id?: number,
  ): number | undefined {
    for (const event of this.trace) {
      if (event.seq <= after || event.kind !== 'packet' || event.connection !== connection) continue
      if (event.from !== 'target' || event.packet.type !== type) continue
      if (id !== undefined && 'id' in event.packet && event.packet.id !== id) continue
      return this.lost.has(event.seq) || event.seq >= this.stopSeq ? undefined : event.seq
    }
    return undefined
  }

  /** The variable of an id that the target gives: one for each exchange. */
  private give(peer: string, { id, dup }: Publish): string {
    const key = `${peer} ${id}`
    const known = this.names.get(key)
    const name = dup && known !== undefined ? known : `id${this.uses.size + 1}`
    this.names.set(key, name)
    this.uses.set(name, (this.uses.get(name) ?? 0) + 1)
    return `$${name}`
  }

  private name(peer: string, id: number): string | undefined {
    const name = this.names.get(`${peer} ${id}`)
    if (name === undefined) return undefined
    this.uses.set(name, (this.uses.get(name) ?? 0) + 1)
    return `$${name}`
  }

  /** `$topic`, with a level of the flow's own behind it. */
  private topic(topic: string): string {
    return `$topic/${topic.slice(topic.indexOf('/') + 1)}`
  }
}

function isOfFence(packet: Packet): boolean {
  return packet.type === 'PUBLISH' && textOf(packet.payload).includes(sentinelPrefix)
}

function textOf(payload: Uint8Array): string {
  return new TextDecoder('latin1').decode(payload).replace(/\.\d+$/, '')
}
