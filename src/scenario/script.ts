import type { Scalar, Step, SuiteRole, Verify } from './ast.ts'

/** What one choice of the matrix does; the same in every version. */
export type Script = {
  role: SuiteRole
  bindings: { [name: string]: Scalar }
  steps: Step[]
  verify: Verify[]
}
