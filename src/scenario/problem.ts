export {
  formatProblems,
  type ProblemCode,
  problemCodes,
} from '../model/schema/problem.ts'
