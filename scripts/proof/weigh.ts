import type { Case, Step } from '../../src/scenario/ast.ts'

/** How many steps a case takes when its loops are unrolled; 100 for a loop whose length only the run knows. */
export function stepsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + countOf(step), 0)
}

function countOf({ body }: Step): number {
  switch (body.verb) {
    case 'repeat':
      return (typeof body.times === 'number' ? body.times : 100) * stepsOf(body.steps)
    case 'each':
      return body.values.length * stepsOf(body.steps)
    case 'together':
      return stepsOf(body.steps)
    case 'oneOf':
      return Math.max(...body.branches.map(stepsOf))
    default:
      return 1
  }
}

/** Cases with more steps run only for flaws that they are about: thousands of messages show nothing that ten do not. */
const stepsMax = 250

export function isHeavy(kase: Case): boolean {
  return stepsOf(kase.steps) > stepsMax
}

/** Cases that wait because a rule about time says so. */
export function isSlow(kase: Case): boolean {
  return kase.tags.includes('slow')
}
