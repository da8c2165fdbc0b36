import type { Struck, Told } from '../../faults/fault.ts'
import { anyFault, type Fault, type PeerFault } from '../../faults/index.ts'
import type { Actor } from '../../peers/actor.ts'
import type { PacketTemplate, StepBody } from '../../scenario/ast.ts'
import type { FaultBodies, Told as Written } from '../../scenario/verbs/faults.ts'
import { encode } from '../../wire/codec.ts'
import { Inconclusive } from '../early-end.ts'
import { wrongOf } from '../packets/build-packet.ts'
import { expectNext, packetExpected } from '../packets/expect-next.ts'
import { withOwnClientId } from '../packets/own-client-id.ts'
import { sendable } from '../packets/sendable.ts'
import type { Scene } from '../scene.ts'
import type { Runners } from './runner.ts'
import { made, needOpen, untilRead } from './traffic.ts'

/** How a fake client or fake broker loses, breaks and disturbs. What a fault does to bytes stands in `src/faults`. */
export const faultRunners: Runners<FaultBodies> = {
  'packet-fault': (scene, { fault, packet, told }, { actor }) =>
    strikePacket(scene, scene.actor(actor), fault, packet, valuesNow(scene, told)),
  'packets-fault': (scene, body, { actor }) => strikePackets(scene, scene.actor(actor), body),
  'answers-fault': (scene, body, { actor }) => strikeAnswers(scene, scene.actor(actor), body),
  release: (scene, body, { actor }) => release(scene, scene.actor(actor), body),
  cut: (scene, body, { actor }) => cut(scene, scene.actor(actor), body),
  stall: (scene, _, { actor }) => stall(scene, scene.actor(actor)),
  resume: (scene, _, { actor }) => resume(scene, scene.actor(actor)),
}

export function noteFault(scene: Scene, actor: Actor, fault: Fault): void {
  scene.log.record({
    kind: 'fault',
    actor: actor.name,
    ...(actor.conversation ? { connection: actor.conversation.number } : {}),
    fault,
  })
}

/** The values of a fault's keys, now that variables are known. */
export function valuesNow(scene: Pick<Scene, 'env'>, written: Written): Told {
  const values = Object.entries(written).map(([name, value]) => {
    const plain = scene.env.plain(value)
    // A matrix or a capture may have brought a number as text.
    const isNumber = typeof plain === 'string' && /^\d+$/.test(plain)
    return [name, isNumber ? Number(plain) : plain]
  })
  return Object.fromEntries(values)
}

type Body<V extends keyof FaultBodies> = StepBody<V>

/** Sends one packet, and does the fault to it. */
async function strikePacket(
  scene: Scene,
  actor: Actor,
  fault: PeerFault,
  template: PacketTemplate,
  told: Told,
): Promise<void> {
  needOpen(scene, actor)
  const form = anyFault[fault].peer
  if (form?.on !== 'packet') throw new RangeError(`${fault} is not done to one packet that we send`)
  const packet = made(scene, actor, template)
  const wrong = wrongOf(template, scene.env)
  const bytes = encode(packet, actor.version, wrong)
  const struck: Struck = { bytes, of: { packet: packet.type }, seq: scene.log.lastSeq }
  const { fault: record, writes } = form.strike(struck, told)
  noteFault(scene, actor, record)
  for (const write of writes) {
    switch (write.as) {
      case 'packet':
        actor.send(packet, wrong)
        await sendable(scene, actor.name)
        continue
      case 'pieces': {
        const conversation = actor.need()
        conversation.note(packet, bytes)
        // Each is handed over before the next begins.
        for (const piece of write.pieces) {
          conversation.link.write(piece)
          await conversation.link.flush()
        }
        if (packet.type === 'CONNACK') actor.greeted(conversation)
        continue
      }
      case 'bytes':
        actor.need().sendBytes(write.bytes, write.why)
        continue
    }
    write satisfies never
  }
}

/** Sends several packets, and does the fault to them together. */
function strikePackets(
  scene: Scene,
  actor: Actor,
  { fault, packets, told }: Body<'packets-fault'>,
): void {
  needOpen(scene, actor)
  const form = anyFault[fault].peer
  if (form?.on !== 'packets') throw new RangeError(`${fault} is not done to several packets`)
  const all = packets.map(template => {
    const packet = made(scene, actor, template)
    const wrong = wrongOf(template, scene.env)
    return { packet, wrong, bytes: encode(packet, actor.version, wrong) }
  })
  const types = packets.map(({ type }) => type)
  const { fault: record, writes } = form.strike(types, valuesNow(scene, told))
  noteFault(scene, actor, record)
  for (const write of writes) {
    const together = write.flatMap(index => all[index] ?? [])
    const [first, second] = together
    if (first && !second) {
      actor.send(first.packet, first.wrong)
      continue
    }
    const conversation = actor.need()
    for (const { packet, bytes } of together) conversation.note(packet, bytes)
    conversation.link.write(Buffer.concat(together.map(({ bytes }) => bytes)))
  }
}

/** From here on, to our automatic answers of these kinds. */
function strikeAnswers(
  scene: Scene,
  actor: Actor,
  { fault, packets, told }: Body<'answers-fault'>,
): void {
  const form = anyFault[fault].peer
  if (form?.on !== 'answers') throw new RangeError(`${fault} is not done to automatic answers`)
  for (const packet of packets) {
    const { fault: record, when } = form.strike({ packet }, valuesNow(scene, told))
    actor.withheld.set(packet, when.kind === 'after' ? when.ms : 'held')
    noteFault(scene, actor, record)
  }
}

/** Waits for the packet, then acts as if it had not come: nothing answers it and the session does not know it. */
export async function lose(scene: Scene, actor: Actor, body: StepBody<'lose'>): Promise<void> {
  const taken = await expectNext(scene, actor, packetExpected(body.packet), body.judging)
  if (taken.kind !== 'packet') return
  noteFault(scene, actor, {
    kind: 'lose',
    seq: taken.arrived.seq,
    packet: taken.arrived.packet.type,
  })
}

/** Ends the connection without DISCONNECT; what was written before goes out first. */
async function cut(scene: Scene, actor: Actor, body: Body<'cut'>): Promise<void> {
  if (body.packet) {
    const keep = body.after === undefined ? {} : { keep: body.after }
    await strikePacket(scene, actor, 'truncate', body.packet, valuesNow(scene, keep))
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
  if (how === 'rst') {
    await conversation.link.rst()
    return
  }
  conversation.link.fin()
  await untilRead(scene, conversation.link)
}

export function bytes(scene: Scene, actor: Actor, body: StepBody<'bytes'>): void {
  needOpen(scene, actor)
  const written = body.bytes instanceof Uint8Array ? body.bytes : body.bytes[scene.kase.version]
  if (!written) throw new Inconclusive(`no bytes are given for MQTT ${scene.kase.version}`)
  const bytes = withOwnClientId(written, scene.nonce)
  noteFault(scene, actor, { kind: 'raw', bytes: bytes.length })
  actor.need().sendBytes(bytes, 'raw')
}

function release(scene: Scene, actor: Actor, body: Body<'release'>): void {
  for (const packet of body.packets) noteFault(scene, actor, { kind: 'release', packet })
  actor.release(body.packets)
}

function stall(scene: Scene, actor: Actor): void {
  noteFault(scene, actor, { kind: 'stall' })
  actor.need().link.pause()
}

function resume(scene: Scene, actor: Actor): void {
  noteFault(scene, actor, { kind: 'resume' })
  actor.need().link.resume()
}
