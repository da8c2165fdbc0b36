import type { Step, StepBody, StepVerb } from '../scenario/ast.ts'
import { CheckFailed, Skipped } from './early-end.ts'
import { sendable } from './packets/sendable.ts'
import type { Scene } from './scene.ts'
import { runners } from './steps/index.ts'

/** Runs steps in order, writing each into the trace. Ends early by CheckFailed, Inconclusive or Skipped. */
export async function runSteps(scene: Scene, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    scene.mustGoOn()
    scene.place = step.place
    const { actor, text, place } = step
    const index = place.line
    const breaks = step.breaks?.[scene.kase.version]
    const who = actor === undefined ? {} : { actor }
    scene.log.record(
      breaks
        ? { kind: 'step', index, text, place, ...who, breaks }
        : actor === undefined
          ? { seq: 0, at: 0, kind: 'step', index, text, place }
          : { seq: 0, at: 0, kind: 'step', index, text, place, actor },
    )
    await runStep(scene, step.body, actor ?? '')
    if (actor !== undefined) await sendable(scene, actor)
    if (scene.exceeded) throw new Skipped(scene.exceeded)
    scene.mustGoOn()
    serious(scene)
  }
}

/** A breach of a MUST that a judge saw ends the case: what follows would only repeat it. */
function serious(scene: Scene): void {
  const finding = scene.findings.find(found => found.level === 'MUST' && !found.about)
  if (finding) throw new CheckFailed(finding)
}

function runStep<V extends StepVerb>(
  scene: Scene,
  body: StepBody<V>,
  actor: string,
): void | Promise<void> {
  return runners[body.verb](scene, body, { actor, run: runSteps })
}
