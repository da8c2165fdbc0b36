import type { Duplex } from 'node:stream'
import type { Connect, Packet } from '../../model/packet.ts'
import { versionOfLevel } from '../../model/version.ts'
import type { Actor } from '../../peers/actor.ts'
import type { Expected, StepBody, StepVerb } from '../../scenario/ast.ts'
import { Listener } from '../../transport/listen.ts'
import { Inconclusive, Skipped } from '../early-end.ts'
import { needRoomFor } from '../excused/untold-limits.ts'
import { buildPacket, Fields } from '../packets/build-packet.ts'
import { expectNext, given } from '../packets/expect-next.ts'
import { matchFields } from '../packets/match.ts'
import type { Scene } from '../scene.ts'
import { timeText } from '../wording/time-text.ts'
import { authenticating } from './authenticate.ts'

type Body<V extends StepVerb> = StepBody<V>

/** How long a kept 5.0 session may outlive its connection, unless the scenario says otherwise: longer than any case. */
const keptExpiryS = 300

/**
 * Keep Alive of our clients, unless the scenario says otherwise. While we wait to see a connection closed we send nothing: a broker that
 * closes because no PINGREQ came must not seem to close for what it was sent.
 */
const keepAliveS = 600

/** A fake client dials the target, sends CONNECT and takes CONNACK. */
export async function connect(scene: Scene, actor: Actor, body: Body<'connect'>): Promise<void> {
  await openStream(scene, actor)
  actor.auto = body.answers === 'auto'
  const plain = connectPacket(scene, actor, body)
  needRoomFor(scene, plain)
  const packet = body.auth ? authenticating(scene, actor, body.auth, plain) : plain
  if (!body.auth) actor.authentication = undefined
  actor.clientId = packet.clientId
  if (packet.clean) actor.forget()
  actor.keptSession ||= body.session === 'kept' || !packet.clean
  actor.send(packet)
  if (body.unanswered) return
  const expected: Expected = body.expect ?? connackWithCode0(scene)
  const taken = await expectNext(
    scene,
    actor,
    expected,
    body.expect ? body.judging : given,
    scene.budgets.replyMs,
  )
  if (taken.kind !== 'packet' || taken.arrived.packet.type !== 'CONNACK') return
  if (!taken.arrived.packet.sessionPresent) actor.forget()
  else if (actor.auto) actor.resend()
}

export async function openStream(scene: Scene, actor: Actor): Promise<void> {
  try {
    actor.attach(await scene.broker().dial(scene.budgets.connectMs, scene.kase.transport))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new Inconclusive(`${actor.name} could not open a connection to the target: ${code}`)
  }
}

function connackWithCode0(scene: Scene): Expected {
  return {
    kind: 'packet',
    packet: {
      type: 'CONNACK',
      fields: { code: { kind: 'equals', value: 0 } },
      place: scene.place,
    },
  }
}

function connectPacket(scene: Scene, actor: Actor, body: Body<'connect'>): Connect {
  const fields = new Fields(body.fields, scene.env)
  const { credentials } = scene.broker()
  const kept = body.session === 'kept'
  const packet = buildPacket(
    {
      type: 'CONNECT',
      fields: {
        clientId: actor.clientId,
        clean: !kept,
        keepAliveS,
        ...(credentials.username === undefined ? {} : { username: credentials.username }),
        ...(credentials.password === undefined ? {} : { password: credentials.password }),
        ...body.fields,
      },
      place: scene.place,
    },
    scene.env,
    actor.version,
  ) as Connect
  if (kept && actor.version === '5.0' && !hasExpiry(fields)) {
    packet.properties = { sessionExpiryInterval: keptExpiryS, ...packet.properties }
  }
  return packet
}

function hasExpiry(fields: Fields): boolean {
  return fields.properties().sessionExpiryInterval !== undefined
}

/** The port on which this fake broker waits, opened at its first use. */
export async function listenerOf(scene: Scene, name: string, host: string): Promise<Listener> {
  const known = scene.listeners.get(name)
  if (known) return known
  const listener = await Listener.open({
    host,
    port: 0,
    ...(scene.kase.transport === undefined ? {} : { transport: scene.kase.transport }),
    changed: () => scene.wakeups.fire(),
  })
  scene.listeners.set(name, listener)
  return listener
}

/** The next connection of the client. Where none comes, the case misses it; throws Skipped for a program that has ended. */
export async function nextDialled(scene: Scene, name: string): Promise<Duplex> {
  const listener = await listenerOf(scene, name, listenHost(scene))
  const socket = await scene.until(
    () => listener.waiting.shift() ?? (programEnding(scene) ? 'ended' : undefined),
    scene.budgets.reconnectMs,
  )
  if (socket === 'ended') {
    throw new Skipped('not drivable: the program has ended and comes back to nothing')
  }
  // No statement obliges a client to connect, or to come back: what was to be seen then could not be.
  if (!socket) {
    return scene.miss(given, {
      message: `The target did not connect in ${timeText(scene.budgets.reconnectMs)}`,
      expected: 'a connection',
      got: 'nothing',
      packetType: 'CONNECT',
    })
  }
  return socket
}

/** An application that was told to connect again has done so. */
export function nobodyReconnects(scene: Scene): void {
  for (const app of scene.apps.values()) app.reconnecting = false
}

