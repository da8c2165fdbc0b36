import type { SuiteRole } from '../../ast.ts'
import type { ActorKind, Verb } from '../verb.ts'
import { appVerbs } from './app.ts'
import { conversationVerbs } from './conversation.ts'
import { lossVerbs } from './loss.ts'
import { proxyVerbs } from './proxy.ts'
import { sceneVerbs } from './scene.ts'
import { targetVerbs } from './target.ts'

const peerVerbs = { ...conversationVerbs, ...lossVerbs }

function of(kind: ActorKind): { [name: string]: Verb } {
  return Object.fromEntries(
    Object.entries(peerVerbs).filter(([, verb]) => verb.actors.includes(kind)),
  )
}

/** Every verb by who can do it and its name. */
export const verbs: Record<ActorKind, { readonly [name: string]: Verb }> = {
  client: of('client'),
  broker: of('broker'),
  proxy: proxyVerbs,
  app: appVerbs,
  target: targetVerbs,
  scene: sceneVerbs,
}

/** What an actor is, by its name and the role the harness plays. */
export function actorKind(role: SuiteRole, actor: string): ActorKind {
  if (actor === 'target') return 'target'
  if (role === 'client') return 'client'
  return actor.startsWith('app') ? 'app' : role
}
