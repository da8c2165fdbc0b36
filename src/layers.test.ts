import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

/*
 * Each folder of src says in its `imports.list` from which others it may import, and, by a line `pure`, that it knows neither sockets nor
 * files, processes or timers. What points the other way is a leak. No file may lead back to itself, types included, and nothing is
 * exported that nobody imports.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const src = `${root}src/`

const impure = /^node:(net|tls|fs|child_process|timers|worker_threads|dgram|http|https|os)(\/|$)/

type Source = { file: string; text: string; imports: string[] }

const sources: Source[] = ['src', 'fixtures', 'scripts'].flatMap(folder =>
  readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map(file => file.replaceAll(path.sep, '/'))
    .map(file => ({ file, text: readFileSync(root + file, 'utf8') }))
    .map(source => ({ ...source, imports: importsOf(source.text) })),
)

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\(|^import)\s*'([^']+)'/gm)].map(match => match[1] ?? '')
}

/** A file that is imported by a relative name, seen from the root. */
function resolved(from: string, wanted: string): string {
  return path.posix.join(path.posix.dirname(from), wanted)
}

/** `engine` of `src/engine/steps/dial.ts`; of a file at the root of src its name. */
function folderOf(file: string): string {
  return file.split('/')[1] ?? ''
}

const ours = sources.filter(({ file }) => file.startsWith('src/') && !/\.(test|d)\.ts$/.test(file))
const lines = (text: string) => text.split('\n').filter(line => line !== '' && line[0] !== '#')

/** What each folder and each root file may import. A folder without a list may import nothing. */
const allowed = new Map<string, string[]>()
for (const entry of readdirSync(src, { withFileTypes: true })) {
  const list = `${src}${entry.name}/imports.list`
  if (entry.isDirectory() && existsSync(list))
    allowed.set(entry.name, lines(readFileSync(list, 'utf8')))
}
for (const line of lines(readFileSync(`${src}imports.list`, 'utf8'))) {
  const [file = '', folders = ''] = line.split(':')
  allowed.set(file, folders.trim().split(' '))
}

t.test('every folder and every file at the root says what it may import', async t => {
  for (const folder of new Set(ours.map(({ file }) => folderOf(file)))) {
    const where = folder.endsWith('.ts') ? 'src/imports.list' : `src/${folder}/imports.list`
    t.ok(allowed.has(folder), `${where} speaks of ${folder}`)
  }
  for (const [folder, others] of allowed) {
    for (const other of others.filter(name => name !== 'pure')) {
      t.ok(existsSync(src + other), `${other}, which ${folder} may import, is there`)
    }
  }
})

t.test('imports between folders point one way', async t => {
  for (const { file, imports } of ours) {
    const folder = folderOf(file)
    for (const wanted of imports.filter(name => name.startsWith('.'))) {
      const to = resolved(file, wanted)
      if (!to.startsWith('src/')) t.fail(`${file} imports ${wanted}, which is not shipped`)
      const other = folderOf(to)
      const may = other === folder || allowed.get(folder)?.includes(other)
      if (!may) t.fail(`${file} imports ${wanted}: ${folder} may not know ${other}`)
    }
  }
  const folders = new Map([...allowed].map(([name, list]) => [name, list]))
  t.same(circlesIn(folders), [], 'no circle of folders')
  t.ok(ours.length > 250, `${ours.length} files looked at`)
})

t.test(
  'no folder is the place for everything: the largest holds less than 15 % of src',
  async t => {
    const everything = sources.filter(({ file }) => file.startsWith('src/'))
    for (const [counted, files] of Object.entries({ 'with tests': everything, without: ours })) {
      const lineCounts = new Map<string, number>()
      for (const { file, text } of files) {
        const count = text.split('\n').length
        lineCounts.set(folderOf(file), (lineCounts.get(folderOf(file)) ?? 0) + count)
      }
      const total = [...lineCounts.values()].reduce((sum, count) => sum + count)
      for (const [folder, count] of lineCounts) {
        const share = (100 * count) / total
        if (share >= 15)
          t.fail(`src/${folder}, ${counted}: ${share.toFixed(1)} % of ${total} lines`)
      }
      t.ok(lineCounts.size > 15, `${lineCounts.size} folders counted, ${counted}`)
    }
  },
)

