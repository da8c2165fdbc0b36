import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatSuites } from './formats/suite-text.ts'

/** Writes the suites of packet formats: `npx tsx scripts/formats-suites.ts`. */
const root = fileURLToPath(new URL('..', import.meta.url))
for (const { path: name, text } of formatSuites()) {
  mkdirSync(path.dirname(root + name), { recursive: true })
  writeFileSync(root + name, text)
}
