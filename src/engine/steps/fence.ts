import type { Publish } from '../../model/packet.ts'
import { sentinelPrefix } from '../../model/trace.ts'
import type { Owed } from '../../oracle/owed.ts'
import type { Actor } from '../../peers/actor.ts'
import type { StepBody } from '../../scenario/ast.ts'
import { endOf, hasEnded, leftBy, mustAnswer } from '../packets/expect-next.ts'
import type { Scene } from '../scene.ts'
import { promptMs } from '../waiting/budgets.ts'
import { endedInstead, sentNothing } from '../wording/absent.ts'
import { packetText } from '../wording/packet-text.ts'
import { programEnding } from './dial.ts'
import { judgingFor, endOf as proxyEnd, leftBy as proxyLeftBy } from './proxy.ts'

type Body = StepBody<'fence'>

/** Packet identifiers of sentinels lie above all others of ours. */
const sentinelIdMin = 60_000

/**
 * Closes the claim that nothing more comes, without waiting: what comes back behind a fence proves that everything owed
 * before it has been said. Several fake clients: the first publishes a sentinel which the others must receive. One: PINGREQ.
 * A fake broker or a proxy sends the client a sentinel at QoS 1; the application on the client echoes a nonce.
 */
export async function fence(scene: Scene, body: Body): Promise<void> {
  const peers = body.actors.filter(name => !scene.apps.has(name))
  if (scene.upstream) for (const name of peers) await proxySentinel(scene, body, name)
  const actors = scene.upstream ? [] : peers.map(name => scene.actor(name))
  const [first, ...others] = actors
  if (first) {
    if (await programIsDone(scene, first)) return nothingMore(scene, actors)
    for (const actor of actors) needsConnection(scene, actor)
    if (first.plays === 'server')
      for (const actor of actors) await clientSentinel(scene, body, actor)
    else if (others.length === 0) await pingFence(scene, first)
    else await sentinel(scene, body, first, others)
    for (const actor of actors) nothingUnexpected(scene, actor)
  }
  for (const name of body.actors) await scene.apps.get(name)?.nonce()
  if (scene.budgets.quietMs > 0) await quiet(scene, body.actors)
}

/** A program at level 0 ends by itself when it has done its one thing: nothing can come behind that. */
async function programIsDone(scene: Scene, actor: Actor): Promise<boolean> {
  return hasEnded(actor) && programEnds(scene)
}

async function programEnds(scene: Scene): Promise<boolean> {
  if (scene.target.role !== 'client' || scene.target.level !== 0) return false
  const ending = await scene.until(() => programEnding(scene), scene.budgets.replyMs)
  return ending !== undefined && ending.error === undefined
}

function nothingMore(scene: Scene, actors: Actor[]): void {
  for (const actor of actors) nothingUnexpected(scene, actor)
}

function needsConnection(scene: Scene, actor: Actor): void {
  if (actor.conversation && !hasEnded(actor)) return
  scene.miss(mustAnswer, {
    message: endOf(actor).replace(/^./, first => first.toUpperCase()),
    expected: 'an open connection',
    got: endOf(actor),
    ...leftBy(actor),
    endedBefore: true,
    packetType: 'closed',
  })
}

async function pingFence(scene: Scene, actor: Actor): Promise<void> {
  actor.send({ type: 'PINGREQ' })
  const answered = await scene.until(() => {
    const i = actor.inbox.findIndex(arrived => arrived.packet.type === 'PINGRESP')
    if (i >= 0) actor.inbox.splice(i, 1)
    return i >= 0 ? 'yes' : hasEnded(actor) ? 'ended' : undefined
  }, scene.budgets.replyMs)
  if (answered !== 'yes') {
    scene.miss(mustAnswer, {
      message: answered
        ? endedInstead(endOf(actor), 'PINGRESP')
        : sentNothing('PINGRESP', scene.budgets.replyMs),
      expected: 'PINGRESP',
      got: answered ? endOf(actor) : 'nothing',
      ...(answered ? leftBy(actor) : {}),
      packetType: 'PINGRESP',
    })
  }
  scene.log.record({ kind: 'fence', actors: [actor.name], how: 'ping' })
}

