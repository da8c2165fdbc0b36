import type { Packet } from '../../model/packet.ts'
import type { Actor } from '../../peers/actor.ts'
import { createFramer } from '../../wire/framing.ts'
import type { Scene } from '../scene.ts'

/*
 * A server reads the packets of a connection in their order. So PINGRESP for a PINGREQ of ours behind a packet that should have ended the
 * connection proves that the target read that packet and went on: nothing is left to wait for but the end that it may still be about to
 * make. Of answers to messages it proves nothing: those may wait for a disk.
 */

/** Within a shorter Keep Alive than this a case may be about what happens when nothing is sent. */
const keepAliveMinS = 60

/** Whether PINGREQ may be sent behind what went out, and would be read as one: the connection is accepted, all of ours is whole packets, and no case of silence is
 * disturbed by it. */
export function canBeAsked(scene: Scene, actor: Actor): boolean {
  const { conversation } = actor
  if (actor.plays !== 'client' || !conversation?.open) return false
  // PINGREQ in a text frame would be one more breach, and is no valid UTF-8: any WebSocket may end for that alone.
  if (!conversation.sendsPackets) return false
  const framer = createFramer({ maxPacketBytes: 268_435_460 })
  let isAccepted = false
  for (const event of scene.log.events()) {
    if (event.kind === 'fault' && event.actor === actor.name && event.fault.kind === 'stall')
      return false
    if (event.kind !== 'packet' && event.kind !== 'bytes') continue
    if (event.connection !== conversation.number) continue
    if (event.from === 'harness') {
      if (event.kind === 'packet' && forbids(event.packet)) return false
      if (framer.push(event.bytes).some(frame => frame.kind === 'broken')) return false
    } else if (event.kind === 'packet' && event.packet.type === 'CONNACK') {
      isAccepted = event.packet.code === 0
      if (isShort(event.packet.properties.serverKeepAlive)) return false
    }
  }
  return isAccepted && framer.rest().length === 0
}

function forbids(packet: Packet): boolean {
  if (packet.type === 'CONNECT') return isShort(packet.keepAliveS)
  return packet.type === 'DISCONNECT'
}

/** 0 turns Keep Alive off. */
function isShort(keepAliveS: unknown): boolean {
  return typeof keepAliveS === 'number' && keepAliveS > 0 && keepAliveS < keepAliveMinS
}

/** Takes a PINGRESP out of what has arrived. */
export function takePingresp(actor: Actor): boolean {
  const index = actor.inbox.findIndex(({ packet }) => packet.type === 'PINGRESP')
  if (index >= 0) actor.inbox.splice(index, 1)
  return index >= 0
}
