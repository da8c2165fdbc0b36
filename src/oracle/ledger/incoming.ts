import type { Publish } from '../../model/packet.ts'
import { type MessageRecord, receivedBy } from './messages.ts'

/**
 * Our side as receiver, for one client id: the exactly-once model of an application behind a correct receiver that
 * delivers at PUBLISH. An id is held from a PUBLISH that we took until its PUBREL; what comes under it meanwhile is the
 * same delivery.
 */
export type Incoming = {
  /** The record is absent for sentinels. */
  held: Map<number, { record: MessageRecord | undefined }>
  /** QoS 1 messages we have not acknowledged. */
  unacked: Map<number, MessageRecord | undefined>
  /** The last QoS 1 message that came under each id: the same under that id with DUP 1 is another copy, not another delivery. */
  lastAtQos1: Map<number, MessageRecord | undefined>
}

export function createIncoming(): Incoming {
  return { held: new Map(), unacked: new Map(), lastAtQos1: new Map() }
}

/** What a PUBLISH did, so that its loss can be taken back; undefined where it was a repeat. */
export type Delivery = { record: MessageRecord | undefined; qos: number; id: number; seq: number }

export function takePublish(
  incoming: Incoming,
  record: MessageRecord | undefined,
  packet: Publish,
  receiver: string,
  seq: number,
  restarted: boolean,
): Delivery | undefined {
  const id = packet.id ?? 0
  if (packet.qos === 2) {
    if (incoming.held.has(id)) return undefined
    incoming.held.set(id, { record })
  } else if (packet.qos === 1) {
    incoming.unacked.set(id, record)
    const repeated = packet.dup && record !== undefined && incoming.lastAtQos1.get(id) === record
    if (repeated) return undefined
    incoming.lastAtQos1.set(id, record)
  }
  if (record) {
    const received = receivedBy(record, receiver)
    if (restarted && received.seqs.length > 0) received.restarted = true
    received.byQos[qosIndex(packet.qos)] += 1
    if (packet.retain) received.retained += 1
    received.seqs.push(seq)
  }
  return { record, qos: packet.qos, id, seq }
}

/** The PUBLISH was lost: as if it had not come. */
export function losePublish(incoming: Incoming, delivery: Delivery, receiver: string): void {
  if (delivery.qos === 2) incoming.held.delete(delivery.id)
  if (delivery.qos === 1) {
    incoming.unacked.delete(delivery.id)
    incoming.lastAtQos1.delete(delivery.id)
  }
  if (delivery.record) takeBack(delivery.record, receiver, delivery.qos, delivery.seq)
}

/** We refused a QoS 2 message by PUBREC >= 0x80: the application did not get it. */
export function refuse(incoming: Incoming, id: number, receiver: string): void {
  const record = incoming.held.get(id)?.record
  incoming.held.delete(id)
  if (!record) return
  const received = receivedBy(record, receiver)
  received.saidNo = true
  if (received.byQos[2] === 0) return
  takeBack(record, receiver, 2, received.seqs.at(-1) ?? 0)
  received.refused += 1
}

/** We refused a QoS 1 message by PUBACK >= 0x80. */
export function refuseAtQos1(incoming: Incoming, id: number, receiver: string): void {
  const record = incoming.unacked.get(id)
  if (record) receivedBy(record, receiver).saidNo = true
}

function takeBack(record: MessageRecord, receiver: string, qos: number, seq: number): void {
  const received = receivedBy(record, receiver)
  received.byQos[qosIndex(qos)] -= 1
  const index = received.seqs.lastIndexOf(seq)
  if (index >= 0) received.seqs.splice(index, 1)
}

function qosIndex(qos: number): 0 | 1 | 2 {
  return qos === 2 ? 2 : qos === 1 ? 1 : 0
}