/**
 * The QoS of a sentinel where its case has published nothing at a QoS that high: no more than the target says it takes, in 3.1.1 too, which
 * has no way to say so.
 */
function fittingQos({ announced }: Scene, from: Actor, wanted: number): number {
  if (from.lastPublished?.qos === wanted) return wanted
  return Math.min(wanted, Number(announced?.maximumQoS ?? 2))
}

async function sentinel(scene: Scene, body: Body, from: Actor, to: Actor[]): Promise<void> {
  const topic =
    body.topic === undefined
      ? (from.lastPublished?.topic ?? String(scene.env.get('topic')))
      : scene.env.text(body.topic)
  const wanted =
    body.qos === undefined ? (from.lastPublished?.qos ?? 2) : scene.env.number(body.qos)
  const qos = fittingQos(scene, from, wanted)
  await lastOnesCome(scene, [from, ...to])
  const payload = `${sentinelPrefix}${scene.nextSentinel()}`
  const packet = sentinelPacket(scene, from, topic, qos, payload)
  const flow = from.begin(packet)
  const passed = await whileMoving(scene, () => {
    if (flow.state === 'done' && to.every(actor => actor.sentinels.has(payload))) return 'yes'
    return [from, ...to].some(hasEnded) ? 'ended' : undefined
  })
  if (passed !== 'yes') {
    const waiting = to.filter(actor => !actor.sentinels.has(payload)).map(actor => actor.name)
    const ended = [from, ...to].find(hasEnded)
    scene.miss(mustAnswer, {
      message: `A QoS ${qos} message published behind all others ${flow.state === 'done' ? 'was acknowledged and did not arrive' : 'was not acknowledged'}`,
      expected: `the message on ${topic} at ${to.map(actor => actor.name).join(', ')}`,
      got: ended
        ? `${ended.name}: ${endOf(ended)}`
        : flow.state === 'done'
          ? `nothing at ${waiting.join(', ')}`
          : `no ${flow.state === 'publish' ? 'acknowledgement' : 'PUBCOMP'} at ${from.name}`,
      ...(ended ? leftBy(ended) : {}),
      packetType: 'PUBLISH',
    })
  }
  scene.log.record({
    kind: 'fence',
    actors: [from, ...to].map(actor => actor.name),
    how: 'sentinel',
  })
}

/**
 * A sentinel is a message as any other. Behind the last of a queue that is still being sent it would meet the target in the middle of that,
 * at a moment which is another one each time, and ask what the scenario does not ask. What is on its way comes first; for what does
 * not come, the sentinel is the question.
 */
async function lastOnesCome(scene: Scene, actors: Actor[]): Promise<void> {
  const nothingOwed = () => {
    for (const one of scene.judges.owed()) if (actors.some(actor => comes(one, actor))) return
    return true
  }
  for (let round = 1; round <= roundsMax; round++) {
    const before = scene.log.lastSeq
    if (await scene.briefly(nothingOwed, promptMs(scene.budgets))) return
    if (scene.log.lastSeq === before) return
  }
}

/** Whether it is owed on the connection of that actor, and nothing is asked of us before it comes. */
function comes({ connection }: Owed, { auto, withheld, conversation }: Actor): boolean {
  return auto && withheld.size === 0 && conversation?.number === connection
}

/** Rounds of `replyMs` for which a fence waits while packets still come, and no message that had not come before. */
const roundsMax = 6

/**
 * A queue that empties slowly, one exchange after the other, is no fault: as long as anything happens between us and the
 * target the wait begins anew.
 */
async function whileMoving<T>(scene: Scene, check: () => T | undefined): Promise<T | undefined> {
  let messages = 0
  for (let round = 1; ; round++) {
    const before = scene.log.lastSeq
    const found = await scene.until(check, scene.budgets.replyMs)
    if (found !== undefined || scene.log.lastSeq === before || round === roundsMax) return found
    const now = messagesOver(scene)
    if (now > messages) round = 0
    messages = now
  }
}

/** How many messages have reached anybody: of five hundred in a queue some come in each round, however slow the machine is. */
function messagesOver({ judges }: Scene): number {
  return judges.ledger.messages().filter(({ received }) => received.size > 0).length
}

