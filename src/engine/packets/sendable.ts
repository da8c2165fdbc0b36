import type { Scene } from '../scene.ts'

/** So many bytes of ours may wait for the target to read them. */
export const unsentMax = 1024 * 1024

/**
 * Does not go on before the target has read what it was sent: a queue of ours would grow as long as it does not. `postedBytes` were written
 * in this turn and are not with the system yet.
 */
export async function sendable(scene: Scene, name: string, postedBytes = 0): Promise<void> {
  const link = scene.actors.get(name)?.conversation?.link
  if (!link || link.unsentBytes + postedBytes <= unsentMax) return
  let isSent = false
  void link.flush().then(() => {
    isSent = true
    scene.wakeups.fire()
  })
  await scene.until(() => isSent || !link.open || undefined, scene.budgets.replyMs)
}
