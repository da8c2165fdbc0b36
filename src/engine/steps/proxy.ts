import type { PassingWrite, Struck } from '../../faults/fault.ts'
import { anyFault, type Fault } from '../../faults/index.ts'
import { otherSide, type Side } from '../../model/side.ts'
import { isNothing } from '../../oracle/owed.ts'
import type { Cut } from '../../peers/proxy.ts'
import type { Judging, StepBody } from '../../scenario/ast.ts'
import type { ProxyBodies, ProxyCut } from '../../scenario/verbs/proxy.ts'
import type { Placed, ProxyActor } from '../actors/proxy-actor.ts'
import { Inconclusive } from '../early-end.ts'
import { matchFields, matchPacket } from '../packets/match.ts'
import type { Scene } from '../scene.ts'
import { endedInstead, sentNothing } from '../wording/absent.ts'
import { packetDue } from '../wording/due.ts'
import { packetText } from '../wording/packet-text.ts'
import { timeText } from '../wording/time-text.ts'
import { wrongPacket } from '../wording/wrong-packet.ts'
import { nextSpoken, nobodyReconnects } from './dial.ts'
import { valuesNow } from './faults.ts'
import type { Runners } from './runner.ts'

type Body<V extends keyof ProxyBodies> = StepBody<V>

/** What a proxy between a client under test and a broker does. */
export const proxyRunners: Runners<ProxyBodies> = {
  'proxy.accept': (scene, body, { actor }) => accept(scene, scene.proxy(actor), body),
  'proxy.expect': (scene, body, { actor }) => expect(scene, scene.proxy(actor), body),
  'proxy.fault': (scene, body, { actor }) => fault(scene, scene.proxy(actor), body),
  'proxy.struck': (scene, body, { actor }) => struck(scene, scene.proxy(actor), body),
  'proxy.cut': (scene, body, { actor }) => cut(scene, scene.proxy(actor), body),
  'proxy.release': (scene, body, { actor }) => release(scene, scene.proxy(actor), body),
  'proxy.stall': (scene, body, { actor }) => stall(scene, scene.proxy(actor), body),
  'proxy.resume': (scene, body, { actor }) => resume(scene, scene.proxy(actor), body),
}

/** The proxy takes the next connection of the client, opens one to the broker behind, and CONNECT comes. */
async function accept(scene: Scene, actor: ProxyActor, body: Body<'proxy.accept'>): Promise<void> {
  await nextSpoken(
    scene,
    actor.name,
    async socket => {
      const peers = { client: appOf(scene, actor), broker: scene.behind().name }
      return actor.attach(socket, await dialBehind(scene), peers)
    },
    ({ heard, endings }) => ({ spoken: heard.client, ending: endings.client }),
  )
  nobodyReconnects(scene)
  const packet = body.expect ?? { type: 'CONNECT' as const, fields: {}, place: scene.place }
  await expect(scene, actor, {
    verb: 'proxy.expect',
    from: 'client',
    packet,
    judging: body.judging,
  })
}

async function dialBehind(scene: Scene) {
  const broker = scene.behind()
  try {
    return await broker.dial(scene.budgets.connectMs)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new Inconclusive(`the broker behind, ${broker.name}, cannot be reached: ${code}`)
  }
}

/** The application that dials this proxy, for people. */
function appOf(scene: Scene, actor: ProxyActor): string {
  const names = [...scene.apps.keys()]
  return names.find(name => scene.brokerFor(name) === actor.name) ?? 'client'
}

