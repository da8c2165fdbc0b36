import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8')

t.test('every file and folder that docs/architecture.md names is there', async t => {
  const named = new Set(text.match(/\b(?:src|scripts|fixtures)\/[A-Za-z0-9/._-]*[A-Za-z0-9_-]/g))
  t.ok(named.size > 25, `${named.size} names`)
  for (const name of named) t.ok(existsSync(path.join(root, name)), name)
})

t.test('every folder of src has a row', async t => {
  const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'end-to-end')
    .map(entry => `src/${entry.name}`)
  for (const folder of folders) t.match(text, new RegExp(`\\| \`${folder}\` \\|`), folder)
})
