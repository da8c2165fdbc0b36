import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { flowJsonSchema } from '../src/explore/flow-schema.ts'
import { generatedFiles } from '../src/scenario/reference/generated.ts'

/** Writes the JSON Schema and the reference of the scenario language: `npx tsx scripts/generate.ts`. */
const root = fileURLToPath(new URL('..', import.meta.url))
const flows = { path: 'schema/flow.json', text: `${JSON.stringify(flowJsonSchema(), null, 1)}\n` }
for (const { path, text } of [...generatedFiles(), flows]) {
  await writeFile(`${root}${path}`, text)
  process.stdout.write(`${path}\n`)
}