/** The next packet of that type from that side must be as asked; packets of other types are passed over. */
async function expect(scene: Scene, actor: ProxyActor, body: Body<'proxy.expect'>): Promise<void> {
  const { from, packet: matcher } = body
  const began = scene.log.nowMs
  const next = () => actor.inbox[from].findIndex(({ packet }) => packet.type === matcher.type)
  await scene.until(() => next() >= 0 || isOver(actor, from) || undefined, scene.budgets.replyMs)
  const at = next()
  const wanted = packetDue(matcher, scene.env)
  const due = from === 'client' ? wanted : `${wanted} of the broker behind`
  const packetType = matcher.type
  const passed = actor.inbox[from][at]
  if (!passed) {
    await blameClient(scene, from)
    const after = `after ${timeText(scene.log.nowMs - began)}`
    return scene.miss(judgingFor(actor, from, body.judging), {
      message: isOver(actor, from)
        ? endedInstead(`${endOf(actor, from)} ${after}`, due)
        : from === 'client'
          ? sentNothing(wanted, scene.budgets.replyMs)
          : `The broker behind sent no ${wanted} in ${timeText(scene.budgets.replyMs)}`,
      packetType,
      expected: due,
      got: isOver(actor, from) ? `${endOf(actor, from)} ${after}` : 'nothing',
      ...leftBy(actor),
    })
  }
  const match =
    matcher.type === 'CONNECT'
      ? matchFields(matcher.fields, { ...passed.packet }, scene.env)
      : matchPacket(matcher, passed.packet, scene.env)
  if (match.mismatches.length > 0) {
    return scene.miss(judgingFor(actor, from, body.judging), {
      message: wrongPacket(passed.packet, match.mismatches, { type: packetType, text: due }),
      packetType,
      expected: due,
      got: packetText(passed.packet),
      fields: match.mismatches,
      seq: passed.seq,
    })
  }
  // What came before it was passed over.
  actor.inbox[from].splice(0, at + 1)
  for (const [name, value] of match.bindings) scene.env.bind(name, value)
}

function nameOf(side: Side): string {
  return side === 'client' ? 'client' : 'broker behind'
}

/** The broker may have been silent because the client was: what that owed and did not say for so long is its own fault. */
async function blameClient(scene: Scene, from: Side): Promise<void> {
  if (from !== 'broker') return
  const { judges } = scene
  await scene.until(() => isNothing(judges.owed('packets')) || undefined, scene.budgets.replyMs)
  for (const breach of judges.overdue()) scene.find(breach)
}

/** What the broker behind does not do is no fault of the target; nor is what the client cannot do once that broker has gone. */
export function judgingFor(actor: ProxyActor, from: Side, judging: Judging): Judging {
  const { broker } = actor.relay?.endings ?? {}
  return from === 'broker' || broker?.by === 'them' ? { ...judging, as: 'given' } : judging
}

function isOver({ relay }: ProxyActor, side: Side): boolean {
  return !relay || relay.endings[side] !== undefined || relay.broken[side] !== undefined
}

/** The connection that the client left, for a miss that may be about that. */
export function leftBy({ relay }: ProxyActor): { left?: number } {
  return relay?.endings.client?.by === 'them' ? { left: relay.numberOf('client') } : {}
}

export function endOf({ relay }: ProxyActor, side: Side): string {
  if (!relay) return 'no connection'
  const broken = relay.broken[side]
  if (broken) return `bytes that are no MQTT packet: ${broken}`
  const ending = relay.endings[side]
  const gone = relay.endings[otherSide(side)]
  const closer = ending?.by === 'them' ? side : gone?.by === 'them' ? otherSide(side) : undefined
  const who = closer ? `the ${nameOf(closer)}` : 'the proxy'
  return `${who} closed the connection (${ending?.how.toUpperCase() ?? 'FIN'})`
}

/** Places a fault that waits for its packets. */
function fault(scene: Scene, actor: ProxyActor, body: Body<'proxy.fault'>): void {
  const placed = placedFault(scene, body, fault => note(scene, actor, body.from, fault))
  actor.placed.push(placed)
}

/** A fault that waits for its packets; `tell` hears of it as it happens. */
export function placedFault(
  scene: Pick<Scene, 'env'>,
  body: Body<'proxy.fault'>,
  tell: (fault: Fault) => void,
): Placed {
  const { from, packet: matcher } = body
  const cut = body.cut && cutOf(scene, body.cut)
  return {
    from,
    title: `${packetDue(matcher, scene.env)} of the ${nameOf(from)}`,
    packetType: matcher.type,
    skip: scene.env.number(body.nth) - 1,
    left: scene.env.number(body.times),
    matches(packet) {
      const match = matchPacket(matcher, packet, scene.env)
      if (match.mismatches.length > 0) return false
      for (const [name, value] of match.bindings) scene.env.bind(name, value)
      return true
    },
    strike(packet, seq, bytes) {
      const { record, writes } = struckNow(scene, body, {
        bytes,
        of: { packet: packet.type, from },
        seq,
      })
      if (record) tell(record)
      if (cut) tell({ kind: 'cut', ...cut })
      return { writes, ...(cut ? { cut } : {}) }
    },
  }
}

