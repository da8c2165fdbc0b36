import type { Packet } from '../../model/packet.ts'
import type { Actor, Arrived } from '../../peers/actor.ts'
import type { Expected, Judging, PacketMatcher } from '../../scenario/ast.ts'
import { mayBeRepeat } from '../excused/earlier-copy.ts'
import { canBeAsked, takePingresp } from '../excused/swallowed.ts'
import type { Scene } from '../scene.ts'
import { promptMs } from '../waiting/budgets.ts'
import { endedInstead, keepAliveOf, sentNothing } from '../wording/absent.ts'
import { dueText } from '../wording/due.ts'
import { keptOpen } from '../wording/kept-open.ts'
import { offence } from '../wording/offence.ts'
import { packetText } from '../wording/packet-text.ts'
import { timeText } from '../wording/time-text.ts'
import { wrongPacket } from '../wording/wrong-packet.ts'
import { type Mismatch, matchPacket } from './match.ts'
import type { Bound } from './variables.ts'

/** What an expectation took: a packet, or the end of the connection. */
export type Taken = { kind: 'packet'; arrived: Arrived } | { kind: 'closed' }

type Look =
  | { kind: 'taken'; taken: Taken }
  | { kind: 'wrong'; arrived: Arrived; mismatches: Mismatch[] }
  | { kind: 'ended' }

/**
 * Waits for the next relevant packet of the target on the actor's connection; it must be as expected. Passed over are PINGREQ, a
 * PUBREC that comes unasked after a reconnect, which the referee warns of, and, in 3.1 and 3.1.1, repeats of a packet already seen
 * on this connection, which those versions allow at any time (docs/qos2.md, versions table). Anything else that is not as expected ends
 * the case.
 */
export async function expectNext(
  scene: Scene,
  actor: Actor,
  expected: Expected,
  judging: Judging,
  budgetMs = scene.budgets.replyMs,
): Promise<Taken> {
  const began = scene.log.nowMs
  const { look, swallowed } = wantsClosed(expected)
    ? await untilClosed(scene, actor, expected, budgetMs)
    : { look: await scene.until(() => lookAt(scene, actor, expected), budgetMs), swallowed: false }
  if (look?.kind === 'taken') return look.taken
  const packetType = firstType(expected)
  const due = dueText(expected, scene.env)
  if (look?.kind === 'wrong') {
    const { arrived, mismatches } = look
    // A scenario that asks by itself gets the same proof.
    const answered = arrived.packet.type === 'PINGRESP' && wantsClosed(expected)
    return scene.miss(judging, {
      message: answered
        ? keptOpenText(scene, actor, true, budgetMs)
        : wrongPacket(arrived.packet, mismatches, {
            type: packetType,
            text: due,
            offence: wantsClosed(expected) ? offence(scene.kase.title) : undefined,
          }),
      expected: due,
      got: packetText(arrived.packet),
      packetType,
      ...(arrived.packet.type === packetType ? { fields: mismatches } : {}),
      seq: arrived.seq,
      ...(arrived.packet.type === 'DISCONNECT' ? leftBy(actor) : {}),
    })
  }
  if (look?.kind === 'ended') {
    const end = `${endOf(actor)} after ${timeText(scene.log.nowMs - began)}`
    const told = { message: endedInstead(end, due), expected: due, got: end }
    return scene.miss(judging, { ...told, packetType, ...leftBy(actor) })
  }
  return scene.miss(judging, {
    message: wantsClosed(expected)
      ? keptOpenText(scene, actor, swallowed, budgetMs)
      : silence(scene, actor, { due, packetType, waitedMs: budgetMs }),
    expected: due,
    got: wantsClosed(expected) ? 'an open connection' : 'nothing',
    packetType,
    ...(actor.conversation ? { on: actor.conversation.number } : {}),
  })
}

