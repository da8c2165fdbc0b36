/** What an author can do wrong in a suite, fragment, profile or list of known issues. Codes are stable. */
export const problemCodes = {
  BAD_YAML: 'The text is no YAML, or nests or repeats beyond reason.',
  TOO_LARGE: 'The file is larger than any suite needs to be.',
  WRONG_TYPE: 'A value is not of the kind that belongs here.',
  OUT_OF_RANGE: 'A number or a list is outside its limits.',
  UNKNOWN_KEY: 'A map has a key that means nothing there.',
  MISSING_KEY: 'A map lacks a key it must have.',
  DUPLICATE_KEY: 'A map has the same key twice.',
  DUPLICATE_ID: 'Two suites, scenarios, cases or fragments bear the same name.',
  BAD_ID: 'A name has characters that an id cannot have.',
  UNKNOWN_WORD: 'A word is none of those that may stand here.',
  UNKNOWN_VERSION: 'No such version of MQTT.',
  UNKNOWN_ROLE: 'No such role.',
  UNKNOWN_VERB: 'No step is called so.',
  UNKNOWN_FAULT: 'No fault is called so.',
  UNKNOWN_PACKET: 'No packet type is called so.',
  UNKNOWN_STATEMENT: 'The standard has no statement of that number.',
  UNKNOWN_BUG: 'No bug class has that id.',
  UNKNOWN_FRAGMENT: 'No fragment is called so.',
  UNKNOWN_VERIFIER: 'No verifier is called so.',
  UNKNOWN_FEATURE: 'No feature of a target is called so.',
  UNKNOWN_ACTOR: 'No step before gives that actor something to do.',
  WRONG_ACTOR: 'The verb belongs to another kind of actor, or the role has no such actor.',
  WRONG_STEP: 'A step that cannot stand there.',
  BAD_VARIABLE: 'A dollar sign without a name behind it.',
  UNBOUND: 'A variable is used where nothing has bound it.',
  UNUSED: 'A variable is bound and never used again.',
  RECURSION: 'A fragment uses itself.',
  NOT_CONNECTED: 'A step on an actor that has no connection yet.',
  NOT_AWAITED: 'An application is commanded before it has told that it is connected.',
  NO_CHECK: 'A scenario that can only pass: it checks and verifies nothing.',
  NO_FENCE: 'A claim that nothing more comes, with no fence before the end.',
  NO_COVERS: 'A scenario runs in a version for which it covers no statement.',
} as const

export type ProblemCode = keyof typeof problemCodes

/** A stretch of one line. `line` and `column` count from 1, in UTF-16 units; `length` may be 0. */
export type Span = { file: string; line: number; column: number; length: number }

/** A mistake of an author: collected, never thrown. */
export type Problem = { code: ProblemCode; message: string; hint?: string; span: Span }

/**
 * `file:line:column CODE: message`, the line with carets below, and the hint:
 *
 *     suites/qos2/lost.yaml:2:12 UNKNOWN_FAULT: no fault is called "dorp"
 *     2 |   - fault: dorp
 *                    ^^^^
 *     hint: did you mean "drop"?
 */
export function formatProblem(problem: Problem, text: string): string {
  const { code, message, hint, span } = problem
  const lines = [`${span.file}:${span.line}:${span.column} ${code}: ${message}`]
  lines.push(...codeFrame(span, text))
  if (hint !== undefined) lines.push(`hint: ${hint}`)
  return lines.join('\n')
}

export const shownProblemsMax = 50

/** All problems in the order of files and lines, at most 50 of them. `textOf` gives the text of a file. */
export function formatProblems(
  problems: readonly Problem[],
  textOf: (file: string) => string | undefined,
): string {
  const shown = [...problems].sort(byPlace).slice(0, shownProblemsMax)
  const blocks = shown.map(problem => formatProblem(problem, textOf(problem.span.file) ?? ''))
  const more = problems.length - shown.length
  if (more > 0) blocks.push(`and ${more} more`)
  return blocks.join('\n\n')
}

export function byPlace({ span: a }: Problem, { span: b }: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}

/** How much of a very long line is shown. */
const frameWidthMax = 100

function codeFrame(span: Span, text: string): string[] {
  const source = nthLine(text, span.line)
  if (source === undefined) return []
  const from = source.length <= frameWidthMax ? 0 : Math.max(0, span.column - 1 - 40)
  const shown = source.slice(from, from + frameWidthMax).replaceAll('\t', ' ')
  const gutter = `${span.line} | `
  const indent = gutter.length + Math.min(span.column - 1 - from, shown.length)
  const room = Math.max(1, shown.length - (span.column - 1 - from))
  const carets = '^'.repeat(Math.min(Math.max(1, span.length), room))
  return [`${gutter}${shown}`.trimEnd(), `${' '.repeat(indent)}${carets}`]
}

function nthLine(text: string, line: number): string | undefined {
  let start = 0
  for (let number = 1; number < line; number++) {
    const end = text.indexOf('\n', start)
    if (end < 0) return undefined
    start = end + 1
  }
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '')
}
