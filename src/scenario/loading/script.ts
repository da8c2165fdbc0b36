import type { Scalar, Step, SuiteRole, Verify } from '../ast.ts'
import type { LimitVariable } from '../limits.ts'

/** What one choice of the matrix does; the same in every version. */
export type Script = {
  role: SuiteRole
  bindings: { [name: string]: Scalar }
  steps: Step[]
  verify: Verify[]
  /** Limits of the broker that the steps rest on. */
  limits?: LimitVariable[]
}