/**
 * The next connection on which the client says anything. A library may give up an attempt before it sent CONNECT, for a limit of
 * its own, and try again; no statement is broken by that.
 */
export async function nextSpoken<Taken>(
  scene: Scene,
  name: string,
  attach: (socket: Duplex) => Taken | Promise<Taken>,
  clientOf: (taken: Taken) => { spoken: boolean; ending: { by: 'us' | 'them' } | undefined },
): Promise<Taken> {
  const untilMs = scene.log.nowMs + scene.budgets.reconnectMs
  for (;;) {
    const taken = await attach(await nextDialled(scene, name))
    await scene.until(() => {
      const { spoken, ending } = clientOf(taken)
      return spoken || ending !== undefined || undefined
    }, scene.budgets.replyMs)
    const { spoken, ending } = clientOf(taken)
    const givenUp = !spoken && ending?.by === 'them'
    if (!givenUp || scene.log.nowMs >= untilMs) return taken
    scene.log.record({ kind: 'note', text: `${name} was left without CONNECT` })
  }
}

/** A fake broker takes the next connection, its CONNECT, and answers CONNACK. */
export async function accept(scene: Scene, actor: Actor, body: Body<'accept'>): Promise<void> {
  actor.auto = body.answers === 'auto'
  const conversation = await nextSpoken(
    scene,
    actor.name,
    socket => actor.attach(socket),
    ({ spoken, ending }) => ({ spoken, ending }),
  )
  nobodyReconnects(scene)
  const taken = await expectNext(
    scene,
    actor,
    { kind: 'packet', packet: { type: 'CONNECT', fields: {}, place: scene.place } },
    body.judging,
  )
  if (taken.kind !== 'packet' || taken.arrived.packet.type !== 'CONNECT') return
  const connectSent = taken.arrived.packet
  conversation.speak(versionOfLevel(connectSent.protocolLevel) ?? actor.version)
  checkConnect(scene, body, connectSent)
  const sameClient = actor.clientId === connectSent.clientId
  actor.clientId = connectSent.clientId
  if (!body.silent) answerConnack(scene, actor, body, connectSent, sameClient)
}

/** How a program at level 0 ended; it is started once in a case. */
export function programEnding({ target, apps }: Scene): { error?: string } | undefined {
  if (target.role !== 'client' || target.level !== 0) return undefined
  for (const { event } of [...apps.values()].flatMap(app => app.events)) {
    if (event.event === 'disconnected') return event
  }
  return undefined
}

/** Where a client under test has to find our broker: loopback unless it is elsewhere. */
export function listenHost(scene: Scene): string {
  return scene.target.role === 'client' ? scene.target.listenHost : '127.0.0.1'
}

function checkConnect(scene: Scene, body: Body<'accept'>, packet: Packet): void {
  if (!body.expect) return
  const fields = { ...body.expect.packet.fields }
  const match = matchFields(fields, packet as { [name: string]: unknown }, scene.env)
  for (const [name, value] of match.bindings) scene.env.bind(name, value)
  const first = match.mismatches[0]
  if (!first) return
  scene.miss(body.judging, {
    message: `CONNECT has ${first.field} ${first.got}; ${first.expected} was due`,
    expected: match.mismatches.map(m => `${m.field} ${m.expected}`).join(', '),
    got: match.mismatches.map(m => `${m.field} ${m.got}`).join(', '),
    packetType: 'CONNECT',
    fields: match.mismatches,
  })
}

function answerConnack(
  scene: Scene,
  actor: Actor,
  body: Body<'accept'>,
  packet: Connect,
  sameClient: boolean,
): void {
  const connack = buildPacket(
    { type: 'CONNACK', fields: body.fields, place: scene.place },
    scene.env,
    actor.version,
  )
  if (connack.type !== 'CONNACK') return
  // An honest broker says Session Present when it has met this client id before and was not told to forget it.
  if (body.fields.sessionPresent === undefined) {
    connack.sessionPresent =
      connack.code === 0 && !packet.clean && sameClient && actor.accepted && actor.leavesSession
  }
  // An honest broker names the method again that CONNECT named [5.0:MQTT-4.12.0-5].
  const method = packet.properties.authenticationMethod
  if (method !== undefined && connack.code === 0) {
    connack.properties = { authenticationMethod: method, ...connack.properties }
  }
  if (!connack.sessionPresent) actor.forget()
  actor.accepted = connack.code === 0
  // A session of 5.0 ends with its connection where no Session Expiry Interval keeps it [5.0 §3.1.2.11.2].
  // One of 3.1.1 ends with it where Clean Session was 1 [3.1.1:MQTT-3.1.2-6].
  actor.leavesSession =
    actor.version === '5.0'
      ? Number(packet.properties.sessionExpiryInterval ?? 0) > 0
      : !packet.clean
  actor.send(connack)
  if (connack.sessionPresent && actor.auto) actor.resend()
}

/** The next TCP connections of the client are closed as soon as they open. */
export async function refuse(scene: Scene, name: string, body: Body<'refuse'>): Promise<void> {
  const listener = await listenerOf(scene, name, listenHost(scene))
  if ('times' in body) listener.refusals += scene.env.number(body.times)
  else listener.refuseFor(scene.env.number(body.ms))
  scene.log.record({ kind: 'fault', actor: name, fault: { kind: 'refuse' } })
}