/** So many files, without tests, still tell at a glance what a folder is about. */
const filesMax = 21

t.test(`no folder holds more than ${filesMax} files side by side`, async t => {
  const counts = new Map<string, number>()
  for (const { file } of ours) {
    const folder = path.posix.dirname(file)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const crowded = [...counts].filter(([, count]) => count > filesMax)
  t.same(crowded, [], 'folders to be parted')
  t.ok(counts.size > 40, `${counts.size} folders counted`)
})

t.test('the pure folders know no sockets, files, processes or timers', async t => {
  for (const { file, text, imports } of ours) {
    if (!allowed.get(folderOf(file))?.includes('pure')) continue
    const system = imports.filter(name => impure.test(name))
    t.same(system, [], `${file} imports nothing of the operating system`)
    t.notMatch(text, /\bset(Timeout|Interval|Immediate)\(/, `${file} sets no timer`)
  }
})

t.test('no file leads back to itself', async t => {
  const files = new Map(
    sources.map(({ file, imports }) => [
      file,
      imports.filter(name => name.startsWith('.')).map(name => resolved(file, name)),
    ]),
  )
  t.same(circlesIn(files), [], 'groups of files that lead back to each other')
})

/** The groups whose members lead back to each other, by Tarjan's algorithm; each sorted. */
function circlesIn(graph: Map<string, string[]>): string[][] {
  const circles: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const visit = (node: string) => {
    order.set(node, order.size)
    lowest.set(node, order.size - 1)
    stack.push(node)
    const low = (value: number) => lowest.set(node, Math.min(lowest.get(node) ?? 0, value))
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue
      if (!order.has(next)) {
        visit(next)
        low(lowest.get(next) ?? 0)
      } else if (stack.includes(next)) low(order.get(next) ?? 0)
    }
    if (lowest.get(node) !== order.get(node)) return
    const group = stack.splice(stack.indexOf(node))
    if (group.length > 1 || graph.get(node)?.includes(node)) circles.push(group.sort())
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles
}

t.test('a circle is found, and where there is none, none is', async t => {
  const graph = (edges: { [from: string]: string[] }) => new Map(Object.entries(edges))
  t.same(circlesIn(graph({ a: ['b', 'd'], b: ['c'], c: ['a'], d: [] })), [['a', 'b', 'c']])
  t.same(circlesIn(graph({ a: ['a'] })), [['a']])
  t.same(circlesIn(graph({ a: ['b', 'c'], b: ['c'], c: [] })), [])
})

/** Exports that nobody imports and that are on their way out: `file name`. Only ever taken away from. */
const deadLeft: string[] = []

t.test(
  'nothing is exported that nobody imports, and no file is left that nobody needs',
  async t => {
    const knip = `${root}node_modules/knip/bin/knip.js`
    const words = ['--include', 'files,exports,types', '--reporter', 'json', '--no-exit-code']
    const { stdout } = await promisify(execFile)(process.execPath, [knip, ...words], { cwd: root })
    type Issue = { file: string; files?: unknown[]; exports?: Named[]; types?: Named[] }
    type Named = { name: string }
    const { issues } = JSON.parse(stdout) as { issues: Issue[] }
    const dead = issues.flatMap(({ file, files = [], exports = [], types = [] }) => [
      ...files.map(() => file),
      ...[...exports, ...types].map(({ name }) => `${file} ${name}`),
    ])
    t.same(
      dead.filter(one => !deadLeft.includes(one)),
      [],
      'an export that only its own file or nobody needs',
    )
    t.same(
      deadLeft.filter(one => !dead.includes(one)),
      [],
      'what is no longer dead is no longer allowed',
    )
  },
)
