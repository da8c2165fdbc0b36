import type { Case } from '../../src/scenario/ast.ts'
import { stepCount } from '../../src/scenario/checking/length.ts'

/** Cases with more steps run only for flaws that they are about: thousands of messages show nothing that ten do not. */
const stepsMax = 250

export function isHeavy(kase: Case): boolean {
  return stepCount(kase.steps, 100) > stepsMax
}

/** Cases that wait because a rule about time says so. */
export function isSlow(kase: Case): boolean {
  return kase.tags.includes('slow')
}

/** Cases made from the table of packet formats: some thousands, alike but for the packet. */
export function isFromTable(kase: Case): boolean {
  return kase.tags.includes('formats')
}
