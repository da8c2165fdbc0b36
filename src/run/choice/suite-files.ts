import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { statementsMeant } from '../../scenario/statement-word.ts'
import { readNamedFile } from '../../targets/named-file.ts'
import { UsageError } from '../usage-error.ts'

/** The folder of the package: the parent of `src` or `dist`. */
export const packageRoot = fileURLToPath(new URL('../../..', import.meta.url))

export type TextFile = { path: string; text: string }

export type SuiteFiles = {
  files: TextFile[]
  fragments: TextFile[]
  /** The words that named no file: selections among the cases. */
  words: string[]
}

/**
 * Which suite files a command line names. A word that is a file or folder here is read; any other selects among the suites that
 * come with the package. Without files of one's own, all of those are read.
 */
export async function readSuiteFiles(words: string[]): Promise<SuiteFiles> {
  const own: string[] = []
  const rest: string[] = []
  for (const word of words.map(unquoted)) {
    const found = looksLikePath(word) && existsSync(word) ? await yamlFiles(word) : []
    // A folder without suites is no file: the word may be the name of a family, else it is a mistake that selecting tells.
    if (found.some(isSuite)) own.push(...found)
    else rest.push(word)
  }
  const shipped = path.join(packageRoot, 'suites')
  const files = own.length > 0 ? own : await yamlFiles(shipped)
  const fragments = new Set(await yamlFiles(path.join(shipped, 'fragments')))
  for (const file of own) {
    for (const near of await yamlFiles(path.join(path.dirname(file), 'fragments'))) {
      fragments.add(path.resolve(near))
    }
  }
  // A folder that was named may hold those, too.
  const suites = files.filter(file => isSuite(file) && !fragments.has(path.resolve(file)))
  const texts = await readTexts(suites)
  return {
    files: filesMeant(texts, rest),
    fragments: await readTexts([...fragments]),
    words: rest,
  }
}

/** The suites of one folder that ships with the package, whatever somebody asked for. */
export async function packagedSuites(
  folder: string,
): Promise<{ files: TextFile[]; fragments: TextFile[] }> {
  const shipped = path.join(packageRoot, 'suites')
  const [files, fragments] = await Promise.all(
    [folder, 'fragments'].map(async name =>
      Promise.all((await yamlFiles(path.join(shipped, name))).map(readText)),
    ),
  )
  return { files: files ?? [], fragments: fragments ?? [] }
}

/** The shell of Windows leaves the single quotes of a replay line in place. */
function unquoted(word: string): string {
  return /^'.*'$/s.test(word) ? word.slice(1, -1) : word
}

/** The files of suites that others include and that were not read yet. */
export async function includedFiles(
  suites: readonly { includes: string[] }[],
  known: readonly TextFile[],
): Promise<TextFile[]> {
  const names = new Set(suites.flatMap(suite => suite.includes))
  const files = new Set((await Promise.all([...names].map(foundFiles))).flat())
  const texts = await readTexts([...files].filter(isSuite))
  return texts.filter(file => !known.some(other => other.path === file.path))
}

/** What a suite includes, seen from where the user is or, for what the package ships, from there. */
async function foundFiles(name: string): Promise<string[]> {
  const here = await yamlFiles(name)
  return here.length > 0 ? here : yamlFiles(path.join(packageRoot, name))
}

/**
 * The files from which the words can select: one case, one suite or one family need not wait until every suite is read. Where a word
 * cannot mean anything in any file, all are read, so that what is nearest to it can be named.
 */
export function filesMeant(files: TextFile[], words: string[]): TextFile[] {
  const ids = files.map(file => ({ file, prefix: `${suiteIn(file) ?? ''}/` }))
  const meant = words.map(word => {
    const own = ids.filter(({ prefix }) => prefix !== '/' && word.startsWith(prefix))
    return own.length > 0 ? own.map(({ file }) => file) : files.filter(one => mayMean(word, one))
  })
  if (words.length === 0 || meant.some(of => of.length === 0)) return files
  return files.filter(file => meant.some(of => of.includes(file)))
}

/** By its path, or by an id: of a suite with all or part of it in front, or of a scenario, which stands in the text. */
function mayMean(word: string, { path: file, text }: TextFile): boolean {
  // A suite names statements without their version.
  if (statementsMeant(word)) return text.includes(word.replace(/^(3\.1|3\.1\.1|5\.0):|§/g, ''))
  const plain = word.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '')
  if (plain.includes('*') || text.includes(plain) || file.includes(plain)) return true
  return suiteIn({ text }) === undefined
}

function suiteIn({ text }: Pick<TextFile, 'text'>): string | undefined {
  return /^suite:\s*["']?([^\s"'#]+)/m.exec(text)?.[1]
}

function looksLikePath(word: string): boolean {
  return /\.ya?ml$/.test(word) || (existsSync(word) && statSync(word).isDirectory())
}

/** The folder of suites also holds fragments, the flows of `explore`, and the list of bugs that no suite detects. */
function isSuite(file: string): boolean {
  const folder = path.basename(path.dirname(file))
  return folder !== 'fragments' && folder !== 'flows' && path.basename(file) !== 'undetected.yaml'
}

async function yamlFiles(where: string): Promise<string[]> {
  if (!existsSync(where)) return []
  // What is neither file nor folder is named when it is read.
  if (!statSync(where).isDirectory()) return [where]
  const entries = await readdir(where, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(entry => path.join(entry.parentPath, entry.name))
    .filter(file => !isForeign(path.relative(where, file)))
    .sort()
}

/** What lies in `node_modules` or a hidden folder is nobody's suite: `mqttspec check .` must not stumble over it. */
function isForeign(file: string): boolean {
  return file.split(path.sep).some(part => part === 'node_modules' || /^\.[^.]/.test(part))
}

/** How many files are open at a time: some machines allow a process few. */
const openMax = 8

async function readTexts(files: readonly string[]): Promise<TextFile[]> {
  const texts: TextFile[] = []
  for (let at = 0; at < files.length; at += openMax) {
    texts.push(...(await Promise.all(files.slice(at, at + openMax).map(readText))))
  }
  return texts
}

/** Paths are shown relative to where the user is, or to the package for what it ships. */
async function readText(file: string): Promise<TextFile> {
  try {
    return { path: shownPath(file), text: await readNamedFile(file) }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function shownPath(file: string): string {
  const here = path.relative(process.cwd(), path.resolve(file))
  const shown = here.startsWith('..') ? path.relative(packageRoot, path.resolve(file)) : here
  return shown.split(path.sep).join('/')
}
