import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

/*
 * All test files in one process: a process per file costs half a minute, this costs seconds.
 * `npm test -- wire/audit` runs only the files whose path contains one of the words.
 */
const roots = ['.', '../fixtures', '../scripts'].map(folder =>
  fileURLToPath(new URL(folder, import.meta.url)),
)
const words = process.argv.slice(2)
const entries = await Promise.all(
  roots.map(root => readdir(root, { recursive: true, withFileTypes: true })),
)
const files = entries
  .flat()
  .filter(entry => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map(entry => path.join(entry.parentPath, entry.name).replaceAll(path.sep, '/'))
  .filter(file => words.length === 0 || words.some(word => file.includes(word)))
  .sort()
if (files.length === 0) throw new Error(`no test file matches ${words.join(' ')}`)

// The whole run is one test to tap, whose default limit is meant for one file.
t.setTimeout(15 * 60 * 1000)

process.once('exit', () => {
  const { pass, fail, skip } = t.counts
  const skipped = skip ? `, ${skip} skipped` : ''
  process.stdout.write(`# ${pass} passed, ${fail} failed${skipped}\n`)
})

for (const file of files) await import(pathToFileURL(file).href)
