import type { Step, StepBody, StepVerb } from './ast.ts'
import { kindOf } from './verbs/index.ts'
import type { Inside } from './verbs/step-kind.ts'

const goOn = undefined
const skip = Symbol('skip')
const stop = Symbol('stop')
type Answer = typeof goOn | typeof skip | typeof stop

/** Steps around a step, outermost first. */
export type Path = readonly Step[]
type Visit<B> = (step: Step & { body: B }, path: Path) => Answer
/** A function for every step, or one for each of some verbs. */
export type Visitor = Visit<StepBody> | { readonly [V in StepVerb]?: Visit<StepBody<V>> }

/**
 * Calls the visitor for each step in the order they are written, those inside others behind the step that holds them: rounds of `each` and
 * `repeat` once, all branches of `oneOf`, the expectations of `together`. (The steps of a fragment stand where it is used.) A visitor that
 * answers `visit.skip` does not go inside; `visit.stop` ends the walk.
 *
 * Whoever looks through steps does so by this: nobody else has to know which steps hold others.
 */
export function visit(steps: readonly Step[], visitor: Visitor): void {
  walk(steps, visitor, [])
}
visit.skip = skip as typeof skip
visit.stop = stop as typeof stop

/** Whether it went to the end. */
function walk(steps: readonly Step[], visitor: Visitor, path: Path): boolean {
  for (const step of steps) {
    const answer = callFor(visitor, step, path)
    if (answer === stop) return false
    if (answer === skip) continue
    for (const branch of branchesOf(step)) {
      if (!walk(branch, visitor, [...path, step])) return false
    }
  }
  return true
}

function callFor(visitor: Visitor, step: Step, path: Path): Answer {
  if (typeof visitor === 'function') return visitor(step, path)
  const visit = visitor[step.body.verb] as Visit<StepBody> | undefined
  return visit?.(step, path)
}

/** What a step holds. */
export function insideOf({ body }: Step): Inside<Step> | undefined {
  const { inside } = kindOf(body)
  return inside?.(body as never) as Inside<Step> | undefined
}

function branchesOf(step: Step): readonly Step[][] {
  const inside = insideOf(step)
  switch (inside?.kind) {
    case undefined:
      return []
    case 'any order':
    case 'rounds':
      return [inside.steps]
    case 'one of':
      return inside.branches
  }
}

/** All steps, in the order of `visit`. */
export function flatten(steps: readonly Step[]): Step[] {
  const all: Step[] = []
  visit(steps, step => {
    all.push(step)
  })
  return all
}

/** The first step that fits. */
export function find(steps: readonly Step[], fits: (step: Step) => boolean): Step | undefined {
  let found: Step | undefined
  visit(steps, step => {
    if (!fits(step)) return goOn
    found = step
    return stop
  })
  return found
}

/** How often a step runs, at most: the rounds of all loops around it; `unknown` for one whose number only the run knows. */
export function roundsAround(path: Path, unknown: number): number {
  return path.reduce((rounds, step) => {
    const inside = insideOf(step)
    if (inside?.kind !== 'rounds') return rounds
    return rounds * (typeof inside.times === 'number' ? inside.times : unknown)
  }, 1)
}
