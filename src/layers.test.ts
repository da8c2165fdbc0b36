import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** Which folders a folder may import from. What points the other way is a leak. */
const layers: Record<string, string[]> = {
  model: [],
  standard: ['model'],
  wire: ['model'],
  transport: ['model', 'wire'],
  faults: ['model'],
  oracle: ['model', 'standard', 'wire'],
  scenario: ['model', 'standard', 'oracle'],
  reporters: ['model', 'standard', 'oracle'],
  peers: ['model', 'wire', 'transport', 'faults', 'oracle'],
  targets: ['model', 'wire', 'transport', 'run'],
  engine: [
    'model',
    'standard',
    'oracle',
    'scenario',
    'peers',
    'targets',
    'wire',
    'transport',
    'run',
  ],
  device: [
    'model',
    'targets',
    'standard',
    'oracle',
    'wire',
    'transport',
    'peers',
    'engine',
    'listen',
  ],
}

/** Folders that may not know sockets, files, processes or timers. */
const pure = ['model', 'faults', 'oracle', 'scenario', 'reporters']
const impure = /^node:(net|tls|fs|child_process|timers|worker_threads|dgram|http|https|os)(\/|$)/

const root = fileURLToPath(new URL('.', import.meta.url))

const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter(
    entry => entry.isFile() && /\.(ts|js)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name),
  )
  .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)))
  .map(file => ({
    file,
    folder: file.split(path.sep)[0] ?? '',
    text: readFileSync(root + file, 'utf8'),
  }))
  .filter(({ folder }) => folder in layers)

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(match => match[1] ?? '')
}

t.test('imports between folders point one way', async t => {
  for (const { file, folder, text } of sources) {
    for (const wanted of importsOf(text).filter(name => name.startsWith('.'))) {
      const to = path
        .relative(root, path.resolve(root, path.dirname(file), wanted))
        .split(path.sep)[0]
      const allowed = to === folder || layers[folder]?.includes(to ?? '')
      if (!allowed) t.fail(`${file} imports ${wanted}: ${folder} may not know ${to}`)
    }
  }
  t.ok(sources.length > 50, `${sources.length} files looked at`)
})

t.test('the pure folders know no sockets, files, processes or timers', async t => {
  for (const { file, folder, text } of sources) {
    if (!pure.includes(folder)) continue
    const system = importsOf(text).filter(name => impure.test(name))
    t.same(system, [], `${file} imports nothing of the operating system`)
    t.notMatch(text, /\bset(Timeout|Interval|Immediate)\(/, `${file} sets no timer`)
  }
})
