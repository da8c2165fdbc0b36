import type { Scene } from '../scene.ts'

/** So many bytes of ours may wait for the target to read them. */
const unsentMax = 1024 * 1024

/** Does not go on before the target has read what it was sent: a queue of ours would grow as long as it does not. */
export async function sendable(scene: Scene, name: string): Promise<void> {
  const link = scene.actors.get(name)?.conversation?.link
  if (!link || link.unsentBytes <= unsentMax) return
  let isSent = false
  void link.flush().then(() => {
    isSent = true
    scene.wakeups.fire()
  })
  await scene.until(() => isSent || !link.open || undefined, scene.budgets.replyMs)
}
