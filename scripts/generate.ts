import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { generatedFiles } from '../src/scenario/reference/generated.ts'

/** Writes the JSON Schema and the reference of the scenario language: `npx tsx scripts/generate.ts`. */
const root = fileURLToPath(new URL('..', import.meta.url))
for (const { path, text } of generatedFiles()) {
  await writeFile(`${root}${path}`, text)
  process.stdout.write(`${path}\n`)
}
