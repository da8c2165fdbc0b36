import type { Step, StepBodies, StepBody, StepVerb } from '../ast.ts'
import type { SuiteRole } from '../step-parts.ts'
import { appKinds } from './app.ts'
import { conversationKinds } from './conversation.ts'
import { faultKinds } from './faults.ts'
import { mannersKinds } from './manners.ts'
import { proxyKinds } from './proxy.ts'
import { type SceneBodies, sceneKinds } from './scene.ts'
import type { ActorKind, StepKind, StepKinds, Verb } from './step-kind.ts'
import { targetKinds } from './target.ts'

/** Every kind of step. What it does when it runs stands in the table of `engine/steps`. */
const stepKinds: StepKinds<StepBodies> = {
  ...conversationKinds,
  ...faultKinds,
  ...proxyKinds,
  ...appKinds,
  ...mannersKinds,
  ...targetKinds,
  // The steps inside are those that the reader of steps has read.
  ...(sceneKinds as StepKinds<SceneBodies<Step>>),
}

export function kindOf<V extends StepVerb>(body: StepBody<V>): StepKind<StepBody<V>> {
  // The table holds for each verb the kind of its own bodies.
  return stepKinds[body.verb] as unknown as StepKind<StepBody<V>>
}

const written = Object.values(stepKinds).flatMap((kind): readonly Verb<StepBody>[] => kind.written)

function of(kind: ActorKind): { [name: string]: Verb<StepBody> } {
  const own = written.filter(({ actors }) => actors.includes(kind))
  return Object.fromEntries(own.map(verb => [verb.name, verb]))
}

/** Every verb by who can do it and its name. */
export const verbs: Record<ActorKind, { readonly [name: string]: Verb<StepBody> }> = {
  client: of('client'),
  broker: of('broker'),
  proxy: of('proxy'),
  app: of('app'),
  target: of('target'),
  scene: of('scene'),
}

/** What an actor is, by its name and the role the harness plays. */
export function actorKind(role: SuiteRole, actor: string): ActorKind {
  if (actor === 'target') return 'target'
  if (role === 'client') return 'client'
  return actor.startsWith('app') ? 'app' : role
}
