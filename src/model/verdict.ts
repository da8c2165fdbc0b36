export const verdicts = [
  'pass',
  'warn',
  'fail',
  'unstable',
  'inconclusive',
  'skipped',
  'error',
] as const
export type Verdict = (typeof verdicts)[number]
