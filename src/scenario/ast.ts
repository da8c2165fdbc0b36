import type { Place, StatementRef } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import type { LimitVariable } from './limits.ts'
import type { Breaks, Condition, FieldValue, Scalar, SuiteRole } from './step-parts.ts'
import type { AppBodies } from './verbs/app.ts'
import type { ConversationBodies } from './verbs/conversation.ts'
import type { FaultBodies } from './verbs/faults.ts'
import type { MannersBodies } from './verbs/manners.ts'
import type { ProxyBodies } from './verbs/proxy.ts'
import type { SceneBodies } from './verbs/scene.ts'
import type { TargetBodies } from './verbs/target.ts'

export type * from './step-parts.ts'

/**
 * A suite after parsing and checking: what the engine runs. Matrix variables are put in their place by `compile`. What a step holds
 * stands beside the verb that says it, in `verbs/`.
 */

/** What each kind of step holds, by the verb in its body. */
export type StepBodies = ConversationBodies &
  FaultBodies &
  ProxyBodies &
  AppBodies &
  MannersBodies &
  TargetBodies &
  SceneBodies<Step>

export type StepVerb = keyof StepBodies
/** The body of one kind of step, or of any. */
export type StepBody<V extends StepVerb = StepVerb> = { [K in V]: { verb: K } & StepBodies[K] }[V]

/** `text` is the step as its author wrote it, on one line, for ladders and messages. */
export type Step = {
  actor?: string
  body: StepBody
  place: Place
  text: string
  /** The statements that the harness breaks by it on purpose. */
  breaks?: Breaks
}

/** A named judgement over the ledger, written in TypeScript. */
export type Verify = { name: string; args: { [name: string]: FieldValue }; place: Place }

/** One scenario in one version with one choice of each matrix variable: the unit that has a verdict. */
export type Case = {
  /** `suite/scenario:version:key=value`, keys in the order of the matrix. Permanent. */
  id: string
  suite: string
  scenario: string
  title: string
  about: string
  bugs: string[]
  role: SuiteRole
  version: Version
  /** What carries the packets; TCP where nothing is said. */
  transport?: string
  bindings: { [name: string]: Scalar }
  covers: StatementRef[]
  tags: string[]
  requires: Condition[]
  steps: Step[]
  verify: Verify[]
  /** It is written at QoS 2 and runs at QoS 1, which is all the target has. */
  loweredToQos1?: true
  /** Limits of the broker that the steps rest on. */
  limits?: LimitVariable[]
  place: Place
}

export type Suite = {
  id: string
  title: string
  about: string
  role: SuiteRole
  file: string
  /** Files and folders whose suites run as well where this one is asked for. */
  includes: string[]
  cases: Case[]
}
