import type { Fault } from '../../model/fault.ts'
import type { Packet } from '../../model/packet.ts'
import type { Actor } from '../../peers/actor.ts'
import type { PacketTemplate, StepBody } from '../../scenario/ast.ts'
import { encode } from '../../wire/codec.ts'
import { wrongOf } from '../build-packet.ts'
import { expectNext, packetExpected } from '../expect-next.ts'
import type { Scene } from '../scene.ts'
import { made, needOpen } from './traffic.ts'

type Body<V extends StepBody['verb']> = Extract<StepBody, { verb: V }>

export function noteFault(scene: Scene, actor: Actor, fault: Fault): void {
  scene.log.record({
    kind: 'fault',
    actor: actor.name,
    ...(actor.conversation ? { connection: actor.conversation.number } : {}),
    fault,
  })
}

/** Waits for the packet, then acts as if it had not come: nothing answers it and the session does not know it. */
export async function lose(scene: Scene, actor: Actor, body: Body<'lose'>): Promise<void> {
  const taken = await expectNext(scene, actor, packetExpected(body.packet), body.judging)
  if (taken.kind !== 'packet') return
  noteFault(scene, actor, {
    kind: 'lose',
    seq: taken.arrived.seq,
    packet: taken.arrived.packet.type,
  })
}

type Encoded = { packet: Packet; bytes: Uint8Array }

function encoded(scene: Scene, actor: Actor, template: PacketTemplate): Encoded {
  const packet = made(scene, actor, template)
  return { packet, bytes: encode(packet, actor.version, wrongOf(template, scene.env)) }
}

export function duplicate(scene: Scene, actor: Actor, body: Body<'duplicate'>): void {
  needOpen(actor)
  const copies = scene.env.number(body.times)
  const packet = made(scene, actor, body.packet)
  noteFault(scene, actor, { kind: 'duplicate', packet: packet.type, copies })
  for (let copy = 0; copy < copies; copy++) actor.send(packet, wrongOf(body.packet, scene.env))
}

/** Sends the packets in reverse, or in the given order (1 is the first of the list). */
export function reorder(scene: Scene, actor: Actor, body: Body<'reorder'>): void {
  needOpen(actor)
  const order = body.order ?? body.packets.map((_, i) => body.packets.length - i)
  const templates = order.flatMap(place => body.packets[place - 1] ?? [])
  noteFault(scene, actor, { kind: 'reorder', packets: templates.map(template => template.type) })
  for (const template of templates) {
    actor.send(made(scene, actor, template), wrongOf(template, scene.env))
  }
}

/** One packet in several TCP writes; each is handed over before the next begins. */
export async function split(scene: Scene, actor: Actor, body: Body<'split'>): Promise<void> {
  needOpen(actor)
  const { packet, bytes } = encoded(scene, actor, body.packet)
  const ends =
    body.at === 'every'
      ? Array.from(bytes, (_, i) => i + 1)
      : [...body.at.filter(at => at > 0 && at < bytes.length), bytes.length]
  noteFault(scene, actor, { kind: 'split', packet: packet.type, writes: ends.length })
  const conversation = actor.need()
  conversation.note(packet, bytes)
  let from = 0
  for (const end of ends) {
    conversation.link.write(bytes.subarray(from, end))
    await conversation.link.flush()
    from = end
  }
  if (packet.type === 'CONNACK') actor.greeted(conversation)
}

/** Several packets in one TCP write. */
export function coalesce(scene: Scene, actor: Actor, body: Body<'coalesce'>): void {
  needOpen(actor)
  const all = body.packets.map(template => encoded(scene, actor, template))
  noteFault(scene, actor, { kind: 'coalesce', packets: all.map(({ packet }) => packet.type) })
  const conversation = actor.need()
  for (const { packet, bytes } of all) conversation.note(packet, bytes)
  conversation.link.write(Buffer.concat(all.map(({ bytes }) => bytes)))
}

/** Sends only the first bytes of a packet. */
export function truncate(
  scene: Scene,
  actor: Actor,
  what: { packet: PacketTemplate; keepBytes?: number; dropBytes?: number },
): void {
  needOpen(actor)
  const { packet, bytes } = encoded(scene, actor, what.packet)
  const wanted = what.keepBytes ?? bytes.length - (what.dropBytes ?? 1)
  const keepBytes = Math.max(0, Math.min(wanted, bytes.length - 1))
  noteFault(scene, actor, {
    kind: 'truncate',
    packet: packet.type,
    keepBytes,
    ofBytes: bytes.length,
  })
  actor.need().sendBytes(bytes.subarray(0, keepBytes), 'partial')
}

/** Ends the connection without DISCONNECT; what was written before goes out first. */
export async function cut(scene: Scene, actor: Actor, body: Body<'cut'>): Promise<void> {
  if (body.packet) {
    const keepBytes = body.after === undefined ? undefined : scene.env.number(body.after)
    truncate(scene, actor, {
      packet: body.packet,
      ...(keepBytes === undefined ? {} : { keepBytes }),
    })
  }
  const wish = scene.env.text(body.how)
  // In the middle of a packet: the first byte of a PINGREQ, then FIN.
  if (wish === 'mid-packet' && actor.connected) {
    actor.need().sendBytes(Uint8Array.of(0xc0), 'partial')
  }
  const how = wish === 'rst' ? 'rst' : 'fin'
  noteFault(scene, actor, { kind: 'cut', how })
  const { conversation } = actor
  if (!conversation) return
  await conversation.link.flush()
  if (how === 'rst') await conversation.link.rst()
  else conversation.link.fin()
}

export function bytes(scene: Scene, actor: Actor, body: Body<'bytes'>): void {
  needOpen(actor)
  noteFault(scene, actor, { kind: 'raw', bytes: body.bytes.length })
  actor.need().sendBytes(body.bytes, 'raw')
}

export function hold(scene: Scene, actor: Actor, body: Body<'hold'>): void {
  for (const packet of body.packets) {
    actor.withheld.set(packet, 'held')
    noteFault(scene, actor, { kind: 'hold', packet })
  }
}

export function release(scene: Scene, actor: Actor, body: Body<'release'>): void {
  for (const packet of body.packets) noteFault(scene, actor, { kind: 'release', packet })
  actor.release(body.packets)
}

export function delay(scene: Scene, actor: Actor, body: Body<'delay'>): void {
  const delayMs = scene.env.number(body.delayMs)
  for (const packet of body.packets) {
    actor.withheld.set(packet, delayMs)
    noteFault(scene, actor, { kind: 'delay', packet, delayMs })
  }
}

export function stall(scene: Scene, actor: Actor): void {
  noteFault(scene, actor, { kind: 'stall' })
  actor.need().link.pause()
}

export function resume(scene: Scene, actor: Actor): void {
  noteFault(scene, actor, { kind: 'resume' })
  actor.need().link.resume()
}