function keptOpenText(scene: Scene, actor: Actor, answered: boolean, budgetMs: number): string {
  const { number: connection } = actor.conversation ?? {}
  const { title } = scene.kase
  return keptOpen({ title, trace: scene.log.events(), connection, answered, budgetMs })
}

/** What did not come within a budget. */
function silence(
  scene: Scene,
  actor: Actor,
  missing: { due: string; packetType: string | undefined; waitedMs: number },
): string {
  const keptAlive =
    missing.packetType === 'PINGREQ'
      ? keepAliveOf(scene.log.events(), actor.conversation?.number)
      : undefined
  return sentNothing(missing.due, missing.waitedMs, keptAlive)
}

/** Waits for the end of a connection; once the target is seen to have read past what should have ended it, only for a short grace. */
async function untilClosed(
  scene: Scene,
  actor: Actor,
  expected: Expected,
  budgetMs: number,
): Promise<{ look: Look | undefined; swallowed: boolean }> {
  const look = () => lookAt(scene, actor, expected)
  const graceMs = promptMs(scene.budgets)
  const atOnce = await scene.briefly(look, graceMs)
  if (atOnce || budgetMs <= graceMs || !canBeAsked(scene, actor)) {
    return { look: atOnce ?? (await scene.until(look, budgetMs - graceMs)), swallowed: false }
  }
  actor.send({ type: 'PINGREQ' })
  const answer = await scene.until(
    () => (takePingresp(actor) ? 'PINGRESP' : look()),
    budgetMs - graceMs,
  )
  if (answer !== 'PINGRESP') return { look: answer, swallowed: false }
  return { look: await scene.briefly(look, graceMs), swallowed: true }
}

/** One look at what has arrived: takes the packet if it is the expected one. */
function lookAt(scene: Scene, actor: Actor, expected: Expected): Look | undefined {
  for (;;) {
    const arrived = actor.inbox[0]
    if (!arrived) break
    const result = matchExpected(scene, expected, arrived.packet)
    if (result.matched || isRepeatOfUnread(scene, arrived, result)) {
      actor.inbox.shift()
      noteSeen(actor, arrived.packet)
      for (const [name, value] of result.bindings) scene.env.bind(name, value)
      return { kind: 'taken', taken: { kind: 'packet', arrived } }
    }
    if (!passedOver(scene, actor, arrived, expected)) {
      return { kind: 'wrong', arrived, mismatches: result.mismatches }
    }
    actor.inbox.shift()
  }
  if (!hasEnded(actor)) return undefined
  return wantsClosed(expected) && !actor.conversation?.broken
    ? { kind: 'taken', taken: { kind: 'closed' } }
    : { kind: 'ended' }
}

/** A first copy that may be none: an earlier one went to a connection which the target did not know to be cut. */
function isRepeatOfUnread(scene: Scene, { seq }: Arrived, { mismatches }: Matched): boolean {
  const [first, ...more] = mismatches
  if (first?.field !== 'dup' || first.expected !== 'false' || more.length > 0) return false
  return scene.target.role === 'broker' && mayBeRepeat(scene.log.events(), seq)
}

export function hasEnded(actor: Actor): boolean {
  const { conversation } = actor
  return !conversation || conversation.ending !== undefined || conversation.broken !== undefined
}

/** The connection that the target left, for a miss that is about that. */
export function leftBy({ conversation }: Actor): { left?: number } {
  if (!conversation || conversation.ending?.by === 'us') return {}
  return { left: conversation.number }
}

export function endOf(actor: Actor): string {
  const { conversation } = actor
  if (!conversation) return 'no connection'
  if (conversation.broken) return `bytes that are no MQTT packet: ${conversation.broken}`
  const how = conversation.ending?.how === 'rst' ? 'RST' : 'FIN'
  const who =
    conversation.ending?.by === 'us'
      ? 'we closed the connection'
      : 'the target closed the connection'
  return `${who} (${conversation.ending?.lost ?? how})`
}

type Matched = { matched: boolean; bindings: Map<string, Bound>; mismatches: Mismatch[] }

