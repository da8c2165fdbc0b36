import type { Scene } from './scene.ts'

/**
 * The end of a case: waits until the target owes nothing on the connections that are still open, at most `replyMs`.
 * What is owed then is a breach: an answer never given, a resend that did not come, a message acknowledged and lost.
 */
export async function settle(scene: Scene): Promise<void> {
  const owed = () => scene.referee.owed().length + scene.ledger.owed().length
  await scene.until(() => owed() === 0 || undefined, scene.budgets.replyMs)
  for (const breach of scene.referee.overdue()) scene.find(breach)
  for (const breach of scene.ledger.judge()) scene.find(breach)
}
