import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Entry } from './interop/entry.ts'
import { siteOf } from './site/pages.ts'

/** Makes the matrix of brokers and clients as static pages of what `npm run interop` has kept: `npm run site -- --out FOLDER`. */
const { values } = parseArgs({ options: { out: { type: 'string', default: 'site' } } })

const folder = fileURLToPath(new URL('../reports/interop/', import.meta.url))
const entries = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .sort()
  .map(name => JSON.parse(readFileSync(folder + name, 'utf8')) as Entry)

const files = siteOf(entries)
await rm(values.out, { recursive: true, force: true })
for (const { path: name, text } of files) {
  const file = path.join(values.out, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}
process.stderr.write(`${values.out}: ${files.length} files of ${entries.length} runs\n`)