/** Whether one packet is what is expected; of several options the first that fits. */
export function matchExpected(scene: Scene, expected: Expected, packet: Packet): Matched {
  switch (expected.kind) {
    case 'closed':
      return { matched: false, bindings: new Map(), mismatches: [] }
    case 'packet': {
      const match = matchPacket(expected.packet, packet, scene.env)
      return { matched: match.mismatches.length === 0, ...match }
    }
    case 'oneOf': {
      let nearest: Matched = { matched: false, bindings: new Map(), mismatches: [] }
      for (const option of expected.options) {
        const result = matchExpected(scene, option, packet)
        if (result.matched) return result
        if (optionType(option) === packet.type) nearest = result
      }
      return nearest
    }
  }
}

/** Before the end of a connection the target may still say what it likes; else only the ignorable kinds are passed over. */
function passedOver(scene: Scene, actor: Actor, arrived: Arrived, expected: Expected): boolean {
  if (arrived.ignorable || expected.kind === 'closed') return true
  if (isUnasked(actor, arrived.packet)) return true
  if (scene.kase.version === '5.0') return false
  const key = keyOf(arrived.packet)
  return key !== undefined && seenOn(actor).has(key) && isRepeat(arrived.packet)
}

/**
 * Some receivers say PUBREC again by themselves when a session resumes (docs/qos2.md, table "Receiver, per id", connection lost). It is
 * one more than there were PUBLISHes on this connection, for an id that was published on an earlier one.
 */
export function isUnasked(actor: Actor, packet: Packet): boolean {
  if (packet.type !== 'PUBREC' || !actor.publishedBefore.has(packet.id)) return false
  const asked = actor.conversation?.published.get(packet.id) ?? 0
  return takenOn(actor, packet.id) >= asked
}

const pubrecs = new WeakMap<object, Map<number, number>>()

/** How many PUBRECs of that id expectations took on this connection. */
function takenOn(actor: Actor, id: number): number {
  return (actor.conversation && pubrecs.get(actor.conversation)?.get(id)) ?? 0
}

function isRepeat(packet: Packet): boolean {
  return packet.type === 'PUBLISH' ? packet.dup : packet.type === 'PUBREL'
}

const seen = new WeakMap<object, Set<string>>()

function seenOn(actor: Actor): Set<string> {
  const { conversation } = actor
  if (!conversation) return new Set()
  const known = seen.get(conversation)
  if (known) return known
  const fresh = new Set<string>()
  seen.set(conversation, fresh)
  return fresh
}

export function noteSeen(actor: Actor, packet: Packet): void {
  if (packet.type === 'PUBREC' && actor.conversation) {
    const counts = pubrecs.get(actor.conversation) ?? new Map<number, number>()
    pubrecs.set(actor.conversation, counts.set(packet.id, takenOn(actor, packet.id) + 1))
  }
  const key = keyOf(packet)
  if (key) seenOn(actor).add(key)
}

function keyOf(packet: Packet): string | undefined {
  return packet.type === 'PUBLISH' || packet.type === 'PUBREL'
    ? `${packet.type} ${packet.id}`
    : undefined
}

export function wantsClosed(expected: Expected): boolean {
  if (expected.kind === 'oneOf') return expected.options.some(wantsClosed)
  return expected.kind === 'closed'
}

function optionType(expected: Expected): string | undefined {
  return expected.kind === 'packet' ? expected.packet.type : undefined
}

export function firstType(expected: Expected): string {
  if (expected.kind === 'packet') return expected.packet.type
  if (expected.kind === 'closed') return 'closed'
  const first = expected.options[0]
  return first ? firstType(first) : 'closed'
}

export const mustAnswer: Judging = { as: 'check', level: 'MUST' }
export const given: Judging = { as: 'given', level: 'MUST' }

export function packetExpected(packet: PacketMatcher): Expected {
  return { kind: 'packet', packet }
}
