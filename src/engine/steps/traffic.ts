import type { Connect, Packet, Publish } from '../../model/packet.ts'
import type { Actor } from '../../peers/actor.ts'
import { identity } from '../../peers/connect-packet.ts'
import { allocateId } from '../../peers/session.ts'
import type {
  Expected,
  FieldValue,
  PacketTemplate,
  StepBody,
  StepVerb,
} from '../../scenario/ast.ts'
import type { Target } from '../../targets/target.ts'
import type { Link } from '../../transport/link.ts'
import { topicOutside } from '../applicable/needs.ts'
import { Inconclusive, Skipped } from '../early-end.ts'
import { needRetained, needRoomFor, notToldInTime, toldBytesMax } from '../excused/untold-limits.ts'
import { buildPacket, Fields, subscriptionOf, wrongOf } from '../packets/build-packet.ts'
import {
  endOf,
  expectNext,
  given,
  hasEnded,
  leftBy,
  packetExpected,
} from '../packets/expect-next.ts'
import type { Scene } from '../scene.ts'
import { endedInstead, sentNothing } from '../wording/absent.ts'
import { openStream } from './dial.ts'

type Body<V extends StepVerb> = StepBody<V>

/**
 * Sends packets as the scenario wrote them. An actor without a connection opens one first where the first packet is CONNECT
 * or anything else that a stranger might say: what comes before CONNECT is the scenario's affair.
 */
export async function sendStep(scene: Scene, actor: Actor, body: Body<'send'>): Promise<void> {
  if (!actor.conversation && actor.plays === 'client') await openStream(scene, actor)
  needOpen(scene, actor)
  for (const template of body.packets) {
    const packet = made(scene, actor, template)
    if (packet.type === 'CONNECT') actor.clientId = packet.clientId
    actor.send(packet, wrongOf(template, scene.env))
  }
}

/** A precondition of every sending step: there is an open connection. */
export function needOpen(scene: Scene, actor: Actor): void {
  if (actor.conversation && !hasEnded(actor)) return
  const { left } = leftBy(actor)
  if (left !== undefined && scene.mayHaveLeft(left)) {
    throw new Skipped('the target closed the connection on which we did what is unusual')
  }
  throw new Inconclusive(`${actor.name} cannot send: ${endOf(actor)}`)
}

/** The packet of a template; SUBSCRIBE, UNSUBSCRIBE and QoS>0 PUBLISH get an id unless the scenario gives one. */
export function made(scene: Scene, actor: Actor, template: PacketTemplate): Packet {
  const packet = buildPacket(template, scene.env, actor.version)
  if (packet.type === 'PUBLISH') needRoom(scene, packet)
  if (packet.type === 'CONNECT') needRoomFor(scene, packet)
  if (packet.type === 'CONNECT' && !wrongOf(template, scene.env)) return identified(scene, packet)
  return packet
}

/** A CONNECT written by hand tells who we are, as others do, where the target asks for it and the scenario says nothing of it. */
function identified(scene: Scene, packet: Connect): Connect {
  if (scene.target.role !== 'broker') return packet
  const { credentials } = scene.target
  const told = packet.username !== undefined || packet.password !== undefined
  if (told || credentials.username === undefined) return packet
  return { ...packet, ...identity(credentials) }
}

/** A target that says how much it takes is not blamed for what is larger, unless the case is about that. */
function needRoom(scene: Scene, { topic, payload, retain }: Publish): void {
  const bytes = Buffer.byteLength(topic) + payload.length
  // Before 5.0 a broker cannot tell of a limit that it may well have there, too.
  if (scene.kase.version !== '5.0') {
    if (bytes > toldBytesMax(scene)) notToldInTime(scene, 'Maximum Packet Size')
    if (retain) needRetained(scene)
  }
  const most = scene.target.profile.settings?.maximumPacketSize
  if (scene.target.role !== 'client' || most === undefined || bytes <= Number(most)) return
  if (scene.kase.tags.includes('oversized')) return
  throw new Skipped(`needs packets of more than ${most} bytes`)
}

export async function subscribe(
  scene: Scene,
  actor: Actor,
  body: Body<'subscribe'>,
): Promise<void> {
  needOpen(scene, actor)
  const fields = new Fields(body.fields, scene.env)
  const id = fields.number('id', allocateId(actor.session))
  const subscriptions = body.subscriptions.map(value => subscriptionOf(fieldsOf(scene, value)))
  actor.send({ type: 'SUBSCRIBE', id, subscriptions, properties: fields.properties() })
  await answered(scene, actor, body, 'SUBACK', id)
}

export async function unsubscribe(
  scene: Scene,
  actor: Actor,
  body: Body<'unsubscribe'>,
): Promise<void> {
  needOpen(scene, actor)
  const fields = new Fields(body.fields, scene.env)
  const id = fields.number('id', allocateId(actor.session))
  const filters = body.filters.map(value => String(scene.env.plain(value)))
  actor.send({ type: 'UNSUBSCRIBE', id, filters, properties: fields.properties() })
  await answered(scene, actor, body, 'UNSUBACK', id)
}

function fieldsOf(scene: Scene, value: FieldValue): Fields {
  if (typeof value === 'object' && !Array.isArray(value) && value.kind === 'map') {
    return new Fields(value.map, scene.env)
  }
  return new Fields({ filter: value }, scene.env)
}

/**
 * The answer to a request may come behind deliveries: retained messages may even precede SUBACK [5.0 §3.8.4].
 * So it is taken out of the inbox wherever it stands.
 */
