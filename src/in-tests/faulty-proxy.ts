import type { Duplex } from 'node:stream'
import { type Placed, treatmentOf } from '../engine/actors/proxy-actor.ts'
import { Variables } from '../engine/packets/variables.ts'
import { placedFault } from '../engine/steps/proxy.ts'
import { Wakeups } from '../engine/waiting/wakeups.ts'
import type { Fault } from '../faults/index.ts'
import { awaitConnect } from '../listen/first-packet.ts'
import type { Connect } from '../model/packet.ts'
import type { Version } from '../model/version.ts'
import { Relay } from '../peers/proxy.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { Listener } from '../transport/listen.ts'
import { reset } from '../transport/reset.ts'
import type { WishedFault } from './fault-wishes.ts'
import type { Judgement } from './judgement.ts'

const host = '127.0.0.1'
const maxPacketBytes = 4 * 1024 * 1024

type Group = WishedFault & { placed: Placed[]; times: number }

/**
 * Listens on a free port of the loopback, passes on what its clients and the broker say to each other, and does to packets what was wished.
 * All clients count together: the first PUBREC is that of whoever gets one first.
 */
export class FaultyProxy {
  private readonly broker: BrokerTarget
  private readonly judgement: Judgement
  private readonly patienceMs: number
  private readonly groups: Group[]
  private readonly relays = new Set<Relay>()
  private readonly wakeups = new Wakeups()
  private readonly names = new Map<string, string>()
  /** Of each connection, who we are there. */
  private readonly actors = new Map<number, string>()
  private listener: Listener | undefined
  private connections = 0
  /** The connection whose packet is being struck. */
  private striking = 0
  /** Of the last client: what was wished of messages is judged by its standard. */
  version: Version = '5.0'
  /** Why a connection led to nothing, where one did. */
  trouble: string | undefined

  private constructor(
    broker: BrokerTarget,
    judgement: Judgement,
    wishes: readonly WishedFault[],
    patienceMs: number,
  ) {
    this.broker = broker
    this.judgement = judgement
    this.patienceMs = patienceMs
    const env = new Variables({})
    this.groups = wishes.map(wish => {
      const placed = wish.faults.map(body =>
        placedFault({ env }, body, fault => {
          this.note(this.striking, fault)
        }),
      )
      return { ...wish, placed, times: placed[0]?.left ?? 0 }
    })
  }

  static async open(
    broker: BrokerTarget,
    judgement: Judgement,
    wishes: readonly WishedFault[],
    patienceMs: number,
  ): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(broker, judgement, wishes, patienceMs)
    proxy.listener = await Listener.open({ host, port: 0, changed: () => proxy.admit() })
    return proxy
  }

  get port(): number {
    return this.listener?.port ?? 0
  }

  /** Titles of faults whose packets did not come. */
  get missing(): string[] {
    return this.groups.filter(group => !isStruck(group)).map(({ title }) => title)
  }

  /** Passes on what was held, in its order. */
  release(): void {
    for (const relay of this.relays) {
      for (const from of ['client', 'broker'] as const) {
        for (const packet of relay.heldOf(from)) {
          this.note(relay.numberOf(from), { kind: 'release', packet, from })
        }
        relay.release(from)
      }
    }
  }

  /** Resolves when all faults have happened; answers whether they have, in the time that a packet may take. */
  async struck(): Promise<boolean> {
    return (await this.until(() => this.missing.length === 0)) ?? false
  }

  /** Resolves when nobody owes anything any more, or has owed it for too long. */
  async settle(): Promise<void> {
    await this.until(() => this.judgement.owesNothing)
  }

  async close(): Promise<void> {
    for (const relay of this.relays) relay.destroy()
    await this.listener?.close()
  }

  private until(check: () => boolean): Promise<true | undefined> {
    return this.wakeups.until(() => check() || undefined, this.patienceMs)
  }

  private admit(): void {
    for (
      let stream = this.listener?.waiting.shift();
      stream;
      stream = this.listener?.waiting.shift()
    ) {
      awaitConnect(stream, {
        connectMs: this.patienceMs,
        carried: 'MQTT over TCP',
        onClient: (client, connect, version) => void this.join(client, connect, version),
        onLevel: (one, level) => this.turnAway(one, `it asks for protocol level ${level}`),
        onStranger: (one, { why }) => this.turnAway(one, why),
      })
    }
  }

  /** Each client has a line of its own in the ladder, and the proxy one towards it. */
  private actorFor(clientId: string): string {
    const known = this.names.get(clientId)
    const name = known ?? (this.names.size === 0 ? 'proxy' : `proxy ${this.names.size + 1}`)
    this.names.set(clientId, name)
    return name
  }

  private note(connection: number, fault: Fault): void {
    const actor = this.actors.get(connection) ?? 'proxy'
    this.judgement.record({ kind: 'fault', actor, connection, fault })
  }

  private turnAway(stream: Duplex, why: string): void {
    this.trouble ??= `somebody connected who is no client: ${why}`
    reset(stream)
  }

  private async join(client: Duplex, connect: Connect, version: Version): Promise<void> {
    const broker = await this.broker.dial(this.patienceMs).catch((error: Error) => {
      this.trouble ??= `the broker behind, ${this.broker.name}, cannot be reached: ${error.message}`
    })
    if (!broker) return reset(client)
    const numbers = { client: ++this.connections, broker: ++this.connections }
    const { judgement } = this
    this.version = version
    judgement.join(numbers, connect.clientId, version)
    const actor = this.actorFor(connect.clientId)
    for (const number of Object.values(numbers)) this.actors.set(number, actor)
    const relay: Relay = new Relay({
      actor,
      client,
      broker,
      numbers,
      peers: { client: connect.clientId || 'client', broker: this.broker.name },
      version,
      maxPacketBytes,
      recorder: judgement,
      treat: (from, packet, seq, bytes) => {
        this.striking = numbers[from]
        const all = this.groups.flatMap(({ placed }) => placed)
        const treatment = treatmentOf(all, from, packet, seq, bytes)
        for (const group of this.groups) keepEqual(group)
        return treatment
      },
      onPassed: () => undefined,
      changed: () => this.wakeups.fire(),
    })
    this.relays.add(relay)
  }
}

/** Nobody said whose packet is meant: both sides count as one. */
function keepEqual({ placed }: Group): void {
  const skip = Math.min(...placed.map(one => one.skip))
  const left = Math.min(...placed.map(one => one.left))
  for (const one of placed) Object.assign(one, { skip, left })
}

function isStruck({ placed, times, every }: Group): boolean {
  const left = placed[0]?.left ?? 0
  return every ? left < times : left === 0
}