/** What becomes of the packet. One that passes is no fault. */
function struckNow(
  scene: Pick<Scene, 'env'>,
  { fault, told }: Body<'proxy.fault'>,
  struck: Struck,
): { record?: Fault; writes: PassingWrite[] } {
  if (fault === 'pass') return { writes: [{ as: 'packet' }] }
  const form = anyFault[fault].proxy
  if (!form) throw new RangeError(`${fault} is not done at a proxy`)
  const { fault: record, writes } = form.strike(struck, valuesNow(scene, told))
  return { record, writes }
}

/** The fault belongs to the connection on which its packet came. */
function note(scene: Scene, actor: ProxyActor, from: Side, fault: Fault): void {
  const connection = actor.relay?.numberOf(from)
  scene.log.record({
    kind: 'fault',
    actor: actor.name,
    ...(connection === undefined ? {} : { connection }),
    fault,
  })
}

function cutOf(scene: Pick<Scene, 'env'>, { how, side }: ProxyCut): Cut {
  return { how: scene.env.text(how) === 'rst' ? 'rst' : 'fin', side }
}

/** Ends one side or both, at once or when so many bytes of a side have passed. */
async function cut(scene: Scene, actor: ProxyActor, body: Body<'proxy.cut'>): Promise<void> {
  const cut = cutOf(scene, body.cut)
  const relay = actor.need()
  const noted = () => note(scene, actor, 'client', { kind: 'cut', ...cut })
  if (!body.after) {
    noted()
    return relay.cut(cut)
  }
  const { from, bytes } = body.after
  const placed: Placed = {
    from,
    title: `${scene.env.number(bytes)} bytes of the ${nameOf(from)}`,
    packetType: 'PUBLISH',
    skip: 0,
    left: 1,
    matches: () => false,
    strike: () => ({ writes: [{ as: 'packet' }] }),
  }
  actor.placed.push(placed)
  relay.cutAfter(from, scene.env.number(bytes), cut, () => {
    placed.left = 0
    noted()
  })
}

/** Waits until every fault that was placed has happened. */
async function struck(scene: Scene, actor: ProxyActor, body: Body<'proxy.struck'>): Promise<void> {
  const waiting = () => actor.placed.find(({ left }) => left > 0)
  await scene.until(() => waiting() === undefined || undefined, scene.budgets.reconnectMs)
  const missing = waiting()
  if (!missing) {
    actor.placed.splice(0)
    return
  }
  const { from, title, packetType } = missing
  await blameClient(scene, from)
  scene.miss(judgingFor(actor, from, body.judging), {
    message: `There was no ${title} in ${timeText(scene.budgets.reconnectMs)}`,
    expected: title,
    got: isOver(actor, from) ? endOf(actor, from) : 'nothing',
    ...leftBy(actor),
    packetType,
  })
}

function release(scene: Scene, actor: ProxyActor, body: Body<'proxy.release'>): void {
  for (const from of body.from) {
    for (const packet of actor.need().heldOf(from)) {
      note(scene, actor, from, { kind: 'release', packet, from })
    }
    actor.need().release(from)
  }
}

function stall(scene: Scene, actor: ProxyActor, { from }: Body<'proxy.stall'>): void {
  const relay = actor.need()
  note(scene, actor, from, { kind: 'stall', from })
  relay.stall(from)
}

function resume(scene: Scene, actor: ProxyActor, { from }: Body<'proxy.resume'>): void {
  const relay = actor.need()
  note(scene, actor, from, { kind: 'resume', from })
  relay.resume(from)
}
