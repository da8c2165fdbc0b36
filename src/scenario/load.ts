import { entryOf, type Node } from '../model/schema/node.ts'
import { byPlace, type Problem, type Span } from '../model/schema/problem.ts'
import { readYaml } from '../model/schema/read-yaml.ts'
import { type Context, report } from '../model/schema/schema.ts'
import type { Suite } from './ast.ts'
import { openingComment } from './comments.ts'
import { type Fragment, unusedParameters, withoutUse } from './fragments.ts'
import { readScenario } from './scenario.ts'
import { librarySchema, suiteSchema } from './schema/suite.ts'

export type { Problem } from '../model/schema/problem.ts'

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
  options: { fragments?: readonly SourceFile[] } = {},
): { suites: Suite[]; problems: Problem[] } {
  const loader = new Loader()
  // Shared ones first: of two fragments of one name it is the author's own that is named as the mistake.
  const all = [...(options.fragments ?? []), ...files].flatMap(file => loader.open(file) ?? [])
  for (const source of all) if (isLibrary(source.root)) loader.library(source.root)
  const suites = all.flatMap(source => (isLibrary(source.root) ? [] : (loader.suite(source) ?? [])))
  return { suites, problems: loader.problems.sort(byPlace) }
}

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

type Source = { path: string; lines: string[]; root: Node }

class Loader {
  readonly problems: Problem[] = []
  private readonly reported = new Set<string>()
  private readonly shared = new Map<string, Fragment>()
  private readonly suiteIds = new Map<string, Span>()
  private readonly scenarioIds = new Map<string, Span>()
  private readonly context: Context = {
    report: problem => this.report(problem),
    locals: new Map(),
  }

  open({ path, text }: SourceFile): Source | undefined {
    const { root, problems } = readYaml(path, text)
    for (const problem of problems) this.report(problem)
    return root && { path, lines: text.split('\n'), root }
  }

  library(root: Node): void {
    const read = librarySchema.read(root, this.context)
    for (const fragment of read?.fragments ?? []) this.addFragment(this.shared, fragment)
  }

  suite({ path, lines, root }: Source): Suite | undefined {
    const read = suiteSchema.read(root, this.context)
    if (!read) return undefined
    const { text: id, span } = read.suite
    if (!read.scenarios && !read.includes) {
      const message = 'the key "scenarios" is missing here'
      return report(this.context, 'MISSING_KEY', message, { ...root.span, length: 1 })
    }
    this.claim(this.suiteIds, 'suite', id, span)
    const fragments = new Map(this.shared)
    for (const fragment of read.fragments ?? []) this.addFragment(fragments, fragment)
    const surroundings = {
      suite: read,
      lines,
      fragments,
      claim: (scenario: string, at: Span) =>
        this.claim(this.scenarioIds, 'scenario', `${id}/${scenario}`, at),
    }
    return {
      id,
      title: read.title,
      about: read.about ?? openingComment(lines),
      role: read.role,
      file: path,
      includes: (read.includes ?? []).map(name => beside(path, name)),
      cases: (read.scenarios ?? []).flatMap(node => readScenario(node, this.context, surroundings)),
    }
  }

  private addFragment(fragments: Map<string, Fragment>, fragment: Fragment): void {
    for (const { name, span } of unusedParameters(fragment)) {
      report(this.context, 'UNUSED', `the parameter "${name}" is never used`, span)
    }
    const before = fragments.get(fragment.name)
    if (!before) {
      fragments.set(fragment.name, fragment)
      return
    }
    const { file, line } = before.span
    const message = `a fragment is called "${fragment.name}" already, at ${file}:${line}`
    report(this.context, 'DUPLICATE_ID', message, fragment.span)
  }

  private claim(ids: Map<string, Span>, what: string, id: string, span: Span): void {
    const first = ids.get(id)
    if (!first) ids.set(id, span)
    else {
      const message = `a ${what} is called "${id}" already, at ${first.file}:${first.line}`
      report(this.context, 'DUPLICATE_ID', message, span)
    }
  }

  /** The same mistake is met once for every choice of a matrix and every use of a fragment, and said once. */
  private report(problem: Problem): void {
    const { span, code, message } = problem
    const key = `${span.file}:${span.line}:${span.column} ${code} ${withoutUse(message)}`
    if (this.reported.has(key)) return
    this.reported.add(key)
    this.problems.push(problem)
  }
}
