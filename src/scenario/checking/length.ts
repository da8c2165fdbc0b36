import type { Step } from '../ast.ts'
import { kindOf } from '../verbs/index.ts'
import { insideOf, roundsAround, visit } from '../visit.ts'

/*
 * How long steps are: loops unrolled, all branches together. A loop whose number only the run knows counts as `unknown` rounds.
 */

/** How many steps that hold no others. */
export function stepCount(steps: readonly Step[], unknown = 1): number {
  let count = 0
  visit(steps, (step, path) => {
    if (!insideOf(step)) count += roundsAround(path, unknown)
    return undefined
  })
  return count
}

/** How long they last by what they are themselves, such as a wait that a rule about time demands, in ms. */
export function lastingMs(steps: readonly Step[], unknown = 1): number {
  let ms = 0
  visit(steps, ({ body }, path) => {
    ms += (kindOf(body).lastsMs?.(body) ?? 0) * roundsAround(path, unknown)
    return undefined
  })
  return ms
}
