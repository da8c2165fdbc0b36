import type { StepBodies } from '../../scenario/ast.ts'
import { appRunners } from './app.ts'
import { conversationRunners } from './conversation.ts'
import { faultRunners } from './faults.ts'
import { mannersRunners } from './manners.ts'
import { proxyRunners } from './proxy.ts'
import type { Runners } from './runner.ts'
import { sceneRunners } from './scene.ts'
import { targetRunners } from './target.ts'

/** What every kind of step does; `scenario/verbs` holds all else that is to be known of it. */
export const runners: Runners<StepBodies> = {
  ...conversationRunners,
  ...faultRunners,
  ...proxyRunners,
  ...appRunners,
  ...mannersRunners,
  ...targetRunners,
  ...sceneRunners,
}
