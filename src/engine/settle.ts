import { isNothing, isOvertaken } from '../oracle/owed.ts'
import type { Actor } from '../peers/actor.ts'
import type { Target } from '../targets/target.ts'
import { canBeAsked, takePingresp } from './excused/swallowed.ts'
import { hasEnded } from './packets/expect-next.ts'
import type { Scene } from './scene.ts'
import { promptMs } from './waiting/budgets.ts'

/**
 * The end of a case: waits until the target owes nothing on the connections that are still open. As long as it owes less after
 * `replyMs` than before, or has not read all that we sent, it is slow and not silent, and the wait begins anew. Where what has to come behind
 * it has come, there is nothing to wait for but a moment. What is owed then is a breach: an answer never given, a resend that did not come, a message acknowledged and lost.
 */
export async function settle(scene: Scene): Promise<void> {
  const { judges } = scene
  const owed = () => [...judges.owed()].length
  const nothingOwed = () => isNothing(judges.owed()) || undefined
  for (let asked = false; ; ) {
    const before = owed()
    const settled = () => nothingOwed() ?? (isOvertaken(judges.owed()) || undefined)
    await scene.until(settled, scene.budgets.replyMs)
    // By the order that it has to keep, nothing of this comes any more.
    if (isOvertaken(judges.owed())) await scene.briefly(nothingOwed, promptMs(scene.budgets))
    if (nothingOwed()) break
    if (isOvertaken(judges.owed())) break
    if (owed() < before) continue
    if (asked || !(await wasBehind(scene))) break
    asked = true
  }
  for (const breach of [...judges.overdue(), ...judges.end()]) scene.find(breach)
}

/** Brokers that did not answer a PINGREQ which cases sent so. It would be waited for in each of their cases. */
const neverAnswer = new WeakSet<Target>()

/**
 * Whether the broker had to catch up first. A new connection may be served at once while hundreds of our acknowledgements, which nobody
 * answers, wait to be stored on an older one. A broker reads a connection in its order: PINGRESP for a PINGREQ of ours behind all of it shows
 * that it has read what the answer is owed for.
 */
async function wasBehind(scene: Scene): Promise<boolean> {
  const { target, judges, budgets } = scene
  if (target.role !== 'broker' || neverAnswer.has(target)) return false
  const waiting = new Set<Actor>()
  for (const { actor: name, connection } of judges.owed()) {
    const actor = scene.actors.get(name)
    if (actor?.conversation?.number === connection && canBeAsked(scene, actor)) waiting.add(actor)
  }
  if (waiting.size === 0) return false
  for (const actor of waiting) actor.send({ type: 'PINGREQ' })
  const answered = () => {
    for (const actor of waiting) if (takePingresp(actor) || hasEnded(actor)) waiting.delete(actor)
    return waiting.size === 0 || isNothing(judges.owed()) || undefined
  }
  // One that has read all says so at once, and what it owes besides would be on its way.
  if (await scene.briefly(answered, promptMs(budgets))) {
    await scene.briefly(() => isNothing(judges.owed()) || undefined, promptMs(budgets))
    return false
  }
  const caughtUp = await scene.briefly(answered, budgets.caseMs / 2)
  if (!caughtUp) neverAnswer.add(target)
  return caughtUp === true
}
