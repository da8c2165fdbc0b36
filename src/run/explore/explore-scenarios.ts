import type { Defect } from '../../explore/defect.ts'
import { scenarioText } from '../../explore/scenario-text.ts'
import type { Setup } from '../../explore/setup.ts'
import { loadSuites } from '../../scenario/loading/load.ts'
import type { Target } from '../../targets/target.ts'
import { runLoaded } from '../run.ts'

/** For all of them, in ms: a target that fails everything has enough of them by then. */
const allMs = 30_000

/**
 * Gives every sure defect a scenario of its own and tries it: one that tells the run up to where the target goes wrong, or, where that
 * does not fail in the same way, the whole run.
 */
export async function addScenarios(
  defects: readonly Defect[],
  setups: readonly Setup[],
  target: Target,
  signal: AbortSignal | undefined,
): Promise<void> {
  const until = performance.now() + allMs
  for (const defect of defects) {
    if (performance.now() > until) return
    const setup = setups.find(({ index }) => index === defect.schedule.setup)
    if (!setup || !defect.stable || setup.flow.role !== 'client' || signal?.aborted) continue
    for (const whole of [false, true]) {
      const text = scenarioText(defect, setup, whole)
      const fails = await failsAlike(text, defect, target, signal)
      if (signal?.aborted) return
      defect.scenario = { text, fails }
      if (fails) break
    }
  }
}

async function failsAlike(
  text: string,
  defect: Defect,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { suites, problems } = loadSuites([{ path: 'found.yaml', text }])
  if (problems.length > 0) {
    defect.scenarioProblem = problems
      .map(({ message, span }) => `${span.line}: ${message}`)
      .join('; ')
    return false
  }
  const cases = suites.flatMap(suite => suite.cases)
  const { results } = await runLoaded(cases, target, {
    jobs: 1,
    seed: 1,
    proceed: true,
    ...(signal ? { signal } : {}),
  })
  return results.some(({ findings }) =>
    findings.some(({ statement }) => statement === defect.statement),
  )
}
