import type { Step } from '../../scenario/ast.ts'
import type { Scene } from '../scene.ts'

/** What a runner is told beside its step. */
export type Running = {
  /** Whose step it is; empty for one of the whole scene. */
  actor: string
  /** Runs the steps inside. */
  run(scene: Scene, steps: readonly Step[]): Promise<void>
}

/** What each kind of step of a family does. Throws CheckFailed, Inconclusive or Skipped where the case ends. */
export type Runners<Bodies> = {
  [V in keyof Bodies]: (
    scene: Scene,
    body: { verb: V } & Bodies[V],
    running: Running,
  ) => void | Promise<void>
}
