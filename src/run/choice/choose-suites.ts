import { statSync } from 'node:fs'
import { formatProblems, type Problem } from '../../model/schema/problem.ts'
import type { Suite } from '../../scenario/ast.ts'
import { KeptSuites, loadSuites } from '../../scenario/loading/load.ts'
import type { selectCases } from '../../scenario/select.ts'
import { UsageError } from '../usage-error.ts'
import { includedFiles, packagedSuites, readSuiteFiles, type TextFile } from './suite-files.ts'

/** The suites that were read before, where they are kept. */
let keptSuites: KeptSuites | undefined

/** From now on suites stay in memory (about 30 MB), and those that did not change are not read again. */
export function keepSuites(): void {
  keptSuites ??= new KeptSuites()
}

/** Reads and checks suites. Rejects with UsageError showing every mistake of every file: nothing runs then. */
export async function readSuites(wanted: string[]): Promise<{ suites: Suite[]; words: string[] }> {
  const { files, fragments, words } = await readSuiteFiles(wanted)
  // Those that include others are not read twice.
  const kept = keptSuites ?? new KeptSuites()
  const first = loadSuites(files, { fragments, kept })
  const more = await includedFiles(first.suites, files)
  const all = [...files, ...more]
  const { suites, problems } = more.length > 0 ? loadSuites(all, { fragments, kept }) : first
  if (problems.length > 0) throw new UsageError(showProblems(problems, [...all, ...fragments]))
  return { suites, words }
}

/** The suites of one folder that ships with the package, whatever somebody asked for. */
export async function readPackaged(folder: string): Promise<Suite[]> {
  const { files, fragments } = await packagedSuites(folder)
  return loadSuites(files, { fragments, kept: keptSuites ?? new KeptSuites() }).suites
}

/** The words that select nothing, as one message. */
export function nothingCalled(unknown: ReturnType<typeof selectCases>['unknown']): UsageError {
  const lines = unknown.map(({ word, hint }) => {
    const what = whatIsMissing(word)
    return hint === undefined ? what : `${what}; did you mean "${hint}"?`
  })
  return new UsageError([...lines, '(mqttspec list suites shows what there is)'].join('\n'))
}

function whatIsMissing(word: string): string {
  if (/\.ya?ml$/.test(word)) return `there is no suite file "${word}"`
  if (isFolder(word)) {
    return `there is no suite in the folder "${word}", whose files would end in .yaml`
  }
  return `nothing is called "${word}"`
}

function isFolder(word: string): boolean {
  try {
    return statSync(word).isDirectory()
  } catch {
    // There is no such thing, or the name is too long for one.
    return false
  }
}

export function showProblems(problems: Problem[], files: TextFile[]): string {
  const texts = new Map(files.map(file => [file.path, file.text]))
  const shown = formatProblems(problems, file => texts.get(file) ?? '')
  return `${shown}\n\n${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}; nothing was run`
}
