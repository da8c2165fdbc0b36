export {
  formatProblem,
  formatProblems,
  type Problem,
  type ProblemCode,
  problemCodes,
  type Span,
} from '../model/schema/problem.ts'