function sentinelPacket(
  scene: Scene,
  from: Actor,
  topic: string,
  qos: number,
  payload: string,
): Publish {
  const used = from.session.flows
  let id = sentinelIdMin + (scene.sentinelCount % 5000)
  while (used.has(id)) id += 1
  return {
    type: 'PUBLISH',
    topic,
    qos,
    dup: false,
    retain: false,
    ...(qos > 0 ? { id } : {}),
    payload: new TextEncoder().encode(payload),
    properties: {},
  }
}

/** A client reads in order: its PUBACK for this comes behind its answers to all before. */
async function clientSentinel(scene: Scene, body: Body, broker: Actor): Promise<void> {
  const payload = `${sentinelPrefix}${scene.nextSentinel()}`
  const topic =
    body.topic === undefined
      ? (broker.lastPublished?.topic ?? String(scene.env.get('topic')))
      : scene.env.text(body.topic)
  const flow = broker.begin(sentinelPacket(scene, broker, topic, 1, payload))
  const passed = await scene.until(
    () => (flow.state === 'done' ? 'yes' : hasEnded(broker) ? 'ended' : undefined),
    scene.budgets.replyMs,
  )
  if (passed !== 'yes' && !(await programIsDone(scene, broker))) {
    scene.miss(mustAnswer, {
      message: behindAll(passed ? endOf(broker) : undefined, scene.budgets.replyMs),
      expected: 'PUBACK',
      got: passed ? endOf(broker) : 'nothing',
      ...(passed ? leftBy(broker) : {}),
      packetType: 'PUBACK',
    })
  }
  scene.log.record({ kind: 'fence', actors: [broker.name], how: 'sentinel' })
}

/** What came of a QoS 1 message that we sent behind all others. */
function behindAll(end: string | undefined, waitedMs: number): string {
  const due = 'PUBACK for a QoS 1 message that we sent behind all others'
  return end === undefined ? sentNothing(due, waitedMs) : endedInstead(end, due)
}

/** The same at a proxy: the broker behind gets to know of neither the message nor the answer. */
async function proxySentinel(scene: Scene, body: Body, name: string): Promise<void> {
  const proxy = scene.proxy(name)
  const topic =
    body.topic === undefined
      ? (proxy.lastTopic ?? String(scene.env.get('topic')))
      : scene.env.text(body.topic)
  const ended = () => !proxy.relay || proxy.relay.endings.client !== undefined
  if (!ended()) {
    const acknowledged = proxy.sentinel(topic, scene.nextSentinel())
    await scene.until(() => acknowledged() || ended() || undefined, scene.budgets.replyMs)
    if (acknowledged())
      return void scene.log.record({ kind: 'fence', actors: [name], how: 'sentinel' })
  }
  if (await programEnds(scene)) return
  scene.miss(judgingFor(proxy, 'client', mustAnswer), {
    message: behindAll(ended() ? proxyEnd(proxy, 'client') : undefined, scene.budgets.replyMs),
    expected: 'PUBACK',
    got: ended() ? proxyEnd(proxy, 'client') : 'nothing',
    ...proxyLeftBy(proxy),
    packetType: 'PUBACK',
  })
}

/**
 * An actor that answers by hand has expected everything there was: a delivery left over is one too many. Whether a PUBREL is depends on what
 * the target has read of our answers, which the referee knows.
 */
function nothingUnexpected(scene: Scene, actor: Actor): void {
  if (actor.auto) return
  const extra = actor.inbox.find(
    ({ packet, ignorable }) =>
      packet.type === 'PUBLISH' && !ignorable && !(scene.kase.version !== '5.0' && packet.dup),
  )
  if (!extra) return
  scene.miss(mustAnswer, {
    message: `The target sent ${packetText(extra.packet)}; nothing more was due`,
    expected: 'nothing more',
    got: packetText(extra.packet),
    packetType: extra.packet.type,
    surplus: extra.packet,
    seq: extra.seq,
  })
}

async function quiet(scene: Scene, actors: string[]): Promise<void> {
  const { quietMs } = scene.budgets
  await scene.quiet(quietMs)
  scene.log.record({ kind: 'fence', actors, how: 'quiet' })
}