async function answered(
  scene: Scene,
  actor: Actor,
  body: Body<'subscribe'> | Body<'unsubscribe'>,
  type: 'SUBACK' | 'UNSUBACK',
  id: number,
): Promise<void> {
  const mine = (packet: Packet) => packet.type === type && packet.id === id
  await scene.until(() => {
    const i = actor.inbox.findIndex(arrived => mine(arrived.packet))
    const [answer] = i > 0 ? actor.inbox.splice(i, 1) : []
    if (answer) actor.inbox.unshift(answer)
    return i >= 0 || hasEnded(actor) || undefined
  }, scene.budgets.replyMs)
  const expected: Expected = body.expect ?? packetExpected({ type, fields: {}, place: scene.place })
  const taken = await expectNext(scene, actor, expected, body.expect ? body.judging : given)
  if (body.expect || taken.kind !== 'packet' || taken.arrived.packet.type !== 'SUBACK') return
  const refused = taken.arrived.packet.codes.find(code => code >= 0x80)
  if (refused === undefined) return
  const reason = `the target refused the subscription with code 0x${refused.toString(16)}`
  // Before 5.0 no code says why; what lies outside of our own topics may well be denied.
  const outside = topicOutside(scene.kase)
  if (refused === notAuthorized || (refused === 0x80 && outside !== undefined)) {
    throw new Skipped(`${reason}, as where access is denied`)
  }
  throw new Inconclusive(reason)
}

const notAuthorized = 0x87

/** Publishes and follows the exchange to its end, which the automatic mode does. */
export async function publish(scene: Scene, actor: Actor, body: Body<'publish'>): Promise<void> {
  needOpen(scene, actor)
  const packet = made(scene, actor, body.packet) as Publish
  if (packet.qos > 0 && packet.id === undefined) packet.id = allocateId(actor.session)
  const flow = actor.begin(packet)
  await scene.until(
    () => flow.state === 'done' || hasEnded(actor) || undefined,
    scene.budgets.replyMs,
  )
  if (flow.state === 'done') return
  const missing = packet.qos === 1 ? 'PUBACK' : flow.state === 'publish' ? 'PUBREC' : 'PUBCOMP'
  const due = `${missing} id ${packet.id}`
  scene.miss(body.judging, {
    message: hasEnded(actor)
      ? endedInstead(endOf(actor), due)
      : sentNothing(due, scene.budgets.replyMs),
    expected: due,
    got: hasEnded(actor) ? endOf(actor) : 'nothing',
    ...(hasEnded(actor) ? leftBy(actor) : {}),
    packetType: missing,
  })
}

/** Waits for a message that matches and completes its exchange, whether the actor answers by itself or not. */
export async function receive(scene: Scene, actor: Actor, body: Body<'receive'>): Promise<void> {
  const taken = await expectNext(scene, actor, packetExpected(body.packet), body.judging)
  if (taken.kind !== 'packet' || taken.arrived.packet.type !== 'PUBLISH' || actor.auto) return
  const { qos, id } = taken.arrived.packet
  if (id === undefined || qos === 0) return
  if (qos === 1) return actor.send({ type: 'PUBACK', id, code: 0, properties: {} })
  actor.send({ type: 'PUBREC', id, code: 0, properties: {} })
  await expectNext(
    scene,
    actor,
    packetExpected({
      type: 'PUBREL',
      fields: { id: { kind: 'equals', value: id } },
      place: scene.place,
    }),
    body.judging,
  )
  actor.send({ type: 'PUBCOMP', id, code: 0, properties: {} })
}

export async function disconnect(
  scene: Scene,
  actor: Actor,
  body: Body<'disconnect'>,
): Promise<void> {
  if (!actor.conversation || hasEnded(actor)) return
  actor.send(
    buildPacket(
      { type: 'DISCONNECT', fields: body.fields, place: scene.place },
      scene.env,
      actor.version,
    ),
  )
  const { link } = actor.conversation
  await link.flush()
  link.fin()
  await untilRead(scene, link)
}

/** Connections of which a broker did not end its side in time, in a row. One that never does leaves that to its clients, and is not waited for. */
const leftOpen = new WeakMap<Target, Link[]>()
const leftOpenMax = 3

/**
 * Gives the broker time to read DISCONNECT, or our FIN, which the end of its own side suggests. A broker with a thread for each connection
 * may take the next CONNECT of the same client before that: it would be right to publish its will, and to send to the old connection what
 * comes for the client meanwhile. No verdict rests on this: the system of a broker may end a connection of which its session does not know.
 */
export async function untilRead(scene: Scene, link: Link): Promise<void> {
  const { target, budgets } = scene
  // What has ended since was only late.
  const before = leftOpen.get(target)?.some(one => one.gone) ? [] : (leftOpen.get(target) ?? [])
  if (target.role !== 'broker' || before.length >= leftOpenMax) return
  const gone = await scene.briefly(() => link.gone || undefined, budgets.replyMs / 2)
  leftOpen.set(target, gone ? [] : [...before, link])
}

export async function ping(scene: Scene, actor: Actor, body: Body<'ping'>): Promise<void> {
  needOpen(scene, actor)
  actor.send({ type: 'PINGREQ' })
  await expectNext(
    scene,
    actor,
    packetExpected({ type: 'PINGRESP', fields: {}, place: scene.place }),
    body.judging,
  )
}
