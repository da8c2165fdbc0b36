import { writeFile } from 'node:fs/promises'
import { reportSchema } from '../src/reporters/json-schema.ts'

/** Writes schema/report.json from its one source. */
const file = new URL('../schema/report.json', import.meta.url)
await writeFile(file, `${JSON.stringify(reportSchema, null, 2)}\n`)
