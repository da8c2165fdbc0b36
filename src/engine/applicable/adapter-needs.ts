import type { Feature } from '../../model/features.ts'
import type { Case } from '../../scenario/ast.ts'
import { kindOf } from '../../scenario/verbs/index.ts'
import { flatten } from '../../scenario/visit.ts'

/**
 * What a case asks of a client's adapter beyond its commands, each once, taken from the steps themselves: an author need not say that a
 * step with RETAIN wants an adapter that can send it. Where the adapter does not claim it, the case is skipped and the library not blamed.
 */
export function adapterNeeds(kase: Case): Feature[] {
  return [...new Set(flatten(kase.steps).flatMap(({ body }) => kindOf(body).needs?.(body) ?? []))]
}
