import { entryOf, type Node } from '../../model/schema/node.ts'
import { byPlace, type Problem, type Span } from '../../model/schema/problem.ts'
import { readYaml } from '../../model/schema/read-yaml.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import type { Suite } from '../ast.ts'
import { librarySchema, suiteSchema } from '../schema/suite.ts'
import { openingComment } from './comments.ts'
import { type Fragment, unusedParameters, withoutUse } from './fragments.ts'
import { readScenario } from './scenario.ts'

export type { Problem } from '../../model/schema/problem.ts'

export type SourceFile = { path: string; text: string }

/**
 * Reads suites into the cases that the engine runs, and collects every mistake in all files. Pure: no files, no network.
 * With any problem the suites are not fit to run.
 *
 * The way of a file: text → nodes with positions → the suite's own keys → for each scenario and each choice of its
 * matrix: variables replaced, steps read, bindings and sense checked.
 *
 * A file without `suite` and with `fragments` holds fragments for all suites, wherever it is given.
 */
export function loadSuites(
  files: readonly SourceFile[],
  options: { fragments?: readonly SourceFile[]; kept?: KeptSuites } = {},
): { suites: Suite[]; problems: Problem[] } {
  const { fragments = [], kept = new KeptSuites() } = options
  const problems = new Problems()
  // Shared ones first: of two fragments of one name it is the author's own that is named as the mistake.
  const opened = [...fragments, ...files].map(file =>
    kept.hasSuite(file) ? { file } : { file, source: open(file) },
  )
  const libraries = opened.filter(({ source }) => source?.root && isLibrary(source.root))
  const shared = sharedFragments(
    libraries.flatMap(({ source }) => source ?? []),
    problems,
  )
  const fragmentTexts = libraries.map(({ file }) => `${file.path}\n${file.text}`).join('\n')
  const read = opened
    .filter(one => !libraries.includes(one))
    .map(({ file, source }) =>
      kept.suite(file, fragmentTexts, () => readSuite(source ?? open(file), shared)),
    )
  const claims = new Claims(problems)
  for (const one of read) {
    for (const problem of one.problems) problems.report(problem)
    for (const claim of one.claims) claims.take(claim)
  }
  return { suites: read.flatMap(({ suite }) => suite ?? []), problems: problems.inOrder() }
}

/**
 * What suites said when they were read. One whose text and whose fragments are still the same is not read again: for whoever reads
 * suites again and again, as a run for each change of a file. What is handed out twice must not be changed by anybody.
 */
export class KeptSuites {
  private readonly byPath = new Map<string, { text: string; fragments: string; read: SuiteRead }>()

  /** Whether this text was read as a suite, with whatever fragments. */
  hasSuite({ path, text }: SourceFile): boolean {
    return this.byPath.get(path)?.text === text
  }

  suite({ path, text }: SourceFile, fragments: string, read: () => SuiteRead): SuiteRead {
    const before = this.byPath.get(path)
    if (before?.text === text && before.fragments === fragments) return before.read
    const now = { text, fragments, read: read() }
    this.byPath.set(path, now)
    return now.read
  }
}

/** An id that a file takes, and that no other may have. */
type Claim = { what: 'suite' | 'scenario'; id: string; span: Span }

/** What the file of a suite says by itself. */
type SuiteRead = { suite?: Suite; claims: Claim[]; problems: Problem[] }

function isLibrary(root: Node): boolean {
  return !entryOf(root, 'suite') && entryOf(root, 'fragments') !== undefined
}

/** The path of a name that stands in a file, with `..` resolved. */
function beside(file: string, name: string): string {
  const parts = file.split('/').slice(0, -1)
  for (const part of name.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

type Source = { path: string; lines: string[]; root?: Node; problems: Problem[] }

function open({ path, text }: SourceFile): Source {
  const { root, problems } = readYaml(path, text)
  return { path, lines: text.split('\n'), ...(root ? { root } : {}), problems }
}

function sharedFragments(libraries: readonly Source[], problems: Problems): Map<string, Fragment> {
  const shared = new Map<string, Fragment>()
  for (const { root, problems: own } of libraries) {
    for (const problem of own) problems.report(problem)
    const read = root && librarySchema.read(root, problems.context)
    for (const fragment of read?.fragments ?? []) addFragment(shared, fragment, problems.context)
  }
  return shared
}

function readSuite(source: Source, shared: ReadonlyMap<string, Fragment>): SuiteRead {
  const problems = new Problems()
  for (const problem of source.problems) problems.report(problem)
  const claims: Claim[] = []
  const suite = source.root && suiteOf(source, source.root, shared, problems.context, claims)
  return { ...(suite ? { suite } : {}), claims, problems: problems.all }
}

function suiteOf(
  { path, lines }: Source,
  root: Node,
  shared: ReadonlyMap<string, Fragment>,
  context: Context,
  claims: Claim[],
): Suite | undefined {
  const read = suiteSchema.read(root, context)
  if (!read) return undefined
  const { text: id, span } = read.suite
  if (!read.scenarios && !read.includes) {
    const message = 'the key "scenarios" is missing here'
    return report(context, 'MISSING_KEY', message, { ...root.span, length: 1 })
  }
  claims.push({ what: 'suite', id, span })
  const fragments = new Map(shared)
  for (const fragment of read.fragments ?? []) addFragment(fragments, fragment, context)
  const surroundings = {
    suite: read,
    lines,
    fragments,
    claim: (scenario: string, span: Span) => {
      claims.push({ what: 'scenario', id: `${id}/${scenario}`, span })
    },
  }
  return {
    id,
    title: read.title,
    about: read.about ?? openingComment(lines),
    role: read.role,
    file: path,
    includes: (read.includes ?? []).map(name => beside(path, name)),
    cases: (read.scenarios ?? []).flatMap(node => readScenario(node, context, surroundings)),
  }
}

function addFragment(fragments: Map<string, Fragment>, fragment: Fragment, context: Context): void {
  for (const { name, span } of unusedParameters(fragment)) {
    report(context, 'UNUSED', `the parameter "${name}" is never used`, span)
  }
  const before = fragments.get(fragment.name)
  if (!before) {
    fragments.set(fragment.name, fragment)
    return
  }
  const { file, line } = before.span
  const message = `a fragment is called "${fragment.name}" already, at ${file}:${line}`
  report(context, 'DUPLICATE_ID', message, fragment.span)
}

class Claims {
  private readonly first = { suite: new Map<string, Span>(), scenario: new Map<string, Span>() }

  private readonly problems: Problems

  constructor(problems: Problems) {
    this.problems = problems
  }

  take({ what, id, span }: Claim): void {
    const ids = this.first[what]
    const first = ids.get(id)
    if (!first) ids.set(id, span)
    else {
      const message = `a ${what} is called "${id}" already, at ${first.file}:${first.line}`
      report(this.problems.context, 'DUPLICATE_ID', message, span)
    }
  }
}

class Problems {
  readonly all: Problem[] = []
  readonly context: Context = { report: problem => this.report(problem), locals: new Map() }
  private readonly reported = new Set<string>()

  /** The same mistake is met once for every choice of a matrix and every use of a fragment, and said once. */
  report(problem: Problem): void {
    const { span, code, message } = problem
    const key = `${span.file}:${span.line}:${span.column} ${code} ${withoutUse(message)}`
    if (this.reported.has(key)) return
    this.reported.add(key)
    this.all.push(problem)
  }

  inOrder(): Problem[] {
    return this.all.sort(byPlace)
  }
}
