import { askConnack } from '../peers/ask-connack.ts'
import { connectPacket } from '../peers/connect-packet.ts'
import type { BrokerTarget } from '../targets/target.ts'
import type { Scene } from './scene.ts'

/** Somebody else's broker that does not answer is left with its sessions after so many ms. */
const farewellMs = 1000

/** Connects once more with a clean session under each client id that may have kept one: somebody else's broker should not keep it. */
export function endSessions(scene: Scene): Promise<void> {
  const keepers = [...scene.actors.values()].filter(actor => actor.keptSession)
  return endEach(scene, scene.broker(), new Set(keepers.map(actor => actor.clientId)))
}

/** The same at the broker behind proxies, for each client id that passed. */
export function endSessionsBehind(scene: Scene): Promise<void> {
  const ids = [...scene.proxies.values()].flatMap(({ clientIds }) => [...clientIds])
  return endEach(scene, scene.behind(), new Set(ids))
}

async function endEach(scene: Scene, broker: BrokerTarget, clientIds: Set<string>): Promise<void> {
  const { version } = scene.kase
  const { credentials } = broker
  const farewells = [...clientIds].map(clientId =>
    askConnack({
      dial: () => broker.dial(scene.budgets.connectMs),
      connect: connectPacket(version, { clientId, credentials }),
      version,
      budgetMs: farewellMs,
    }),
  )
  await Promise.all(farewells)
}
