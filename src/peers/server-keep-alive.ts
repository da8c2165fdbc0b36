import type { Packet } from '../model/packet.ts'

/** A scenario that asks for less has something to say about the keep alive, and is silent or not as it likes. */
const chosenMaxS = 60

/** So many PINGREQs go out within the interval: one may be late. */
const perInterval = 2

/**
 * Keeps to the Server Keep Alive that a broker tells, which no scenario can know of. Where it is shorter than what our CONNECT asked
 * for, PINGREQ goes out by itself; its answer is nobody's business. Source: 5.0 §3.2.2.3.14 [MQTT-3.1.2-21].
 */
export class ServerKeepAlive {
  private readonly ping: () => void
  private askedS = 0
  private timer: NodeJS.Timeout | undefined
  /** PINGREQs that wait for their answers, in their order. */
  private readonly waiting: ('ours' | 'the scenario’s')[] = []
  private pinging = false

  constructor(ping: () => void) {
    this.ping = ping
  }

  sent(packet: Packet): void {
    if (packet.type === 'CONNECT') this.askedS = packet.keepAliveS
    if (packet.type === 'PINGREQ') this.waiting.push(this.pinging ? 'ours' : 'the scenario’s')
  }

  /** Answers whether the packet is the answer to a PINGREQ of this. */
  takes(packet: Packet): boolean {
    if (packet.type === 'CONNACK') this.begin(packet.properties.serverKeepAlive)
    return packet.type === 'PINGRESP' && this.waiting.shift() === 'ours'
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private begin(told: unknown): void {
    if (typeof told !== 'number' || told === 0) return
    if (this.askedS !== 0 && (told >= this.askedS || this.askedS < chosenMaxS)) return
    clearInterval(this.timer)
    this.timer = setInterval(
      () => {
        this.pinging = true
        this.ping()
        this.pinging = false
      },
      (told * 1000) / perInterval,
    )
    this.timer.unref()
  }
}
