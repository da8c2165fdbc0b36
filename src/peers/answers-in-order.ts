import type { Packet, Publish } from '../model/packet.ts'

/**
 * Answers to a fence's message, on a connection where the scenario answers by hand: PUBACK and PUBREC go out in the order in which the
 * messages came [MQTT-4.6.0-2, -3], so they wait for the scenario's own.
 */
export class AnswersInOrder {
  /** Messages that the scenario has to answer, by QoS. */
  private readonly byHand: { [qos: number]: Set<number> } = { 1: new Set(), 2: new Set() }
  private waiting: { qos: number; send: () => void }[] = []

  /** A message that the scenario answers. */
  expects({ qos, id }: Publish): void {
    if (id !== undefined) this.byHand[qos]?.add(id)
  }

  /** Sends the answer to a fence's message as soon as it is its turn. */
  answer({ qos }: Publish, send: () => void): void {
    if ((this.byHand[qos]?.size ?? 0) === 0) send()
    else this.waiting.push({ qos, send })
  }

  /** A packet of ours went out. */
  sent(packet: Packet): void {
    const qos = packet.type === 'PUBACK' ? 1 : packet.type === 'PUBREC' ? 2 : 0
    if (qos === 0 || !('id' in packet) || packet.id === undefined) return
    if (!this.byHand[qos]?.delete(packet.id) || this.byHand[qos].size > 0) return
    const ready = this.waiting.filter(one => one.qos === qos)
    this.waiting = this.waiting.filter(one => one.qos !== qos)
    for (const { send } of ready) send()
  }
}
