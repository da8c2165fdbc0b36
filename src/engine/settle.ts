import { isNothing } from '../oracle/owed.ts'
import type { Scene } from './scene.ts'

/**
 * The end of a case: waits until the target owes nothing on the connections that are still open. As long as it owes less after
 * `replyMs` than before, it is slow and not silent, and the wait begins anew. What is owed then is a breach: an answer never given, a
 * resend that did not come, a message acknowledged and lost.
 */
export async function settle(scene: Scene): Promise<void> {
  const { judges } = scene
  const owed = () => [...judges.owed()].length
  const nothingOwed = () => isNothing(judges.owed()) || undefined
  for (;;) {
    const before = owed()
    await scene.until(nothingOwed, scene.budgets.replyMs)
    if (nothingOwed() || owed() >= before) break
  }
  for (const breach of [...judges.overdue(), ...judges.end()]) scene.find(breach)
}
