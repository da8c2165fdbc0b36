import { writeFile } from 'node:fs/promises'
import { reportJsonSchema } from '../src/model/report/json-schema.ts'

/** Writes schema/report.json from its one source. */
const file = new URL('../schema/report.json', import.meta.url)
await writeFile(file, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`)
