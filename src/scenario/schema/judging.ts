import { flag } from '../../model/schema/scalars.ts'
import { may, type RecordOf } from '../../model/schema/shapes.ts'
import type { Judging } from '../step-parts.ts'
import { cite, level } from './statements.ts'

/** Keys that stand beside what is expected and say how a miss is judged. */
export const judgingFields = {
  level: may(level, 'How strong the rule is: must (the default), should or may.'),
  cite: may(cite, 'The statement that a miss breaks; else the rule of the packet.'),
  given: may(
    flag(),
    'true: a precondition. A miss makes the case inconclusive, not failed; with level may, skipped.',
  ),
}

export type ReadJudging = RecordOf<typeof judgingFields>

/** `otherwise` is what the verb is by itself. */
export function judgingOf(read: ReadJudging, otherwise: Judging['as']): Judging {
  const as = read.given === undefined ? otherwise : read.given ? 'given' : 'check'
  return { as, level: read.level ?? 'MUST', ...(read.cite ? { cite: read.cite } : {}) }
}
