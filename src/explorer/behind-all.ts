import type { Duplex } from 'node:stream'
import type { Budgets } from '../engine/waiting/budgets.ts'
import type { Packet } from '../model/packet.ts'
import { protocolLevel, type Version } from '../model/version.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { decode, encode } from '../wire/codec.ts'
import { createFramer } from '../wire/framing.ts'
import { roundsMax } from './lane.ts'

/** The lane that asks: the message has its names. */
export type Asker = {
  nonce: string
  version: Version
  budgets: Budgets
  /** It does not wait any more. */
  hasLeft(): boolean
}

type Ending = 'acknowledged' | 'ended' | 'silence'

const maxPacketBytes = 1024 * 1024
const messageId = 1

/**
 * A message of a client of its own, behind all that the lanes of a target have sent. Once it is acknowledged, the target has got to what
 * came before it: a target that stores one message after the other is slow where many lanes wait for it, and not silent. Lanes that ask
 * before it goes out share it.
 */
export class BehindAll {
  private readonly target: BrokerTarget
  private next: Promise<boolean> | undefined
  private last: Promise<boolean> = Promise.resolve(true)
  private asked = 0
  private end: ((how: Ending) => void) | undefined
  /** It was not acknowledged in all the time that it had: it proves nothing here. */
  private inVain = false

  constructor(target: BrokerTarget) {
    this.target = target
  }

  /** Whether what was sent until now has been got to; false where nobody can say. */
  reached(asker: Asker): Promise<boolean> {
    if (this.inVain) return Promise.resolve(false)
    this.next ??= this.last.then(() => {
      this.next = undefined
      return this.ask(asker)
    })
    this.last = this.next
    return this.next
  }

  /** Nobody waits any more. */
  leave(): void {
    this.end?.('ended')
  }

  private async ask({ nonce, version, budgets, hasLeft }: Asker): Promise<boolean> {
    if (this.inVain || hasLeft() || this.target.death()) return false
    const stream = await this.target.dial(budgets.connectMs).catch(() => undefined)
    if (!stream) return false
    this.asked += 1
    const clientId = `${nonce}z${this.asked.toString(36)}`.slice(0, 23)
    const ending = await new Promise<Ending>(resolve => {
      const end = (how: Ending) => {
        clearTimeout(timer)
        resolve(how)
      }
      const timer = setTimeout(end, budgets.replyMs * roundsMax, 'silence')
      this.end = end
      stream.on('error', () => undefined)
      stream.once('close', () => end('ended'))
      stream.once('end', () => end('ended'))
      listen(stream, version, packet => {
        if (packet.type === 'CONNACK') stream.write(encode(this.message(nonce, clientId), version))
        else if (packet.type === 'PUBACK') end('acknowledged')
      })
      stream.write(encode(this.connect(clientId, version), version))
    })
    this.end = undefined
    if (ending === 'silence') this.inVain = true
    if (ending === 'acknowledged') {
      stream.end(encode({ type: 'DISCONNECT', code: 0, properties: {} }, version))
    } else stream.destroy()
    return ending === 'acknowledged'
  }

  private connect(clientId: string, version: Version): Packet {
    const { username, password } = this.target.credentials
    return {
      type: 'CONNECT',
      protocolName: version === '3.1' ? 'MQIsdp' : 'MQTT',
      protocolLevel: protocolLevel[version],
      clientId,
      clean: true,
      keepAliveS: 0,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new TextEncoder().encode(password) }),
      properties: {},
    }
  }

  private message(nonce: string, clientId: string): Packet {
    return {
      type: 'PUBLISH',
      id: messageId,
      topic: `${nonce}/behind-all`,
      qos: 1,
      dup: false,
      retain: false,
      payload: new TextEncoder().encode(clientId),
      properties: {},
    }
  }
}

function listen(stream: Duplex, version: Version, onPacket: (packet: Packet) => void): void {
  const framer = createFramer({ maxPacketBytes })
  stream.on('data', (chunk: Uint8Array) => {
    for (const { bytes } of framer.push(chunk)) {
      const packet = decode(bytes, version)
      if (packet) onPacket(packet)
    }
  })
}

const ofTargets = new WeakMap<BrokerTarget, BehindAll>()

/** The one that all lanes of a target share. */
export function behindAllOf(target: BrokerTarget): BehindAll {
  const known = ofTargets.get(target) ?? new BehindAll(target)
  ofTargets.set(target, known)
  return known
}
